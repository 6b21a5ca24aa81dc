//! The plan and the states of a rollout.

use serde::{Deserialize, Serialize};

/// Which group of requests a version answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arm {
    Stable,
    Canary,
    Shadow,
    Pilot,
}

impl Arm {
    pub fn word(self) -> &'static str {
        match self {
            Arm::Stable => "stable",
            Arm::Canary => "canary",
            Arm::Shadow => "shadow",
            Arm::Pilot => "pilot",
        }
    }
    pub fn parse(word: &str) -> Option<Arm> {
        [Arm::Stable, Arm::Canary, Arm::Shadow, Arm::Pilot].into_iter().find(|arm| arm.word() == word)
    }
}

/// What a guardrail compares, canary minus stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guarded {
    /// Share of requests that failed or were answered by a fallback.
    ErrorRate,
    /// Share of requests slower than the deployment's latency limit.
    SlowShare,
    /// Share of the positive class (binary), or the largest change of any class share.
    PositiveShare,
    /// Mean of the predicted value in reference standard deviations (regression).
    MeanPrediction,
    /// Share of wrong answers among those whose outcome is known.
    WrongShare,
}

/// Which direction of the difference is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Worse {
    Higher,
    Lower,
    Either,
}

/// One compared quantity with the largest harm that is accepted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Guardrail {
    pub metric: Guarded,
    /// Absolute difference (shares: 0.02 is two points) from which the canary is worse.
    pub limit: f64,
    pub worse: Worse,
    /// A required guardrail must be decided "within" where a step asks for decisions; others only stop a rollout when worse.
    pub required: bool,
}

/// What a step waits for besides its time and its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// Nothing has been shown to be worse.
    NothingWorse,
    /// Every required guardrail has been shown to be within its limit.
    Decided,
    /// A person advances.
    Manual,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Share of requests for the canary, percent, 0 to 100 (0 = shadow).
    pub weight: f64,
    /// The least time in this step, seconds.
    pub seconds: u64,
    /// The least number of canary requests in this step.
    pub min_requests: u64,
    pub exit: Exit,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RolloutPlan {
    pub steps: Vec<Step>,
    pub guardrails: Vec<Guardrail>,
    /// Chance of a false rollback over the whole rollout and all guardrails, however often one looks.
    pub alpha: f64,
    /// Canary requests per arm that the confidence sequences are tuned for.
    pub planned_requests: u64,
}

impl Default for RolloutPlan {
    /// 1 → 5 → 25 → 50 → 100 %, ten minutes and 500 canary requests a step.
    fn default() -> Self {
        let step = |weight, exit| Step { weight, seconds: 600, min_requests: 500, exit };
        Self {
            steps: vec![
                step(1.0, Exit::NothingWorse),
                step(5.0, Exit::NothingWorse),
                step(25.0, Exit::Decided),
                step(50.0, Exit::Decided),
                Step { weight: 100.0, seconds: 0, min_requests: 0, exit: Exit::NothingWorse },
            ],
            guardrails: vec![
                Guardrail { metric: Guarded::ErrorRate, limit: 0.005, worse: Worse::Higher, required: true },
                Guardrail { metric: Guarded::SlowShare, limit: 0.02, worse: Worse::Higher, required: true },
                Guardrail { metric: Guarded::PositiveShare, limit: 0.05, worse: Worse::Either, required: true },
                Guardrail { metric: Guarded::WrongShare, limit: 0.03, worse: Worse::Higher, required: false },
            ],
            alpha: 0.05,
            planned_requests: 5_000,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RolloutState {
    Running,
    Paused,
    Completed,
    /// Ended by a verdict or by a person: the stable version answers everything again.
    RolledBack,
    /// Given up by a person before it had decided.
    Aborted,
}

impl RolloutState {
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Completed => "completed",
            Self::RolledBack => "rolled_back",
            Self::Aborted => "aborted",
        }
    }
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Running, Self::Paused, Self::Completed, Self::RolledBack, Self::Aborted].into_iter().find(|s| s.word() == word)
    }
    pub fn ended(self) -> bool {
        matches!(self, Self::Completed | Self::RolledBack | Self::Aborted)
    }
}
