//! One approval, for someone with two minutes, in the order in which the questions come; and its line in lists.
//!
//! [`Evidence`] is frozen when the request is made and hashed: the page renders from what was stored, so it says the same next year.

use crate::ids::{ApprovalId, BlobHash, DeploymentName, ModelName, RolloutId, VersionNo};
use crate::inputs::Decision;
use crate::role::Role;
use crate::time::Millis;
use crate::verdict::State;
use crate::views::common::{Allowed, Fact, Table, When};
use crate::views::gates::{GatesView, InputWeight};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalState {
    Open,
    Approved,
    Rejected,
    ChangesRequested,
    Expired,
    Withdrawn,
}

impl ApprovalState {
    pub const ALL: [Self; 6] =
        [Self::Open, Self::Approved, Self::Rejected, Self::ChangesRequested, Self::Expired, Self::Withdrawn];

    /// As it is stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::ChangesRequested => "changes_requested",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
        }
    }
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
    /// As people read it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Open => "Waits for a signature",
            Self::Approved => "Approved",
            Self::Rejected => "Rejected",
            Self::ChangesRequested => "Changes requested",
            Self::Expired => "Expired",
            Self::Withdrawn => "Withdrawn",
        }
    }
}

impl From<ApprovalState> for State {
    fn from(state: ApprovalState) -> State {
        match state {
            ApprovalState::Open => State::Run,
            ApprovalState::Approved => State::Ok,
            ApprovalState::Rejected => State::Bad,
            ApprovalState::ChangesRequested => State::Watch,
            ApprovalState::Expired | ApprovalState::Withdrawn => State::Unknown,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApprovalView {
    pub id: ApprovalId,
    pub model: ModelName,
    pub version: VersionNo,
    pub deployment: DeploymentName,
    pub state: ApprovalState,
    /// `Make version 3 of churn the champion of churn`
    pub title: String,
    /// `For your signature · asked by Lena Fischer on 13 March, 09:12 · expires 27 March, 09:12`
    pub kicker: String,
    pub asked_by: String,
    pub asked: When,
    pub expires: When,
    pub reason: String,
    pub evidence: Evidence,
    /// SHA-256 of the stored evidence; goes into the form and is compared on the server.
    pub evidence_hash: BlobHash,
    pub version_hash: BlobHash,
    /// The exact sentence that is signed.
    pub statement: String,
    pub sign_offs: Vec<SignOff>,
    /// Signatures that the policy asks for.
    pub needed: u32,
    pub may_sign: Allowed,
    pub may_withdraw: Allowed,
    /// Whether the form asks for the person's own password again.
    pub asks_password: bool,
    /// The rollout that followed.
    pub rollout: Option<RolloutId>,
}

/// What the approver is shown, in reading order. Stored as JSON; its bytes are what the hash covers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    pub frozen_at: Millis,
    /// `17 March 2026 14:00 UTC`
    pub frozen_words: String,
    /// What the model decides, and what it does not.
    pub lede: String,
    pub two_minutes: Vec<TwoMinutes>,
    pub changes: Changes,
    pub better: Better,
    pub hurts: Hurts,
    pub reasons: Reasons,
    pub gates: GatesView,
    pub way_out: WayOut,
    pub paper: Vec<PaperLine>,
}

/// One question with its short answer; the numbers link to the sections below.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TwoMinutes {
    pub question: String,
    pub answer: String,
    pub state: State,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Changes {
    pub sentence: String,
    pub replaces: Option<VersionNo>,
    pub facts: Vec<Fact>,
    /// `1 %, at least 10 min and 500 requests` …
    pub steps: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Better {
    /// `Yes.`, `No.`, `As good.`, `Not known.`
    pub answer: String,
    pub sentence: String,
    /// What the bars measure: `ROC AUC`, `Accuracy`, `Mean absolute error`.
    pub metric: String,
    pub higher_is_better: bool,
    pub share: bool,
    pub bars: Vec<Bar>,
    pub table: Table,
    /// How it was computed: rows, method, seed.
    pub method: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// `Version 3`, `Version 2, champion`, `Simple rule`.
    pub name: String,
    pub value: f64,
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub text: String,
    /// `candidate`, `champion`, `rule`.
    pub role: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hurts {
    pub sentence: String,
    pub groups: Vec<FlipLine>,
    /// `Newly yes`, `No longer yes` with the positive class's own name.
    pub newly_name: String,
    pub no_longer_name: String,
    pub note: String,
}

/// How decisions change for one group of held-back rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlipLine {
    pub segment: String,
    pub group: String,
    pub n: u64,
    pub newly: u64,
    pub no_longer: u64,
    /// Share of rows whose decision changes, 0 to 1.
    pub changed: f64,
    pub champion: Option<f64>,
    pub candidate: Option<f64>,
    /// Candidate minus champion in the quality metric, with its 95 % interval.
    pub difference: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub state: State,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reasons {
    pub sentence: String,
    pub inputs: Vec<InputWeight>,
    pub method: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WayOut {
    pub sentence: String,
    pub facts: Vec<Fact>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperLine {
    pub name: String,
    pub state: State,
    pub text: String,
    pub href: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignOff {
    pub name: String,
    pub role: Role,
    pub decision: Decision,
    pub at: When,
    pub comment: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApprovalLine {
    pub id: ApprovalId,
    pub model: ModelName,
    pub version: VersionNo,
    pub deployment: DeploymentName,
    pub title: String,
    /// `9 of 9 needed gates passed, one close to its limit.`
    pub detail: String,
    pub state: ApprovalState,
    pub asked_by: String,
    pub asked: When,
    pub expires: When,
    pub rollout: Option<RolloutId>,
}
