//! The automated tests of a version: each with its number, its interval, what was needed, its verdict and its evidence.

use crate::ids::{GateRunId, VersionNo};
use crate::verdict::{State, Verdict};
use crate::views::common::{Table, When};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GatesView {
    pub run: Option<GateRunId>,
    pub state: State,
    /// `not run`, `running`, `passed`, `failed`, `undecided`.
    pub word: String,
    /// `12 passed, 1 had not enough data.`, or what to do when there is no run.
    pub summary: String,
    pub ran: Option<When>,
    /// Milliseconds.
    pub took_ms: Option<i64>,
    /// `0.8 s`
    pub took_words: String,
    pub policy: String,
    pub champion: Option<VersionNo>,
    /// Held-back rows on which it was judged.
    pub rows: u64,
    pub gates: Vec<GateLine>,
    pub segments: Option<SegmentTable>,
    /// Share of each input in the change of the score when it is shuffled, largest first.
    pub inputs: Vec<InputWeight>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GateLine {
    /// Stable word: `contract`, `accuracy`, `champion`, `rule`, `segment:region` …
    pub key: String,
    /// `Better than the champion`
    pub name: String,
    /// `AUC, same rows, version 4 minus version 3`
    pub sub: String,
    pub verdict: Verdict,
    /// Passed, but near the limit.
    pub close: bool,
    /// A gate that is not required is advice only.
    pub required: bool,
    /// `+4.7 points`; `–` where there is no number.
    pub value: String,
    /// `+3.5 to +5.9`; empty where there is none.
    pub interval: String,
    /// `≥ 58.0 %`, `all`, `0`.
    pub needed: String,
    /// What was done and found, one or two sentences.
    pub evidence: String,
    pub detail: Option<Table>,
}

impl GateLine {
    /// `Passed`, `Passed, close`, `Failed`, `Not enough data`.
    pub fn verdict_words(&self) -> &'static str {
        match (self.verdict, self.close) {
            (Verdict::Pass, false) => "Passed",
            (Verdict::Pass, true) => "Passed, close",
            (Verdict::Fail, _) => "Failed",
            (Verdict::Insufficient, _) => "Not enough data",
        }
    }
}

/// Quality by group on the same held-back rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SegmentTable {
    /// The finding, as a title.
    pub title: String,
    pub note: String,
    /// `Accuracy`, `Mean absolute error`.
    pub metric: String,
    /// Whether larger is better.
    pub higher_is_better: bool,
    /// Whether numbers are shares, to be shown in percent.
    pub share: bool,
    pub lines: Vec<SegmentLine>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SegmentLine {
    /// Feature by which rows are grouped; empty for all rows.
    pub segment: String,
    pub group: String,
    pub n: u64,
    pub candidate: Option<f64>,
    pub champion: Option<f64>,
    pub rule: Option<f64>,
    /// 95 % interval of the candidate's number.
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub verdict: Verdict,
    /// Found by search rather than declared.
    pub found: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputWeight {
    pub name: String,
    /// Shares of the whole, 0 to 1.
    pub candidate: f64,
    pub champion: Option<f64>,
    /// `more`, `less`, `same`, `new`.
    pub change: String,
}
