//! Sample ratio mismatch: did the arms get the traffic they were meant to get?

use serde::{Deserialize, Serialize};

use crate::distance::chi_square_tail;
use crate::is_positive;

/// The p-value below which the split itself is broken and nothing measured on it can be trusted.
const MISMATCH: f64 = 0.001;
/// Rows that the smallest arm should expect before the chi-square distribution holds.
const EXPECTED_ROWS: f64 = 5.0;

/// The check of one split.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SampleRatio {
    pub chi_square: f64,
    pub p: f64,
    /// The split is not the planned one (p < 0.001).
    pub mismatch: bool,
}

/// Pearson's chi-square of the arms' rows against their planned weights (any positive scale). `None` when the check does
/// not apply: lists of different length, an arm without weight that got rows or weights that are no weights, or an arm
/// that expects fewer than five rows. Meant for one look per step; where it is read all the time, divide the p-value's
/// limit by the looks.
pub fn sample_ratio(rows: &[u64], weights: &[f64]) -> Option<SampleRatio> {
    let total = rows.iter().sum::<u64>() as f64;
    let weight: f64 = weights.iter().sum();
    if rows.len() != weights.len() || rows.len() < 2 || !is_positive(weight) || weights.iter().any(|w| !is_positive(*w)) {
        return None;
    }
    let expected: Vec<f64> = weights.iter().map(|w| total * w / weight).collect();
    if expected.iter().any(|e| *e < EXPECTED_ROWS) {
        return None;
    }
    let chi_square: f64 = rows.iter().zip(&expected).map(|(&o, e)| (o as f64 - e).powi(2) / e).sum();
    let p = chi_square_tail(chi_square, rows.len() as u64 - 1);
    Some(SampleRatio { chi_square, p, mismatch: p < MISMATCH })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_percent_is_seen_and_chance_is_not() {
        assert!(sample_ratio(&[99_000, 1_000], &[99.0, 1.0]).is_some_and(|s| !s.mismatch && s.p == 1.0));
        assert!(sample_ratio(&[99_080, 920], &[99.0, 1.0]).is_some_and(|s| !s.mismatch));
        assert!(sample_ratio(&[99_200, 800], &[99.0, 1.0]).is_some_and(|s| s.mismatch));
        assert_eq!(sample_ratio(&[10, 0], &[99.0, 1.0]), None);
        assert_eq!(sample_ratio(&[10, 10], &[1.0, 0.0]), None);
    }
}
