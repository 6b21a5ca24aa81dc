//! What is there when the story begins: models with their versions, and deployments that serve them.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::api::{Api, Form};
use super::example::Example;
use super::people::Person;

/// How long an engineer waits for gates, and for an approval to take effect.
const PATIENCE: Duration = Duration::from_secs(180);

/// An engineer and an approver at work, each with a token of their own.
pub struct Desk {
    pub engineer: Api,
    pub approver: Api,
    pub approver_password: String,
}

impl Desk {
    pub fn new(url: &str, engineer: &Person, approver: &Person) -> Self {
        Self {
            engineer: Api::new(url, Some(&engineer.token)),
            approver: Api::new(url, Some(&approver.token)),
            approver_password: approver.password.clone(),
        }
    }

    /// Makes the model unless it is there.
    pub fn model(&self, example: &Example) -> Result<()> {
        if self.engineer.find(&format!("/api/v1/models/{}", example.name))?.is_some() {
            return Ok(());
        }
        let mut not_for = example.must_not_be_used_for.join("; ");
        if !example.limitations.is_empty() {
            not_for = format!("{not_for}. Known limits: {}", example.limitations.join(" "));
        }
        self.engineer.post(
            "/api/v1/models",
            &json!({
                "name": example.name,
                "description": example.description,
                "owner_team": example.owner_team,
                "purpose": example.intended_use,
                "not_for": not_for,
            }),
        )?;
        Ok(())
    }

    /// Registers a version with its reference and held-back data, unless it is there.
    pub fn version(&self, example: &Example, number: u64) -> Result<()> {
        let versions = format!("/api/v1/models/{}/versions", example.name);
        if self.engineer.find(&format!("{versions}/{number}"))?.is_some() {
            return Ok(());
        }
        let version = example.version(number)?;
        let positive = example.positive_class.as_ref().map(|class| match class {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        let meta = json!({
            "notes": version.notes,
            "task": example.task,
            "label_column": example.label,
            "positive": positive,
            "segments": example.segments,
            "features": example.columns(),
            "lineage": {
                "training_data": version.training_data,
                "training_data_sha256": version.training_data_sha256,
                "code": format!("examples/{}/train.py", example.name),
                "code_sha256": version.code_sha256,
            },
        });
        let registered = Form::default()
            .text("meta", &meta.to_string())
            .file("file", &version.file, &example.bytes(&version.file)?)
            .file("reference", &example.data.reference, &example.bytes(&example.data.reference)?)
            .file("heldback", &example.data.heldback, &example.bytes(&example.data.heldback)?)
            .post(&self.engineer, &versions)?;
        if registered["version"].as_u64() != Some(number) {
            bail!("{} {number} was registered as {registered}", example.name);
        }
        Ok(())
    }

    /// Makes the deployment unless it is there. It serves nothing until a version is promoted.
    pub fn deployment(&self, example: &Example, name: &str) -> Result<()> {
        if self.engineer.find(&format!("/api/v1/deployments/{name}"))?.is_some() {
            return Ok(());
        }
        let settings = json!({
            "model": example.name,
            "owner_team": example.owner_team,
            "description": example.description,
            // A demo's hour is two minutes long.
            "drift_window_s": 120,
        });
        self.engineer.post("/api/v1/deployments", &json!({ "name": name, "settings": settings }))?;
        Ok(())
    }

    /// What the engineer does: runs the gates and asks for promotion. Returns the approval's id.
    pub fn ask(&self, example: &Example, deployment: &str, version: u64, reason: &str, plan: Option<&Value>) -> Result<String> {
        self.engineer.post(&format!("/api/v1/models/{}/versions/{version}/gates", example.name), &json!({}))?;
        if let Some(open) = self.open_request(example, deployment, version)? {
            return Ok(open);
        }
        let mut request = json!({ "model": example.name, "version": version, "deployment": deployment, "reason": reason });
        if let Some(plan) = plan {
            request["plan"] = plan.clone();
        }
        let asked = self.engineer.post("/api/v1/approvals", &request)?;
        asked["id"].as_str().map(str::to_owned).with_context(|| format!("an approval without an id: {asked}"))
    }

    /// A request of the same that an earlier run left unsigned.
    fn open_request(&self, example: &Example, deployment: &str, version: u64) -> Result<Option<String>> {
        let list = self.engineer.get("/api/v1/approvals?state=open")?;
        let same = |line: &&Value| {
            line["model"] == example.name.as_str()
                && line["version"].as_u64() == Some(version)
                && line["deployment"] == deployment
                && line["state"] == "open"
        };
        let found = list["items"].as_array().and_then(|items| items.iter().find(same));
        Ok(found.and_then(|line| line["id"].as_str()).map(str::to_owned))
    }

    /// What the approver does: reads, and signs exactly what was shown. Returns the rollout that follows, if one does.
    pub fn approve(&self, approval: &str, comment: &str) -> Result<Option<String>> {
        let path = format!("/api/v1/approvals/{approval}");
        let shown = self.approver.get(&path)?;
        let decision = json!({
            "decision": "approve",
            "comment": comment,
            "evidence_hash": shown["evidence_hash"],
            "password": self.approver_password,
        });
        let decided = self.approver.post(&format!("{path}/decisions"), &decision)?;
        Ok(decided["rollout"].as_str().map(str::to_owned))
    }

    /// Waits until the endpoint of a deployment answers as ready.
    pub fn wait_until_served(&self, deployment: &str) -> Result<()> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if self.engineer.get(&format!("/v2/models/{deployment}/ready")).is_ok() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        bail!("{deployment} was not served after {} s", PATIENCE.as_secs())
    }

    /// Whether a version answers anything yet.
    pub fn served(&self, deployment: &str) -> bool {
        self.engineer.get(&format!("/v2/models/{deployment}/ready")).is_ok()
    }
}
