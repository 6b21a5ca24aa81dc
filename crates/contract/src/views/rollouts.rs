//! Releases: the list of rollouts, and one rollout with its steps, guardrails and the numbers that decide.

use super::parts::{Answer, Button, Change};
use crate::ids::*;
use crate::inputs::RolloutAct;
use crate::rollout::{Guarded, RolloutPlan, RolloutState, Worse};
use crate::time::Millis;
use crate::verdict::State;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReleasesView {
    pub answer: Answer,
    /// Open ones first, then newest first.
    pub rollouts: Vec<ReleaseLine>,
    pub updated_at: Millis,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReleaseLine {
    pub id: RolloutId,
    pub deployment: DeploymentName,
    pub model: ModelName,
    pub stable: VersionNo,
    pub canary: VersionNo,
    pub phase: RolloutState,
    pub state: State,
    pub headline: String,
    pub weight: f64,
    /// 1-based.
    pub step: usize,
    pub steps: usize,
    pub started_at: Millis,
    pub ended_at: Option<Millis>,
    pub started_by: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RolloutView {
    pub id: RolloutId,
    pub deployment: DeploymentName,
    pub model: ModelName,
    pub stable: VersionNo,
    pub canary: VersionNo,
    pub phase: RolloutState,
    pub answer: Answer,
    pub steps: Vec<StepView>,
    pub guardrails: Vec<GuardrailTile>,
    pub buttons: Vec<Button<RolloutAct>>,
    /// Newest first.
    pub log: Vec<Change>,
    pub plan: RolloutPlan,
    /// Label and value, to be listed.
    pub facts: Vec<(String, String)>,
    /// The command line that does the same.
    pub cli: String,
    pub canary_requests: u64,
    pub stable_requests: u64,
    pub looks: u64,
    pub started_at: Millis,
    pub ended_at: Option<Millis>,
    /// Approval that it follows from.
    pub approval: Option<ApprovalId>,
    pub updated_at: Millis,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepState {
    Done,
    Current,
    Todo,
    /// The rollout ended here, back to stable.
    Stopped,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepView {
    /// `Shadow`, `5%`.
    pub title: String,
    pub weight: f64,
    pub state: StepState,
    pub entered_at: Option<Millis>,
    pub left_at: Option<Millis>,
    /// Canary requests counted in this step.
    pub requests: u64,
    pub min_requests: u64,
    pub seconds: u64,
    /// `2,140 of 4,800 requests, nothing worse` or `10 min and 500 requests`.
    pub conditions: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GuardrailTile {
    pub metric: Guarded,
    /// `Errors`, `Slow answers`, `Share of yes` …
    pub name: String,
    pub state: State,
    /// `Worse`, `Within limit`, `Not decided`, `Not enough data`.
    pub verdict: String,
    pub sentence: String,
    /// `Canary 12.4% (265 of 2,140), stable 12.1% (4,920 of 40,660)`.
    pub compared: String,
    pub canary: Option<f64>,
    pub stable: Option<f64>,
    /// The confidence sequence of canary minus stable, oldest first.
    pub sequence: Vec<SequencePoint>,
    pub limit: f64,
    pub worse: Worse,
    pub required: bool,
    /// Whether differences are shares (to be shown in percentage points).
    pub is_share: bool,
    /// Canary requests for which the sequence is tuned.
    pub planned: u64,
    /// When it was first shown to be within its limit.
    pub passed_at: Option<Millis>,
    /// When it was shown to be worse.
    pub worse_at: Option<Millis>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SequencePoint {
    pub at: Millis,
    /// Canary requests (known outcomes for the share of wrong answers).
    pub n: u64,
    pub estimate: f64,
    pub lower: f64,
    pub upper: f64,
}

/// A rollout as programs read it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RolloutSummary {
    pub id: RolloutId,
    pub deployment: DeploymentName,
    pub stable: VersionNo,
    pub canary: VersionNo,
    pub state: RolloutState,
    pub weight: f64,
    /// 1-based.
    pub step: usize,
    pub steps: usize,
    /// Why it is where it is, as a sentence.
    pub reason: String,
    pub started_at: Millis,
    pub ended_at: Option<Millis>,
}
