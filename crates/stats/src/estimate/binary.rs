//! Expected quality of a two-class model before its outcomes are known, as a mergeable record.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Calibrator;
use crate::quality::{SCORE_BINS, SUM_UNIT, add_bins, loss, ratio, score_bin};

/// Sums over the answered predictions of one score bin: rows by predicted class, and how many of each are expected to
/// turn out positive, in units of 2^-30.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectedBin {
    pub predicted_positive: u64,
    pub predicted_negative: u64,
    pub positive_sum: u64,
    pub missed_sum: u64,
}

impl ExpectedBin {
    fn add(&mut self, expected: u64, predicted: bool) {
        if predicted {
            self.predicted_positive += 1;
            self.positive_sum += expected;
        } else {
            self.predicted_negative += 1;
            self.missed_sum += expected;
        }
    }

    fn merge(&mut self, other: &Self) {
        self.predicted_positive += other.predicted_positive;
        self.predicted_negative += other.predicted_negative;
        self.positive_sum += other.positive_sum;
        self.missed_sum += other.missed_sum;
    }
}

/// Confidence-based performance estimation (CBPE; Guerra and Bialek, NannyML): a row whose calibrated probability is p
/// counts as p of a positive and 1 − p of a negative outcome. Everything is an integer, so merging is exact in any order.
///
/// It holds while the calibration does: it follows changes of the inputs, and is blind to a changed relation between
/// inputs and outcome. See [`super::judge_trust`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BinaryEstimate {
    /// By [`crate::quality::SCORE_BINS`] of the model's own score; empty bins are left out.
    pub bins: BTreeMap<u16, ExpectedBin>,
    /// Sums of the expected logarithmic loss and squared error of the score, in units of 2^-30.
    pub log_loss_sum: u64,
    pub brier_sum: u64,
}

/// The expected confusion counts, in rows.
struct Expected {
    true_positive: f64,
    false_positive: f64,
    false_negative: f64,
    true_negative: f64,
}

impl BinaryEstimate {
    /// Counts one answered prediction; one whose score is no probability is left out.
    pub fn add(&mut self, calibrator: &Calibrator, score: f64, predicted: bool) {
        if (0.0..=1.0).contains(&score) {
            let expected = self.add_losses(calibrator, score);
            self.bins.entry(score_bin(score)).or_default().add(expected, predicted);
        }
    }

    /// Counts many answered predictions: the same as [`Self::add`] of each, some times quicker.
    pub fn add_all(&mut self, calibrator: &Calibrator, answers: impl Iterator<Item = (f64, bool)>) {
        let mut bins = vec![ExpectedBin::default(); usize::from(SCORE_BINS)];
        for (score, predicted) in answers.filter(|(score, _)| (0.0..=1.0).contains(score)) {
            let expected = self.add_losses(calibrator, score);
            bins[usize::from(score_bin(score))].add(expected, predicted);
        }
        add_bins(&mut self.bins, bins, ExpectedBin::merge);
    }

    /// Adds the losses that are expected of a score; gives its probability in units of 2^-30.
    fn add_losses(&mut self, calibrator: &Calibrator, score: f64) -> u64 {
        let (if_positive, if_negative) = (loss(score), loss(1.0 - score));
        let p = calibrator.apply_with(score, if_negative - if_positive).clamp(0.0, 1.0);
        self.log_loss_sum += units(p * if_positive + (1.0 - p) * if_negative);
        self.brier_sum += units(p * (1.0 - score).powi(2) + (1.0 - p) * score * score);
        units(p)
    }

    /// Adds the predictions of another record.
    pub fn merge(&mut self, other: &Self) {
        for (bin, theirs) in &other.bins {
            self.bins.entry(*bin).or_default().merge(theirs);
        }
        self.log_loss_sum += other.log_loss_sum;
        self.brier_sum += other.brier_sum;
    }

    /// Predictions counted.
    pub fn n(&self) -> u64 {
        self.bins.values().map(|bin| bin.predicted_positive + bin.predicted_negative).sum()
    }

    fn expected(&self) -> Expected {
        let sum = |of: fn(&ExpectedBin) -> u64| self.bins.values().map(of).sum::<u64>() as f64;
        let (right, missed) = (sum(|bin| bin.positive_sum) * SUM_UNIT, sum(|bin| bin.missed_sum) * SUM_UNIT);
        Expected {
            true_positive: right,
            false_positive: sum(|bin| bin.predicted_positive) - right,
            false_negative: missed,
            true_negative: sum(|bin| bin.predicted_negative) - missed,
        }
    }

    /// Expected share of right predictions; `None` without predictions.
    pub fn accuracy(&self) -> Option<f64> {
        let e = self.expected();
        ratio(e.true_positive + e.true_negative, self.n() as f64)
    }

    /// Expected true positives over positive predictions; `None` without positive predictions.
    pub fn precision(&self) -> Option<f64> {
        let e = self.expected();
        ratio(e.true_positive, e.true_positive + e.false_positive)
    }

    /// Expected true positives over expected positive outcomes; `None` when none are expected.
    pub fn recall(&self) -> Option<f64> {
        let e = self.expected();
        ratio(e.true_positive, e.true_positive + e.false_negative)
    }

    /// `TP / (TP + ½(FP + FN))` of the expected counts; `None` when there is nothing to find and nothing was found.
    pub fn f1(&self) -> Option<f64> {
        let e = self.expected();
        ratio(e.true_positive, e.true_positive + 0.5 * (e.false_positive + e.false_negative))
    }

    /// Expected share of positive outcomes; `None` without predictions.
    pub fn positive_rate(&self) -> Option<f64> {
        let e = self.expected();
        ratio(e.true_positive + e.false_negative, self.n() as f64)
    }

    /// Expected area under the ROC curve from the score bins, within 1e-4 of [`estimated_roc_auc`] over the rows. `None`
    /// when either class is not expected at all.
    pub fn roc_auc(&self) -> Option<f64> {
        weighted_area(self.bins.values().map(|bin| {
            let positive = (bin.positive_sum + bin.missed_sum) as f64 * SUM_UNIT;
            (positive, (bin.predicted_positive + bin.predicted_negative) as f64 - positive)
        }))
    }

    /// Expected mean logarithmic loss of the model's own score; `None` without predictions.
    pub fn log_loss(&self) -> Option<f64> {
        ratio(self.log_loss_sum as f64 * SUM_UNIT, self.n() as f64)
    }

    /// Expected mean squared error of the model's own score; `None` without predictions.
    pub fn brier(&self) -> Option<f64> {
        ratio(self.brier_sum as f64 * SUM_UNIT, self.n() as f64)
    }
}

/// A non-negative number in units of 2^-30.
pub(super) fn units(x: f64) -> u64 {
    // A cast rounds down.
    (x / SUM_UNIT + 0.5) as u64
}

/// Expected area under the ROC curve from the rows: rows sorted by the model's `scores` weigh p as positive and 1 − p as
/// negative, the curve is integrated by trapezoids (NannyML). Equal scores form one step. Slices have the same length;
/// `None` when either class is not expected at all.
pub fn estimated_roc_auc(scores: &[f64], probabilities: &[f64]) -> Option<f64> {
    let mut rows: Vec<(f64, f64)> =
        scores.iter().copied().zip(probabilities.iter().copied()).filter(|(s, p)| !s.is_nan() && !p.is_nan()).collect();
    rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    weighted_area(rows.chunk_by(|a, b| a.0 == b.0).map(|tied| {
        let positive: f64 = tied.iter().map(|row| row.1).sum();
        (positive, tied.len() as f64 - positive)
    }))
}

/// Area from `(positive, negative)` weights by ascending score, ties half.
pub(super) fn weighted_area(steps: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let (mut positives, mut negatives, mut won) = (0.0, 0.0, 0.0);
    for (positive, negative) in steps {
        won += positive * (negatives + negative / 2.0);
        positives += positive;
        negatives += negative;
    }
    ratio(won, positives * negatives)
}
