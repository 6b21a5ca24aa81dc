//! The report that a stakeholder reads: words before charts, real cases as stories, and where it is worse.

use super::parts::Estimate;
use crate::ids::*;
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// Frozen when it was made: it shows the same whenever it is opened or printed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportView {
    pub id: ReportId,
    pub model: ModelName,
    pub version: VersionNo,
    pub made_at: Millis,
    pub made_by: String,
    /// A question that the report answers.
    pub title: String,
    /// Sentences for the box “In short”.
    pub in_short: Vec<String>,
    pub purpose: Purpose,
    pub importance: Importance,
    /// The top features, the most important first.
    pub dependence: Vec<Dependence>,
    pub typical: Vec<Case>,
    pub hard: Vec<Case>,
    pub segments: Segments,
    pub not_for: Vec<String>,
    /// How these numbers were made, as sentences.
    pub method: Vec<String>,
    /// How the score is written: `percent` of the positive class, or a plain number with a unit.
    pub score_is_share: bool,
    /// `yes`, or what is predicted.
    pub positive: Option<String>,
}

/// What it decides, for whom, from what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Purpose {
    pub sentences: Vec<String>,
    pub features: usize,
    /// Names of the inputs that hold personal data.
    pub personal: Vec<String>,
    pub owner: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Importance {
    /// The finding over the chart.
    pub headline: String,
    pub sentence: String,
    /// `Drop in ROC AUC when the input is shuffled`.
    pub measure: String,
    /// Most important first.
    pub bars: Vec<Bar>,
    pub rows: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    pub feature: String,
    /// The contract's description, or the name in words.
    pub label: String,
    pub estimate: Estimate,
    /// Share of the sum of all positive importances, 0 to 1.
    pub share: f64,
    /// What it does, as a sentence.
    pub sentence: String,
}

/// Mean score with one feature set to each value and the rest left as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dependence {
    pub feature: String,
    pub label: String,
    pub headline: String,
    /// Numbers in order; categories by name.
    pub points: Vec<DependencePoint>,
    pub numeric: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DependencePoint {
    pub label: String,
    /// For numbers.
    pub x: Option<f64>,
    pub mean: f64,
    pub lower: f64,
    pub upper: f64,
}

/// One decision explained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// `Predicted yes, and it was`.
    pub title: String,
    /// The story: the facts that mattered, in a sentence.
    pub story: String,
    pub score: f64,
    pub predicted: String,
    pub actual: Option<String>,
    /// Score of the average row: where the reasons start.
    pub base: f64,
    /// Strongest first, the last one is everything else; with `base` they add up to `score`.
    pub reasons: Vec<Reason>,
    /// What would have changed it, as a sentence.
    pub counterfactual: String,
    /// The record as it was; personal data of class `direct` is left out.
    pub record: serde_json::Value,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// `None` for everything else together.
    pub feature: Option<String>,
    /// `contract: month to month`.
    pub text: String,
    pub contribution: f64,
}

/// Where it is worse, and for whom.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Segments {
    pub headline: String,
    pub sentence: String,
    /// `Share of right answers`.
    pub measure: String,
    pub overall: Option<Estimate>,
    pub rows: Vec<SegmentRow>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SegmentRow {
    pub feature: String,
    pub group: String,
    /// `None`: fewer than 30 rows.
    pub estimate: Option<Estimate>,
    pub n: u64,
    pub note: String,
}

/// A report in a list, with who can read it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportLine {
    pub id: ReportId,
    pub model: ModelName,
    pub version: VersionNo,
    pub made_at: Millis,
    pub made_by: String,
    /// Shared by a link that is still valid.
    pub shared: bool,
}

/// The explain tab of a version: the newest report, or how to get one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExplainView {
    pub model: ModelName,
    pub version: VersionNo,
    pub report: Option<ReportView>,
    pub reports: Vec<ReportLine>,
    /// A report is being made right now.
    pub running: bool,
    /// Why the last attempt failed; empty if it did not.
    pub failed: String,
    pub may_build: bool,
    pub may_share: bool,
    /// A record to start from when one decision is to be explained.
    pub example: serde_json::Value,
}
