//! The rising step-and-slope curve that fits outcomes best.

use serde::{Deserialize, Serialize};

/// Isotonic regression: the non-decreasing function of the score with the least squared error, linear between its knots
/// and level outside them (Ayer et al. 1955; Zadrozny and Elkan 2002 for calibration), as scikit-learn's
/// `IsotonicRegression(out_of_bounds="clip")`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Isotonic {
    /// Scores, ascending, and the probability at each of them.
    pub knots: Vec<(f64, f64)>,
}

/// Scores closer than this are one score.
const SAME: f64 = 1e-15;

impl Isotonic {
    /// Pools adjacent violators. Slices have the same length; rows whose score is not finite are left out. `None` without
    /// rows.
    pub fn fit(scores: &[f64], truth: &[bool]) -> Option<Self> {
        let mut rows: Vec<(f64, f64)> =
            scores.iter().zip(truth).filter(|(s, _)| s.is_finite()).map(|(&s, &t)| (s, if t { 1.0 } else { 0.0 })).collect();
        rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        // One point per score: score, mean, rows.
        let mut points: Vec<(f64, f64, f64)> = Vec::with_capacity(rows.len());
        for (score, happened) in rows {
            match points.last_mut() {
                Some(last) if score - last.0 < SAME => {
                    last.1 += happened;
                    last.2 += 1.0;
                }
                _ => points.push((score, happened, 1.0)),
            }
        }
        // Blocks of neighbouring points that share a mean: sum, rows, points.
        let mut blocks: Vec<(f64, f64, usize)> = Vec::with_capacity(points.len());
        for &(_, sum, rows) in &points {
            let mut block = (sum, rows, 1);
            while let Some(last) = blocks.pop_if(|last| last.0 * block.1 >= block.0 * last.1) {
                block = (last.0 + block.0, last.1 + block.1, last.2 + block.2);
            }
            blocks.push(block);
        }
        let mut knots: Vec<(f64, f64)> = Vec::new();
        let mut first = 0;
        for (sum, rows, count) in blocks {
            let (start, end) = (points[first].0, points[first + count - 1].0);
            knots.push((start, sum / rows));
            if end > start {
                knots.push((end, sum / rows));
            }
            first += count;
        }
        (!knots.is_empty()).then_some(Self { knots })
    }

    /// The probability at a score, 0 to 1.
    pub fn apply(&self, score: f64) -> f64 {
        let right = self.knots.partition_point(|knot| knot.0 <= score);
        match (right.checked_sub(1).and_then(|left| self.knots.get(left)), self.knots.get(right)) {
            (Some(a), Some(b)) => a.1 + (b.1 - a.1) * (score - a.0) / (b.0 - a.0),
            (Some(only), None) | (None, Some(only)) => only.1,
            (None, None) => score,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_rises_and_keeps_the_number_of_outcomes(rows in prop::collection::vec((0u8..40, any::<bool>()), 1..200)) {
            let scores: Vec<f64> = rows.iter().map(|row| f64::from(row.0) / 40.0).collect();
            let truth: Vec<bool> = rows.iter().map(|row| row.1).collect();
            let curve = Isotonic::fit(&scores, &truth).unwrap();
            prop_assert!(curve.knots.windows(2).all(|w| w[0].0 < w[1].0 && w[0].1 <= w[1].1));
            let expected: f64 = scores.iter().map(|s| curve.apply(*s)).sum();
            prop_assert!((expected - truth.iter().filter(|t| **t).count() as f64).abs() < 1e-9);
        }
    }

    #[test]
    fn level_outside_and_nothing_from_nothing() {
        let curve = Isotonic::fit(&[0.2, 0.4, 0.6], &[false, true, true]).unwrap();
        assert_eq!((curve.apply(0.0), curve.apply(0.9)), (0.0, 1.0));
        assert!((curve.apply(0.3) - 0.5).abs() < 1e-12);
        assert_eq!(Isotonic::fit(&[f64::NAN], &[true]), None);
    }
}
