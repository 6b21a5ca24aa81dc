//! Pearson's chi-square for two samples over the same categories.

use crate::is_positive;
use serde::{Deserialize, Serialize};
use statrs::function::gamma::gamma_ur;

/// A chi-square statistic with its degrees of freedom and the probability of one at least as large.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ChiSquare {
    pub statistic: f64,
    pub dof: u64,
    pub p: f64,
}

/// Probability that a chi-square variable of `dof` degrees of freedom is at least `statistic`; 1 for `dof` 0.
pub fn chi_square_tail(statistic: f64, dof: u64) -> f64 {
    if dof == 0 || !is_positive(statistic) {
        return 1.0;
    }
    if !statistic.is_finite() {
        return 0.0;
    }
    gamma_ur(dof as f64 / 2.0, statistic / 2.0)
}

/// Test of independence on the 2 × K table (Pearson 1900), as `scipy.stats.chi2_contingency`: Yates' correction for
/// 2 × 2 only, `K − 1` degrees of freedom. Categories that neither side has are left out. `None` when a side has no
/// rows or fewer than two categories remain.
pub fn chi_square_contingency(a: &[u64], b: &[u64]) -> Option<ChiSquare> {
    let (n, m) = (a.iter().sum::<u64>() as f64, b.iter().sum::<u64>() as f64);
    let used: Vec<(f64, f64)> = a.iter().zip(b).filter(|(x, y)| **x + **y > 0).map(|(&x, &y)| (x as f64, y as f64)).collect();
    if n == 0.0 || m == 0.0 || used.len() < 2 {
        return None;
    }
    let yates = used.len() == 2;
    let cell = |observed: f64, expected: f64| {
        let gap = (observed - expected).abs();
        let gap = if yates { gap - gap.min(0.5) } else { gap };
        gap * gap / expected
    };
    let statistic = used
        .iter()
        .map(|&(x, y)| {
            let column = x + y;
            cell(x, column * n / (n + m)) + cell(y, column * m / (n + m))
        })
        .sum();
    let dof = used.len() as u64 - 1;
    Some(ChiSquare { statistic, dof, p: chi_square_tail(statistic, dof) })
}
