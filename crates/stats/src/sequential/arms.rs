//! What is kept of an arm, and what is said about a difference.

use serde::{Deserialize, Serialize};

/// A counted yes-or-no outcome of one arm: `k` of `n`. Merges by adding.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateArm {
    pub n: u64,
    pub k: u64,
}

impl RateArm {
    /// `k` of `n`; a `k` above `n` counts as `n`.
    pub fn new(n: u64, k: u64) -> Self {
        Self { n, k: k.min(n) }
    }

    /// Counts one outcome.
    pub fn add(&mut self, yes: bool) {
        self.n += 1;
        self.k += u64::from(yes);
    }

    /// Adds another count.
    pub fn merge(&mut self, other: &Self) {
        self.n += other.n;
        self.k += other.k;
    }

    /// `k / n`; `None` without rows.
    pub fn rate(&self) -> Option<f64> {
        (self.n > 0).then(|| self.k as f64 / self.n as f64)
    }
}

/// Sums of a measured value of one arm. Merges by adding; take out a constant offset first if the mean is far larger than
/// the standard deviation (a factor of 1e6 costs 12 of 16 digits of the variance).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct MeanArm {
    pub n: u64,
    pub sum: f64,
    pub sum_sq: f64,
}

impl MeanArm {
    /// Counts one value; non-finite ones are left out.
    pub fn add(&mut self, value: f64) {
        if value.is_finite() {
            self.n += 1;
            self.sum += value;
            self.sum_sq += value * value;
        }
    }

    /// Adds other sums.
    pub fn merge(&mut self, other: &Self) {
        self.n += other.n;
        self.sum += other.sum;
        self.sum_sq += other.sum_sq;
    }

    /// Mean; `None` without rows.
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0).then(|| self.sum / self.n as f64)
    }

    /// Variance (dividing by n − 1); `None` under two rows.
    pub fn variance(&self) -> Option<f64> {
        let n = self.n as f64;
        (self.n > 1).then(|| ((self.sum_sq - self.sum * self.sum / n) / (n - 1.0)).max(0.0))
    }
}

/// A difference (canary minus stable) with bounds that hold at every look.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    pub estimate: f64,
    pub lower: f64,
    pub upper: f64,
}
