//! Bodies of the commands that people and programs send. The same for server functions, REST and the command line.

use crate::deployment::DeploymentSettings;
use crate::ids::*;
use crate::role::Role;
use crate::rollout::RolloutPlan;
use crate::spec::Task;
use crate::time::Millis;
use crate::views::events::EventKind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is known about a version besides its file. Everything is optional: what is missing is inferred.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RegisterVersion {
    pub notes: String,
    pub task: Option<Task>,
    /// Column of the reference data that holds the true label.
    pub label_column: Option<String>,
    pub positive: Option<String>,
    pub segments: Vec<String>,
    /// Names of the columns of a float-matrix input, in order; inferred from the reference data otherwise.
    pub features: Vec<String>,
    pub tags: BTreeMap<String, String>,
    /// Where it comes from: training run, code commit, training data.
    pub lineage: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateModel {
    pub name: String,
    pub description: String,
    pub owner_team: String,
    /// In plain words: what it decides, for whom, from what.
    pub purpose: String,
    pub not_for: String,
    pub tags: BTreeMap<String, String>,
}

/// What a data file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DatasetRole {
    /// What the model was trained on, or a sample of it: baselines come from it.
    Reference,
    /// Never seen in training: gates use it.
    Heldback,
}

impl DatasetRole {
    pub fn word(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Heldback => "heldback",
        }
    }
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Reference, Self::Heldback].into_iter().find(|r| r.word() == word)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CreateDeployment {
    pub name: String,
    pub settings: DeploymentSettings,
}

/// Ask that a version replace the champion of a deployment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestPromotion {
    pub model: ModelName,
    pub version: VersionNo,
    pub deployment: DeploymentName,
    #[serde(default)]
    pub reason: String,
    #[serde(default)]
    pub plan: Option<RolloutPlan>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Approve,
    RequestChanges,
    Reject,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decide {
    pub decision: Decision,
    pub comment: String,
    /// Hash of the evidence that the person saw; refused if it has changed since.
    pub evidence_hash: String,
    /// The person's own password again, where the policy asks for it.
    #[serde(default)]
    pub password: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RolloutAct {
    Pause,
    Resume,
    Advance,
    RollBack,
    Abort,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DriveRollout {
    pub act: RolloutAct,
    pub reason: String,
}

/// The truth about one prediction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    pub prediction_id: PredictionId,
    /// Class name, or a number for regression.
    pub label: serde_json::Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// When it became known, RFC 3339; the arrival otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CreateUser {
    pub email: String,
    pub name: String,
    pub role: Role,
    pub password: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CreateToken {
    pub name: String,
    pub role: Role,
    #[serde(default)]
    pub expires_at: Option<Millis>,
}

/// A stretch of time, as pages carry it in the address: `?range=1h` or `?from=…&to=…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeRange {
    pub from: Millis,
    pub to: Millis,
}

/// A change outside of Slipway. The same `source` and `key` (or, without a key, the same kind, title and time) is the same event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CreateEvent {
    pub source: String,
    pub title: String,
    #[serde(default)]
    pub kind: EventKind,
    /// When it happened, RFC 3339; now otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// `https://…` of where more is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// None: every deployment.
    #[serde(default)]
    pub deployments: Vec<DeploymentName>,
    /// The source's own id of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// Open an incident by hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenIncident {
    pub deployment: DeploymentName,
    pub title: String,
    /// What was seen; becomes the first note.
    #[serde(default)]
    pub note: String,
    /// When it began, RFC 3339; now otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentAct {
    Mitigate,
    Reopen,
    Resolve,
    /// Makes the version before stable again.
    RollBack,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DriveIncident {
    pub act: IncidentAct,
    pub reason: String,
}

/// What people write about an incident; what is left out stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DescribeIncident {
    pub title: Option<String>,
    pub impact: Option<String>,
    pub cause: Option<String>,
}
