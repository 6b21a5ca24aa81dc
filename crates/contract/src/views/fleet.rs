//! The fleet page: what runs, worst first, and the one thing that needs somebody.

use super::parts::{Answer, Point};
use crate::ids::*;
use crate::time::Millis;
use crate::verdict::State;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FleetView {
    pub answer: Answer,
    pub stats: FleetStats,
    /// Worst first, then by name.
    pub deployments: Vec<Line>,
    pub updated_at: Millis,
}

/// Sums over the last 24 hours.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FleetStats {
    pub predictions: u64,
    /// Predictions a second now, over the last minute.
    pub per_second: f64,
    pub failed: u64,
    pub by_fallback: u64,
    /// Predictions that were answered but whose record was dropped because the channel was full.
    pub dropped: u64,
    pub changes: u64,
    /// `2 rollouts, 1 registration`; empty when nothing changed.
    pub changes_words: String,
}

/// One deployment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub name: DeploymentName,
    pub model: ModelName,
    pub description: String,
    /// The stable version; `None` before the first approval.
    pub version: Option<VersionNo>,
    /// Milliseconds since the stable version was registered.
    pub age: Option<i64>,
    pub state: State,
    /// `Steady`, `Drift rising`, `p99 above its limit` …
    pub headline: String,
    /// Evidence in a few words, may be empty.
    pub detail: String,
    pub since: Option<Millis>,
    /// `2.1% of answers came from a fallback` over the asked range; empty if none did.
    #[serde(default)]
    pub degraded: String,
    /// Predictions a second, oldest first, 24 points over the asked range.
    pub traffic: Vec<Point>,
    pub per_second: f64,
    /// Milliseconds over the last five minutes.
    pub p99_ms: Option<f64>,
    pub p99_limit_ms: f64,
    pub drift: Option<WorstDrift>,
    pub quality: Option<QualityCell>,
    pub rollout: Option<RolloutCell>,
    pub owner: String,
}

/// The feature that is furthest from its reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorstDrift {
    pub feature: String,
    pub distance: f64,
    pub threshold: f64,
    pub state: State,
    /// `164 of 260 rows` where there is too little to say.
    pub note: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QualityCell {
    /// `Accuracy`, `AUC`, `Mean absolute error`.
    pub measure: String,
    pub value: Option<f64>,
    /// Realised from outcomes; otherwise measured on held-back data before it went live.
    pub realised: bool,
    /// Share of predictions whose outcome is known, 0 to 1.
    pub coverage: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RolloutCell {
    pub id: RolloutId,
    pub canary: VersionNo,
    pub weight: f64,
    /// 1-based.
    pub step: usize,
    pub steps: usize,
    pub state: State,
}
