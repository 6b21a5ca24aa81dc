//! Objectives of a deployment: what share of requests must be good, how much of the error budget is left, how fast it goes.

use super::deployment::Head;
use super::parts::{Answer, Point};
use crate::verdict::{State, Verdict};
use serde::{Deserialize, Serialize};

/// What makes a request good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// Answered without an error, also by a fallback.
    Availability,
    /// Answered within the deployment's limit.
    Latency,
}

impl Objective {
    pub const ALL: [Objective; 2] = [Self::Availability, Self::Latency];

    pub fn word(self) -> &'static str {
        match self {
            Self::Availability => "availability",
            Self::Latency => "latency",
        }
    }
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|objective| objective.word() == word)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SloView {
    pub head: Head,
    pub answer: Answer,
    pub objectives: Vec<ObjectiveView>,
    /// Days that the error budget is counted over.
    pub days: u32,
    /// Length of a point of `burn_over_time`, milliseconds.
    pub span_ms: i64,
}

/// One objective.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObjectiveView {
    pub objective: Objective,
    /// `99.9% of requests answered without an error`
    pub name: String,
    /// Share of good requests that is promised, 0 to 1.
    pub target: f64,
    /// Over the days of the budget.
    pub requests: u64,
    pub bad: u64,
    /// Share of the error budget that is left, at most 1; negative where more was used than there is. `None` without requests.
    pub left: Option<f64>,
    pub state: State,
    pub sentence: String,
    pub burns: Vec<Burn>,
    /// Share of the budget that is left, at the end of each day.
    pub left_over_time: Vec<Point>,
    /// Burn rate over the asked range.
    pub burn_over_time: Vec<Point>,
}

/// One rule over two windows: it fires while both burn at least as fast as the factor says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Burn {
    /// A burn rate of 1 uses up the budget in exactly its days.
    pub factor: f64,
    pub long_ms: i64,
    pub short_ms: i64,
    /// `None` without requests.
    pub long: Option<f64>,
    pub short: Option<f64>,
    pub requests: u64,
    pub bad: u64,
    pub verdict: Verdict,
}
