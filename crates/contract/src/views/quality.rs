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
    pub changes: Vec<Change>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QualityPoint {
    pub at: Millis,
    pub estimate: Option<Estimate>,
    /// Share of the predictions of this time whose outcome is known.
    pub coverage: f64,
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
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SegmentQuality {
    /// `plan`.
    pub feature: String,
    /// `gold`, `not given`.
    pub value: String,
    pub estimate: Option<Estimate>,
    pub state: State,
    /// `worse than the rest by 6 points` or `not enough data, 30 needed`.
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
