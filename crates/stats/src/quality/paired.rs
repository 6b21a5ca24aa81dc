//! Two models on the same rows: only the rows on which one is right and the other wrong tell them apart.

use serde::{Deserialize, Serialize};

use crate::evidence::{Tail, binomial_test};

/// Counts of rows that both models answered; merges by adding.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairedComparison {
    pub both_right: u64,
    pub both_wrong: u64,
    /// Rows that only the new model got right.
    pub new_right: u64,
    /// Rows that only the old model got right.
    pub old_right: u64,
}

impl PairedComparison {
    /// Counts one row.
    pub fn add(&mut self, new_is_right: bool, old_is_right: bool) {
        *match (new_is_right, old_is_right) {
            (true, true) => &mut self.both_right,
            (false, false) => &mut self.both_wrong,
            (true, false) => &mut self.new_right,
            (false, true) => &mut self.old_right,
        } += 1;
    }

    /// Adds the rows of another comparison.
    pub fn merge(&mut self, other: &Self) {
        self.both_right += other.both_right;
        self.both_wrong += other.both_wrong;
        self.new_right += other.new_right;
        self.old_right += other.old_right;
    }

    /// Rows compared.
    pub fn n(&self) -> u64 {
        self.both_right + self.both_wrong + self.new_right + self.old_right
    }

    /// Accuracy of the new model minus that of the old one; `None` without rows.
    pub fn difference(&self) -> Option<f64> {
        super::ratio(self.new_right as f64 - self.old_right as f64, self.n() as f64)
    }

    /// Exact p-value that the new model is worse (`Tail::Less`), better (`Tail::Greater`) or different.
    pub fn p_value(&self, tail: Tail) -> f64 {
        mcnemar_exact(self.new_right, self.old_right, tail)
    }
}

/// McNemar's test, exact (McNemar 1947 with the binomial distribution): among the discordant rows, each model is as
/// likely to be the right one. `Tail::Greater`: the first wins more often than chance. 1 without discordant rows.
pub fn mcnemar_exact(first_wins: u64, second_wins: u64, tail: Tail) -> f64 {
    binomial_test(first_wins, first_wins + second_wins, 0.5, tail)
}
