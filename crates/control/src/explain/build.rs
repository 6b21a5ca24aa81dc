//! Making a report: asked for by a person, computed by a job, stored for good.

use super::report::report;
use super::source::Source;
use crate::{Actor, Ctx, IntoProblem, Outcome, audit, jobs};
use contract::live::Topic;
use contract::role::Act;
use contract::time::MINUTE;
use contract::{JobId, ModelName, Problem, ReportId, VersionNo};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::reports::ReportRow;

pub(super) const JOB: jobs::Kind = jobs::Kind { name: "report.build", lease: 10 * MINUTE };

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Payload {
    pub model: ModelName,
    pub version: VersionNo,
}

impl Payload {
    pub fn text(&self) -> String {
        json!({ "model": self.model, "version": self.version }).to_string()
    }
}

/// Asks for a report. Asking again while one is being made changes nothing.
pub async fn build(cx: &Ctx, who: &Actor, model: &ModelName, version: VersionNo) -> Outcome<()> {
    who.must(Act::ShareReport)?;
    let doing = "Asking for the report";
    crate::registry::version(cx, model, version).await?;
    let payload = Payload { model: model.clone(), version }.text();
    let waiting = cx.store.db.jobs_like(JOB.name, &payload).await.or_problem(doing)?;
    if waiting.iter().any(|job| job.run_at < i64::MAX) {
        return Ok(());
    }
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    // One that was given up makes room for the new one.
    for old in waiting {
        tx.job_done(&JobId(old.id)).await.or_problem(doing)?;
    }
    tx.job_enqueue(&JobId(cx.new_id()), JOB.name, &payload, cx.now()).await.or_problem(doing)?;
    let summary = format!("Asked for an explainability report of {model}, version {version}");
    tx.audit(audit::entry(cx, who, "report.asked", ("version", format!("{model}/{version}")), summary, json!({})))
        .await
        .or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    cx.announce(Topic::Version { model: model.clone(), version });
    Ok(())
}

/// Makes the reports that were asked for; how many there were.
pub async fn run_jobs(cx: &Ctx) -> Outcome<usize> {
    jobs::drain(cx, &JOB, |job| async move { run(cx, &job.payload).await }).await
}

/// The job: computes and stores. Safe to run twice; the newest report counts.
pub(super) async fn run(cx: &Ctx, payload: &str) -> Outcome<()> {
    let Payload { model, version } =
        serde_json::from_str(payload).map_err(|error| Problem::internal(format!("The job cannot be read: {error}")))?;
    let source = Source::load(cx, &model, version).await?;
    let (id, at) = (ReportId(cx.new_id()), cx.now());
    let made = {
        let id = id.clone();
        crate::blocking(move || report(&source, id, at, "Slipway".into())).await??
    };
    let doing = "Storing the report";
    let bytes = serde_json::to_vec(&made).map_err(|error| Problem::internal(format!("The report cannot be written: {error}")))?;
    let blob = cx.store.blobs.put(bytes.into()).await.or_problem(doing)?;
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    let row = ReportRow {
        id: id.0.clone(),
        model: model.0.clone(),
        version: i64::from(version.0),
        made_at: at.0,
        made_by: made.made_by.clone(),
        blob: blob.0.clone(),
    };
    tx.report_insert(&row).await.or_problem(doing)?;
    let summary = format!("Made an explainability report of {model}, version {version}");
    let detail = json!({ "report": id, "sha256": blob });
    tx.audit(audit::entry(cx, &Actor::system(), "report.made", ("version", format!("{model}/{version}")), summary, detail))
        .await
        .or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    cx.announce(Topic::Version { model, version });
    Ok(())
}
