//! The overview of one deployment: what is in service, how to call it, what it has been answering, what changed.

use super::fleet::RolloutCell;
use super::parts::{Answer, Change, Series};
use super::stale::Freshness;
use crate::deployment::DeploymentSettings;
use crate::ids::*;
use crate::inputs::TimeRange;
use crate::rollout::Arm;
use crate::time::Millis;
use crate::verdict::State;
use serde::{Deserialize, Serialize};

/// The head that every tab of a deployment carries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Head {
    pub name: DeploymentName,
    pub model: ModelName,
    pub description: String,
    pub owner: String,
    pub stable: Option<VersionNo>,
    pub canary: Option<VersionNo>,
    pub rollout: Option<RolloutCell>,
    pub state: State,
    /// `Steady`, `Drift in income` …
    pub headline: String,
    pub open_alerts: usize,
    /// What is shown: no earlier than the deployment itself, whatever was asked for.
    pub from: Millis,
    pub to: Millis,
    pub updated_at: Millis,
}

impl Head {
    pub fn range(&self) -> TimeRange {
        TimeRange { from: self.from, to: self.to }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeploymentView {
    pub head: Head,
    pub answer: Answer,
    pub settings: DeploymentSettings,
    pub versions: Vec<InService>,
    pub snippets: Snippets,
    /// Predictions a second over time, one line a version.
    pub traffic: Vec<Series>,
    /// Share of each class (or of the positive class alone for two) over time; mean prediction for regression.
    pub predictions: Vec<Series>,
    /// `Share of “yes”`, `Mean predicted rentals`: what `predictions` shows.
    pub predictions_title: String,
    pub changes: Vec<Change>,
    /// Model, labels, training and data run against their limits.
    pub freshness: Vec<Freshness>,
    /// Whether the person who asked may edit it.
    pub may_edit: bool,
    /// Whether the person who asked may roll back.
    pub may_roll_back: bool,
}

/// One version that is loaded for this deployment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InService {
    pub version: VersionNo,
    /// `None`: kept loaded as a fallback and for rolling back.
    pub arm: Option<Arm>,
    /// Share of requests, percent.
    pub weight: f64,
    /// Milliseconds since it was registered.
    pub age: i64,
    /// Predictions in the asked range.
    pub predictions: u64,
    /// Whether it is loaded in this process now.
    pub loaded: bool,
    /// Why it could not be loaded; empty if it was.
    pub load_error: String,
    /// It gave its memory to others, and is loaded with the next request.
    #[serde(default)]
    pub asleep: bool,
    /// What its golden check said when it was loaded, or why there was none; empty before.
    #[serde(default)]
    pub checked: String,
}

/// Ways to call it that work when pasted. `{origin}` stands for the site's own address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snippets {
    pub curl: String,
    pub python: String,
    pub cli: String,
    /// The example record that they send, from the reference data or the contract's ranges.
    pub record: serde_json::Value,
}

/// A deployment as programs list it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeploymentSummary {
    pub name: DeploymentName,
    pub stable: Option<VersionNo>,
    pub canary: Option<VersionNo>,
    pub settings: DeploymentSettings,
    pub created_at: Millis,
    pub updated_at: Millis,
}
