//! One feature over a stretch of rows, as counts per cell.

use serde::{Deserialize, Serialize};

use crate::bins::{Baseline, Window};

/// Counts over the cells of a feature's baseline: the bins of a numeric one; the categories of a categorical one, and as the
/// last cell all others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    pub counts: Vec<u64>,
    /// Rows that had a value: the sum of the counts.
    pub n: u64,
    /// Rows without one.
    pub missing: u64,
    /// The middle of the stretch, in milliseconds since 1970 UTC, where it is known and the stretch is short.
    pub at: Option<i64>,
}

impl Stretch {
    /// What was counted in a window.
    pub fn of(window: &Window, at: Option<i64>) -> Self {
        match window {
            Window::Numeric(w) => Self { counts: w.counts.clone(), n: w.n, missing: w.missing, at },
            Window::Categorical(w) => {
                let mut counts = w.counts.clone();
                counts.push(w.unseen_total);
                Self { counts, n: w.n, missing: w.missing, at }
            }
        }
    }

    /// The reference rows themselves.
    pub fn of_reference(baseline: &Baseline) -> Self {
        match baseline {
            Baseline::Numeric(b) => Self { counts: b.counts.clone(), n: b.n, missing: b.missing, at: None },
            Baseline::Categorical(b) => {
                let mut counts: Vec<u64> = b.categories.iter().map(|category| category.1).collect();
                counts.push(b.other);
                Self { counts, n: b.n, missing: b.missing, at: None }
            }
        }
    }

    /// Adds the rows of another stretch over the same baseline.
    pub fn add(&mut self, other: &Self) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        self.counts.iter_mut().zip(&other.counts).for_each(|(a, b)| *a += b);
        self.n += other.n;
        self.missing += other.missing;
    }

    /// The rows of `self` that are not among those of `part`, which was added to it.
    pub fn without(&self, part: &Self) -> Self {
        Self {
            counts: self.counts.iter().zip(&part.counts).map(|(a, b)| a.saturating_sub(*b)).collect(),
            n: self.n.saturating_sub(part.n),
            missing: self.missing.saturating_sub(part.missing),
            at: None,
        }
    }

    /// Rows with and without a value.
    pub fn rows(&self) -> u64 {
        self.n + self.missing
    }
}
