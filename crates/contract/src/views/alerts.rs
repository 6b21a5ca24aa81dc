//! Alerts: what fires, since when, how sure, and what changed just before.

use super::common::When;
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
    /// Those that hold now, the one that ends first first.
    pub silences: Vec<SilenceLine>,
    /// Names of all deployments, to choose from.
    pub deployments: Vec<DeploymentName>,
    /// Channels that are told of alerts.
    pub channels: usize,
    pub may_acknowledge: bool,
    pub updated_at: Millis,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    FeatureDrift,
    Missing,
    Unseen,
    /// Numbers outside the range that the training data had.
    OutOfRange,
    /// A number that stands still, as a stuck sensor does.
    Stuck,
    PredictionDrift,
    Errors,
    Latency,
    Degraded,
    Quality,
    RecordingDrops,
    RolledBack,
    /// The two arms do not get the shares of traffic that they should.
    TrafficSplit,
    /// A deployed version could not be loaded.
    Unloadable,
    /// Features no longer go together as they did, though each may look as ever.
    JointDrift,
    /// Quality is expected to be worse, before outcomes are known.
    Estimate,
    /// The errors of live answers have become more.
    ConceptDrift,
    /// An objective's error budget goes too fast.
    ErrorBudget,
    /// A model, its labels or its data are older than their limit.
    Stale,
    /// A node or a queue is nearly full.
    Resources,
}

impl AlertKind {
    pub const ALL: [AlertKind; 20] = [
        Self::FeatureDrift,
        Self::Missing,
        Self::Unseen,
        Self::OutOfRange,
        Self::Stuck,
        Self::PredictionDrift,
        Self::Errors,
        Self::Latency,
        Self::Degraded,
        Self::Quality,
        Self::RecordingDrops,
        Self::RolledBack,
        Self::TrafficSplit,
        Self::Unloadable,
        Self::JointDrift,
        Self::Estimate,
        Self::ConceptDrift,
        Self::ErrorBudget,
        Self::Stale,
        Self::Resources,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Self::FeatureDrift => "feature_drift",
            Self::Missing => "missing",
            Self::Unseen => "unseen",
            Self::OutOfRange => "out_of_range",
            Self::Stuck => "stuck",
            Self::PredictionDrift => "prediction_drift",
            Self::Errors => "errors",
            Self::Latency => "latency",
            Self::Degraded => "degraded",
            Self::Quality => "quality",
            Self::RecordingDrops => "recording_drops",
            Self::RolledBack => "rolled_back",
            Self::TrafficSplit => "traffic_split",
            Self::Unloadable => "unloadable",
            Self::JointDrift => "joint_drift",
            Self::Estimate => "estimate",
            Self::ConceptDrift => "concept_drift",
            Self::ErrorBudget => "error_budget",
            Self::Stale => "stale",
            Self::Resources => "resources",
        }
    }
    /// As people call it: `Feature drift`.
    pub fn name(self) -> String {
        let word = self.word().replace('_', " ");
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
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
    /// How sure it is, as a sentence; empty where nothing was estimated.
    pub sure: String,
    /// What to do first.
    pub runbook: String,
    /// The team's own runbook; empty where the deployment names none.
    pub runbook_url: String,
    /// The silence that covers it now.
    pub silenced: Option<SilenceLine>,
    /// What was said when it was acknowledged.
    pub note: String,
    /// The chart that shows it, at the time at which it began.
    pub url: String,
}

/// Something that nobody is told of for a while.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SilenceLine {
    pub id: SilenceId,
    /// `feature drift of age in churn`.
    pub what: String,
    /// Empty: every deployment.
    pub deployment: String,
    /// Empty: every kind.
    pub kind: String,
    /// Empty: any.
    pub subject: String,
    pub until: When,
    pub reason: String,
    pub author: String,
}
