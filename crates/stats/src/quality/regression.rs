//! Quality of a model that predicts a number, as a mergeable record.

use serde::{Deserialize, Serialize};

use super::ratio;

/// Error sums of answered predictions whose outcome is known. Merging is exact in the count and within 1e-12 relative in
/// the sums; the spread of the outcomes is kept about its own mean (Chan, Golub and LeVeque 1979), so that large offsets
/// cost no digits.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RegressionQuality {
    pub n: u64,
    /// Sums of the error (prediction minus outcome), of its magnitude and of its square.
    pub error_sum: f64,
    pub absolute_sum: f64,
    pub squared_sum: f64,
    /// Mean of the outcomes, and the sum of their squared distances from it.
    pub outcome_mean: f64,
    pub outcome_squares: f64,
}

impl RegressionQuality {
    /// Counts one outcome; a pair that is not two finite numbers is left out.
    pub fn add(&mut self, truth: f64, predicted: f64) {
        let error = predicted - truth;
        if !error.is_finite() {
            return;
        }
        self.merge(&Self {
            n: 1,
            error_sum: error,
            absolute_sum: error.abs(),
            squared_sum: error * error,
            outcome_mean: truth,
            outcome_squares: 0.0,
        });
    }

    /// Adds the outcomes of another record.
    pub fn merge(&mut self, other: &Self) {
        if other.n == 0 {
            return;
        }
        let (a, b) = (self.n as f64, other.n as f64);
        let gap = other.outcome_mean - self.outcome_mean;
        self.outcome_squares += other.outcome_squares + gap * gap * a * b / (a + b);
        self.outcome_mean += gap * b / (a + b);
        self.n += other.n;
        self.error_sum += other.error_sum;
        self.absolute_sum += other.absolute_sum;
        self.squared_sum += other.squared_sum;
    }

    /// Takes back outcomes that were counted here before, within the same error as merging. `false`, and nothing is changed, if there
    /// are more of them than there are here.
    pub fn take(&mut self, other: &Self) -> bool {
        let Some(n) = self.n.checked_sub(other.n) else { return false };
        if n == 0 {
            *self = Self::default();
            return true;
        }
        let (all, a, b) = (self.n as f64, n as f64, other.n as f64);
        let mean = (self.outcome_mean * all - other.outcome_mean * b) / a;
        let gap = other.outcome_mean - mean;
        self.outcome_squares = (self.outcome_squares - other.outcome_squares - gap * gap * a * b / all).max(0.0);
        self.outcome_mean = mean;
        self.n = n;
        self.error_sum -= other.error_sum;
        self.absolute_sum = (self.absolute_sum - other.absolute_sum).max(0.0);
        self.squared_sum = (self.squared_sum - other.squared_sum).max(0.0);
        true
    }

    /// Mean absolute error; `None` without outcomes.
    pub fn mae(&self) -> Option<f64> {
        ratio(self.absolute_sum, self.n as f64)
    }

    /// Root of the mean squared error; `None` without outcomes.
    pub fn rmse(&self) -> Option<f64> {
        ratio(self.squared_sum, self.n as f64).map(f64::sqrt)
    }

    /// Mean of prediction minus outcome; `None` without outcomes.
    pub fn bias(&self) -> Option<f64> {
        ratio(self.error_sum, self.n as f64)
    }

    /// Coefficient of determination; `None` without outcomes or when they are all the same.
    pub fn r2(&self) -> Option<f64> {
        ratio(self.squared_sum, self.outcome_squares).map(|unexplained| 1.0 - unexplained)
    }
}
