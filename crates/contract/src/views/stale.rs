//! How fresh a deployment is: its model, its labels, its last training and its last data run, against limits.

use super::common::When;
use crate::verdict::State;
use serde::{Deserialize, Serialize};

/// What can become stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aging {
    Model,
    Labels,
    Training,
    DataRun,
}

impl Aging {
    pub const ALL: [Aging; 4] = [Self::Model, Self::Labels, Self::Training, Self::DataRun];

    pub fn word(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Labels => "labels",
            Self::Training => "training",
            Self::DataRun => "data_run",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Freshness {
    pub what: Aging,
    /// `Model`, `Last label` …
    pub name: String,
    /// `None`: it has never happened, or nobody has told of it.
    pub at: Option<When>,
    /// Milliseconds since then.
    pub age: Option<i64>,
    /// Days after which it is stale; `None` where there is no limit.
    pub limit_days: Option<u32>,
    pub state: State,
    /// `41 d old; the limit is 90 d`
    pub sentence: String,
}
