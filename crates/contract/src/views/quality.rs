//! The quality page of a deployment: what the outcomes say, how many are known, where it is worse.

use super::deployment::Head;
use super::parts::{Answer, Change, Estimate, Point};
use crate::ids::VersionNo;
use crate::time::Millis;
use crate::verdict::State;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QualityView {
    pub head: Head,
    pub answer: Answer,
    /// `Accuracy` or `Mean absolute error`: what the series and the segments show.
    pub measure: String,
    /// Whether more is better (false for errors).
    pub higher_is_better: bool,
    /// The same measure on held-back data before the stable version went live.
    pub offline: Option<f64>,
    /// Length of one point, milliseconds.
    pub span: i64,
    /// By the time of the prediction, so that late outcomes re-open old points.
    pub over_time: Vec<QualityPoint>,
    pub versions: Vec<VersionQuality>,
    pub segments: Vec<SegmentQuality>,
    pub outcomes_known: u64,
    pub predictions: u64,
    /// Outcomes that were posted for predictions that are not in the log.
    pub unknown_ids: u64,
    /// Median time from the prediction to its outcome.
    pub delay_ms: Option<i64>,
    /// Within this, nine of ten outcomes come.
    #[serde(default)]
    pub delay_most_ms: Option<i64>,
    /// Predictions of equal age against each other.
    #[serde(default)]
    pub cohorts: Option<Cohorts>,
    /// What is expected of the stable version before outcomes are known; `None` where nothing is.
    #[serde(default)]
    pub estimated: Option<Estimated>,
    /// Why nothing is expected; empty where something is.
    #[serde(default)]
    pub not_estimated: String,
    #[serde(default)]
    pub errors: Option<ErrorChange>,
    /// Of two classes, where outcomes are known.
    #[serde(default)]
    pub calibration: Option<Calibration>,
    #[serde(default)]
    pub rule: Option<SimpleRule>,
    pub changes: Vec<Change>,
}

/// What is expected of answers before their outcomes are known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimated {
    pub version: VersionNo,
    /// Over the whole range, with what chance explains at this number of answers (three standard errors).
    pub estimate: Option<Estimate>,
    /// The same measure on the labelled rows that it was learnt from.
    pub reference: f64,
    pub over_time: Vec<EstimatedPoint>,
    pub others: Vec<Measure>,
    /// Whether it is expected to be worse.
    pub state: State,
    pub sentence: String,
    pub trust: State,
    /// `trusted`, `not trusted`, `not checked yet`.
    pub trust_word: String,
    /// What the outcomes say about it.
    pub trust_sentence: String,
    /// How it is made, and from which rows.
    pub method: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EstimatedPoint {
    pub at: Millis,
    pub estimate: Option<Estimate>,
}

/// Late outcomes make the newest predictions look other than they are: what has been known for less time is another sample. So
/// equal ages are compared: outcomes that came within `age_ms`, of predictions that are at least that old.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cohorts {
    pub age_ms: i64,
    /// One sentence: how it is now against before, at equal age.
    pub sentence: String,
    /// By the time of the prediction.
    pub over_time: Vec<EstimatedPoint>,
}

/// Whether errors have become more, as detectors read them minute by minute in the order of the predictions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorChange {
    pub version: VersionNo,
    /// Outcomes that were read.
    pub seen: u64,
    pub state: State,
    /// `ADWIN sees no change in 812 outcomes.`
    pub sentence: String,
    /// Time of the predictions with which it began to be worse.
    pub since: Option<Millis>,
    /// What each detector says.
    pub detectors: Vec<DetectorLine>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DetectorLine {
    pub name: String,
    /// It is the one that raises the alert.
    pub chosen: bool,
    pub state: State,
    pub sentence: String,
}

/// How far stated probabilities are from what happens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Mean gap over ten bins of equal width, weighted by rows, 0 to 1.
    pub error: f64,
    pub sentence: String,
    /// Bins with outcomes, by what was stated.
    pub bins: Vec<CalibrationBin>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibrationBin {
    /// Mean of what was stated.
    pub stated: f64,
    /// Share in which it happened, with a 95% interval.
    pub happened: Estimate,
}

/// What a simple rule reaches on held-back data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimpleRule {
    pub measure: String,
    pub value: f64,
    /// The same measure of the stable version, from outcomes.
    pub realised: Option<f64>,
    pub words: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QualityPoint {
    pub at: Millis,
    pub estimate: Option<Estimate>,
    /// Share of the predictions of this time whose outcome is known.
    pub coverage: f64,
    /// So young that many outcomes are still to come.
    #[serde(default)]
    pub filling: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VersionQuality {
    pub version: VersionNo,
    pub estimate: Option<Estimate>,
    pub offline: Option<f64>,
    pub coverage: f64,
    /// Other measures, in the field's names: `F1`, `Recall`, `ROC AUC`, `Log loss`, `RMSE` …
    pub others: Vec<Measure>,
    pub state: State,
    /// The comparison with the offline value, as a sentence.
    pub sentence: String,
    pub over_time: Vec<Point>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    pub name: String,
    pub value: Option<f64>,
    /// The same on held-back data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offline: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SegmentQuality {
    /// `plan`.
    pub feature: String,
    /// `gold`, `not given`.
    pub value: String,
    pub estimate: Option<Estimate>,
    /// The same measure on the held-back rows of this group.
    #[serde(default)]
    pub offline: Option<Estimate>,
    pub state: State,
    /// `worse than overall by 6 points`, `worse than held-back by 6 points` or `not enough data, 30 needed`.
    pub note: String,
}

/// What became of posted outcomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// Joined to a prediction, or kept for one whose record has not been written yet.
    pub accepted: u64,
    /// Of these: no prediction with this id is in the log so far. They are kept and tried again.
    pub unknown: u64,
    /// Of these: replaced an outcome that said something else; the change is kept.
    pub changed: u64,
}
