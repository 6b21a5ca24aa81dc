//! How sure an area under the ROC curve is.

use serde::{Deserialize, Serialize};

use crate::evidence::normal_quantile;

/// An area with its two-sided interval, cut to 0..=1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AucInterval {
    pub estimate: f64,
    pub lower: f64,
    pub upper: f64,
    pub standard_error: f64,
}

impl AucInterval {
    pub(super) fn new(estimate: f64, variance: f64, confidence: f64) -> Self {
        let standard_error = variance.max(0.0).sqrt();
        let half = normal_quantile(f64::midpoint(1.0, confidence)) * standard_error;
        Self { estimate, lower: (estimate - half).max(0.0), upper: (estimate + half).min(1.0), standard_error }
    }
}

/// Interval from the area and the class counts alone (Hanley and McNeil 1982, eq. 1 and 2): `Q1 = A/(2−A)`,
/// `Q2 = 2A²/(1+A)`. `None` when either class is empty.
pub fn auc_interval_hanley_mcneil(area: f64, positives: u64, negatives: u64, confidence: f64) -> Option<AucInterval> {
    if positives == 0 || negatives == 0 {
        return None;
    }
    let (p, n) = (positives as f64, negatives as f64);
    let (q1, q2) = (area / (2.0 - area), 2.0 * area * area / (1.0 + area));
    let square = area * area;
    let variance = (area * (1.0 - area) + (p - 1.0) * (q1 - square) + (n - 1.0) * (q2 - square)) / (p * n);
    Some(AucInterval::new(area, variance, confidence))
}

/// Interval from the rows (DeLong, DeLong and Clarke-Pearson 1988), by midranks in `O(n log n)` (Sun and Xu 2014).
/// `None` unless each class has two rows. Rows whose score is NaN are left out.
pub fn auc_interval_delong(truth: &[bool], scores: &[f64], confidence: f64) -> Option<AucInterval> {
    let class = |wanted: bool| -> Vec<f64> {
        truth.iter().zip(scores).filter(|(t, s)| **t == wanted && !s.is_nan()).map(|(_, s)| *s).collect()
    };
    let (positive, negative) = (class(true), class(false));
    if positive.len() < 2 || negative.len() < 2 {
        return None;
    }
    let (p, n) = (positive.len() as f64, negative.len() as f64);
    let all: Vec<f64> = positive.iter().chain(&negative).copied().collect();
    let (among_all, among_positive, among_negative) = (midranks(&all), midranks(&positive), midranks(&negative));
    // Placements: for each row, the share of the other class it ranks above (positives) or below (negatives).
    let of_positive: Vec<f64> = (0..positive.len()).map(|i| (among_all[i] - among_positive[i]) / n).collect();
    let of_negative: Vec<f64> =
        (0..negative.len()).map(|j| 1.0 - (among_all[positive.len() + j] - among_negative[j]) / p).collect();
    let area = of_positive.iter().sum::<f64>() / p;
    let variance = |values: &[f64]| {
        values.iter().map(|v| (v - area).powi(2)).sum::<f64>() / (values.len() as f64 - 1.0) / values.len() as f64
    };
    Some(AucInterval::new(area, variance(&of_positive) + variance(&of_negative), confidence))
}

/// Ranks from 1, ties at the mean of their ranks.
pub(super) fn midranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let tied = order[start..].iter().take_while(|&&i| values[i] == values[order[start]]).count().max(1);
        let rank = start as f64 + (tied as f64 + 1.0) / 2.0;
        order[start..start + tied].iter().for_each(|&i| ranks[i] = rank);
        start += tied;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hanley_and_mcneil_as_in_their_paper() {
        let interval = auc_interval_hanley_mcneil(0.893, 51, 58, 0.95).unwrap();
        assert!((interval.standard_error - 0.032).abs() < 1e-3, "{interval:?}");
        assert_eq!(auc_interval_hanley_mcneil(0.9, 0, 5, 0.95), None);
    }

    #[test]
    fn ties_share_their_rank() {
        assert_eq!(midranks(&[3.0, 1.0, 3.0, 2.0]), [3.5, 1.0, 3.5, 2.0]);
    }
}
