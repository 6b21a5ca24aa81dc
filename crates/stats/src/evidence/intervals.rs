//! Confidence intervals for one rate.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};
use statrs::function::beta::beta_reg;

/// A rate with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RateInterval {
    pub estimate: f64,
    pub lower: f64,
    pub upper: f64,
}

/// Quantile of the standard normal distribution; `p` is clamped into the open interval (0, 1).
pub fn normal_quantile(p: f64) -> f64 {
    Normal::standard().inverse_cdf(p.clamp(1e-300, 1.0 - f64::EPSILON / 2.0))
}

/// Probability that a standard normal variable is at least `z`; keeps its digits for large `z`. 1 for a NaN.
pub fn normal_tail(z: f64) -> f64 {
    if z.is_nan() { 1.0 } else { Normal::standard().sf(z) }
}

/// Wilson's score interval (Wilson 1927), two-sided at `confidence`. Good coverage on average, also near 0 and 1.
/// `None` for `n` = 0.
pub fn wilson(k: u64, n: u64, confidence: f64) -> Option<RateInterval> {
    if n == 0 {
        return None;
    }
    let (count, p) = (n as f64, k.min(n) as f64 / n as f64);
    let z = normal_quantile(f64::midpoint(1.0, confidence));
    let denominator = 1.0 + z * z / count;
    let centre = (p + z * z / (2.0 * count)) / denominator;
    let half = z / denominator * (p * (1.0 - p) / count + z * z / (4.0 * count * count)).sqrt();
    Some(RateInterval {
        estimate: p,
        lower: if k == 0 { 0.0 } else { (centre - half).max(0.0) },
        upper: if k >= n { 1.0 } else { (centre + half).min(1.0) },
    })
}

/// Clopper and Pearson's exact interval (1934), two-sided at `confidence`: covers at least that often, whatever the
/// rate. `None` for `n` = 0.
pub fn clopper_pearson(k: u64, n: u64, confidence: f64) -> Option<RateInterval> {
    if n == 0 {
        return None;
    }
    let k = k.min(n);
    let tail = (1.0 - confidence) / 2.0;
    let (successes, failures) = (k as f64, (n - k) as f64);
    Some(RateInterval {
        estimate: successes / n as f64,
        lower: if k == 0 { 0.0 } else { beta_quantile(successes, failures + 1.0, tail) },
        upper: if k == n { 1.0 } else { beta_quantile(successes + 1.0, failures, 1.0 - tail) },
    })
}

/// Quantile of the beta distribution by bisection of its regularised incomplete function, to the last bit of the
/// answer's magnitude.
pub(crate) fn beta_quantile(a: f64, b: f64, p: f64) -> f64 {
    let (mut low, mut high) = (0.0f64, 1.0f64);
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            break;
        }
        if beta_reg(a, b, middle) < p { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SplitMix64;

    #[test]
    fn exact_interval_covers_as_often_as_it_says() {
        for (n, rate) in [(20u64, 0.02), (50, 0.3), (200, 0.005)] {
            let mut rng = SplitMix64::new(n);
            let rounds = 4000;
            let covered = (0..rounds)
                .filter(|_| {
                    let k = (0..n).filter(|_| rng.bernoulli(rate)).count() as u64;
                    clopper_pearson(k, n, 0.95).is_some_and(|i| i.lower <= rate && rate <= i.upper)
                })
                .count();
            assert!(covered as f64 / f64::from(rounds) >= 0.945, "{n} {rate} {covered}");
        }
    }

    #[test]
    fn known_values() {
        // The rule of three, exactly: 1 − 0.025^(1/n) above nothing seen.
        let none = clopper_pearson(0, 100, 0.95).unwrap();
        assert!((none.upper - (1.0 - 0.025f64.powf(0.01))).abs() < 1e-12 && none.lower == 0.0);
        let all = wilson(10, 10, 0.95).unwrap();
        assert!(all.upper == 1.0 && (all.lower - 0.722_467).abs() < 1e-6);
        assert!(wilson(0, 0, 0.95).is_none() && clopper_pearson(0, 0, 0.95).is_none());
    }
}
