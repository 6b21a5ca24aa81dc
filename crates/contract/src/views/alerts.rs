//! Alerts: what fires, since when, how sure, and what changed just before.

use super::parts::{Answer, Change};
use crate::ids::*;
use crate::time::Millis;
use crate::verdict::State;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlertsView {
    pub answer: Answer,
    /// Newest first.
    pub open: Vec<AlertLine>,
    /// Resolved in the last 30 days, newest first.
    pub resolved: Vec<AlertLine>,
    pub may_acknowledge: bool,
    pub updated_at: Millis,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    FeatureDrift,
    Missing,
    Unseen,
    PredictionDrift,
    Errors,
    Latency,
    Degraded,
    Quality,
    RecordingDrops,
    RolledBack,
    /// The two arms do not get the shares of traffic that they should.
    TrafficSplit,
    /// An objective's error budget goes too fast.
    ErrorBudget,
    /// A model, its labels or its data are older than their limit.
    Stale,
    /// A node or a queue is nearly full.
    Resources,
}

impl AlertKind {
    pub const ALL: [AlertKind; 14] = [
        Self::FeatureDrift,
        Self::Missing,
        Self::Unseen,
        Self::PredictionDrift,
        Self::Errors,
        Self::Latency,
        Self::Degraded,
        Self::Quality,
        Self::RecordingDrops,
        Self::RolledBack,
        Self::TrafficSplit,
        Self::ErrorBudget,
        Self::Stale,
        Self::Resources,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Self::FeatureDrift => "feature_drift",
            Self::Missing => "missing",
            Self::Unseen => "unseen",
            Self::PredictionDrift => "prediction_drift",
            Self::Errors => "errors",
            Self::Latency => "latency",
            Self::Degraded => "degraded",
            Self::Quality => "quality",
            Self::RecordingDrops => "recording_drops",
            Self::RolledBack => "rolled_back",
            Self::TrafficSplit => "traffic_split",
            Self::ErrorBudget => "error_budget",
            Self::Stale => "stale",
            Self::Resources => "resources",
        }
    }
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlertLine {
    pub id: AlertId,
    pub deployment: DeploymentName,
    pub kind: AlertKind,
    /// What it is about besides the deployment: a feature, a version; may be empty.
    pub subject: String,
    pub state: State,
    /// The finding.
    pub headline: String,
    /// The evidence, with the numbers and how sure it is.
    pub sentence: String,
    pub since: Millis,
    pub resolved_at: Option<Millis>,
    pub acknowledged_by: Option<String>,
    pub acknowledged_at: Option<Millis>,
    /// The last change of this deployment before it fired.
    pub changed_before: Option<Change>,
    /// The chart that shows it.
    pub url: String,
}
