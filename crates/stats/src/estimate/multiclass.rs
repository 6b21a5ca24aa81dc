//! Expected quality of a model with several classes before its outcomes are known, as a mergeable record.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::MulticlassCalibrator;
use super::binary::{units, weighted_area};
use crate::quality::{SUM_UNIT, ratio, score_bin};

/// One class against all others: rows that were predicted as this class and how many of them are expected to be right;
/// by score bin, all rows and how many are expected to be of this class. Sums in units of 2^-30.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectedClass {
    pub predicted: u64,
    pub right_sum: u64,
    /// Score bin: (rows, expected rows of this class in units of 2^-30).
    pub bins: BTreeMap<u16, (u64, u64)>,
}

impl ExpectedClass {
    fn support(&self) -> f64 {
        self.bins.values().map(|bin| bin.1).sum::<u64>() as f64 * SUM_UNIT
    }

    fn right(&self) -> f64 {
        self.right_sum as f64 * SUM_UNIT
    }
}

/// [`super::BinaryEstimate`] for several classes: each class against all others, with probabilities that sum to 1. All
/// integers: merging is exact in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MulticlassEstimate {
    /// Predictions counted.
    pub n: u64,
    /// In the order of the calibrator's classes; empty before the first prediction.
    pub classes: Vec<ExpectedClass>,
}

impl MulticlassEstimate {
    /// Counts one answered prediction: the model's `scores` in the order of the calibrator's classes, and the position of
    /// the class that it answered. Left out when a score is no probability, or one is missing or too many.
    pub fn add(&mut self, calibrator: &MulticlassCalibrator, scores: &[f64], predicted: usize) {
        let k = calibrator.classes.len();
        let fits = self.classes.is_empty() || self.classes.len() == k;
        if !fits || scores.len() != k || predicted >= k || !scores.iter().all(|s| (0.0..=1.0).contains(s)) {
            return;
        }
        self.classes.resize(k, ExpectedClass::default());
        self.n += 1;
        for (class, (p, score)) in calibrator.apply(scores).into_iter().zip(scores).enumerate() {
            let record = &mut self.classes[class];
            let bin = record.bins.entry(score_bin(*score)).or_default();
            *bin = (bin.0 + 1, bin.1 + units(p));
            if class == predicted {
                record.predicted += 1;
                record.right_sum += units(p);
            }
        }
    }

    /// Adds the predictions of another record over the same classes; one over other classes is left out.
    pub fn merge(&mut self, other: &Self) {
        if other.n == 0 || (!self.classes.is_empty() && self.classes.len() != other.classes.len()) {
            return;
        }
        self.n += other.n;
        self.classes.resize(other.classes.len(), ExpectedClass::default());
        for (mine, theirs) in self.classes.iter_mut().zip(&other.classes) {
            mine.predicted += theirs.predicted;
            mine.right_sum += theirs.right_sum;
            for (bin, (rows, sum)) in &theirs.bins {
                let bin = mine.bins.entry(*bin).or_default();
                *bin = (bin.0 + rows, bin.1 + sum);
            }
        }
    }

    /// Expected share of right predictions; `None` without predictions.
    pub fn accuracy(&self) -> Option<f64> {
        ratio(self.classes.iter().map(ExpectedClass::right).sum(), self.n as f64)
    }

    /// Unweighted mean of the classes' expected precision, 0 for a class that was never predicted; `None` without
    /// predictions.
    pub fn macro_precision(&self) -> Option<f64> {
        self.macro_mean(|class| Some(ratio(class.right(), class.predicted as f64).unwrap_or(0.0)))
    }

    /// Unweighted mean of the classes' expected recall, 0 for a class that is not expected; `None` without predictions.
    pub fn macro_recall(&self) -> Option<f64> {
        self.macro_mean(|class| Some(ratio(class.right(), class.support()).unwrap_or(0.0)))
    }

    /// Unweighted mean of the classes' expected F1, 0 for a class without one; `None` without predictions.
    pub fn macro_f1(&self) -> Option<f64> {
        self.macro_mean(|class| Some(ratio(2.0 * class.right(), class.predicted as f64 + class.support()).unwrap_or(0.0)))
    }

    /// Unweighted mean of the classes' expected areas under the ROC curve, each class against all others; `None` without
    /// predictions, or when a class is expected in none or all of them.
    pub fn roc_auc(&self) -> Option<f64> {
        self.macro_mean(|class| {
            weighted_area(class.bins.values().map(|&(rows, sum)| {
                let positive = sum as f64 * SUM_UNIT;
                (positive, rows as f64 - positive)
            }))
        })
    }

    fn macro_mean(&self, of: impl Fn(&ExpectedClass) -> Option<f64>) -> Option<f64> {
        let values: Option<Vec<f64>> = self.classes.iter().map(of).collect();
        ratio(values?.iter().sum(), self.classes.len() as f64)
    }
}
