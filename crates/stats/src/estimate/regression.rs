//! Expected error of a model that predicts a number, before its outcomes are known.

use serde::{Deserialize, Serialize};

use super::Boosted;
use crate::quality::ratio;

/// What is known about when the model errs: one learnt function for the magnitude of the error and one for its square.
/// Direct loss estimation (DLE, NannyML), with trees of our own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ErrorModel {
    pub absolute: Boosted,
    pub squared: Boosted,
}

impl ErrorModel {
    /// Learns from labelled reference rows that the model itself was not trained on (errors on training rows are too small,
    /// and so would be every estimate). `columns`: one per feature, and the prediction as one more, all as long as the
    /// `errors` (prediction minus outcome, in the unit of the outcome). NaN is a missing value; categories are given as
    /// numbers, the position in the baseline for instance. Rows whose error is not finite are left out. `None` without
    /// rows.
    pub fn fit(columns: &[Vec<f64>], errors: &[f64], seed: u64) -> Option<Self> {
        let of = |loss: fn(f64) -> f64| Boosted::fit(columns, &errors.iter().map(|e| loss(*e)).collect::<Vec<_>>(), seed);
        Some(Self { absolute: of(f64::abs)?, squared: of(|e| e * e)? })
    }
}

/// Sums of expected errors; merging is exact in the count and within 1e-12 relative in the sums.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct RegressionEstimate {
    /// Predictions counted.
    pub n: u64,
    pub absolute_sum: f64,
    pub squared_sum: f64,
}

impl RegressionEstimate {
    /// Counts one answered prediction; `row` holds one value per column that the model was fitted on, in that order.
    pub fn add(&mut self, model: &ErrorModel, row: &[f64]) {
        self.n += 1;
        self.absolute_sum += model.absolute.apply(row).max(0.0);
        self.squared_sum += model.squared.apply(row).max(0.0);
    }

    /// Adds the predictions of another record.
    pub fn merge(&mut self, other: &Self) {
        self.n += other.n;
        self.absolute_sum += other.absolute_sum;
        self.squared_sum += other.squared_sum;
    }

    /// Expected mean absolute error, in the unit of the outcome; `None` without predictions.
    pub fn mae(&self) -> Option<f64> {
        ratio(self.absolute_sum, self.n as f64)
    }

    /// Expected root of the mean squared error, in the unit of the outcome; `None` without predictions.
    pub fn rmse(&self) -> Option<f64> {
        ratio(self.squared_sum, self.n as f64).map(f64::sqrt)
    }
}
