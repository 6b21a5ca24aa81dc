//! The three verdicts that every check in the product gives.

use serde::{Deserialize, Serialize};

/// Good, bad, or not enough data: the third never passes a check and never raises an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Pass,
    Fail,
    Insufficient,
}

/// State of a thing as pages show it: shape, word and colour follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Bad,
    Watch,
    Unknown,
    Run,
    Info,
    Ok,
}

impl From<Verdict> for State {
    fn from(verdict: Verdict) -> State {
        match verdict {
            Verdict::Pass => State::Ok,
            Verdict::Fail => State::Bad,
            Verdict::Insufficient => State::Unknown,
        }
    }
}
