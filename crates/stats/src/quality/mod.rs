//! How good predictions were, once the truth is known: mergeable counters, and the same numbers from rows.

mod auc;
mod binary;
mod calibration;
mod multiclass;
mod paired;
mod regression;
mod rows;

pub use auc::{AucInterval, auc_interval_delong, auc_interval_hanley_mcneil};
pub use binary::{BinaryQuality, SCORE_BINS};
pub(crate) use binary::{add_bins, placements, score_bin};
pub use calibration::{CALIBRATION_BINS, calibration_error};
pub use multiclass::{ClassQuality, MulticlassQuality};
pub use paired::{PairedComparison, mcnemar_exact};
pub use regression::RegressionQuality;
pub use rows::{
    bias, brier_score, brier_score_multiclass, log_loss, log_loss_multiclass, mae, r2, rmse, roc_auc, roc_auc_one_vs_rest,
};

/// Sums of scores are kept as whole multiples of 2^-30, so that they add up the same in any order.
pub(crate) const SUM_UNIT: f64 = 1.0 / (1u64 << 30) as f64;

/// Probabilities are kept this far from 0 and 1 in the logarithmic loss, as scikit-learn does for doubles.
const PROBABILITY_FLOOR: f64 = f64::EPSILON;

/// `-ln` of the probability given to what happened.
pub(crate) fn loss(probability_of_truth: f64) -> f64 {
    -probability_of_truth.clamp(PROBABILITY_FLOOR, 1.0 - PROBABILITY_FLOOR).ln()
}

pub(crate) fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

/// Harmonic mean of precision and recall from counts; `None` when there is nothing to find and nothing was found.
fn f1(true_positive: u64, false_positive: u64, false_negative: u64) -> Option<f64> {
    let twice = 2.0 * true_positive as f64;
    ratio(twice, twice + false_positive as f64 + false_negative as f64)
}
