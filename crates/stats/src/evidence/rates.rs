//! Exact test of a count against a known rate.

use serde::{Deserialize, Serialize};
use statrs::function::beta::beta_reg;
use statrs::function::factorial::ln_binomial;

/// Which departures count against the hypothesis of no change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tail {
    Greater,
    Less,
    TwoSided,
}

/// Exact binomial p-value of `k` successes in `n` trials when the rate is `rate` (clamped to 0..=1). The two-sided one
/// sums all outcomes that are no likelier than the observed one, as R and `scipy.stats.binomtest` do. 1 for `n` = 0;
/// `k` is at most `n`.
pub fn binomial_test(k: u64, n: u64, rate: f64, tail: Tail) -> f64 {
    let k = k.min(n);
    let rate = if rate.is_nan() { 0.0 } else { rate.clamp(0.0, 1.0) };
    match tail {
        _ if n == 0 => 1.0,
        Tail::Greater => at_least(k, n, rate),
        Tail::Less => at_most(k, n, rate),
        Tail::TwoSided => two_sided(k, n, rate),
    }
}

fn at_least(k: u64, n: u64, rate: f64) -> f64 {
    match k {
        0 => 1.0,
        _ if rate <= 0.0 => 0.0,
        _ if rate >= 1.0 => 1.0,
        _ => beta_reg(k as f64, (n - k) as f64 + 1.0, rate),
    }
}

fn at_most(k: u64, n: u64, rate: f64) -> f64 {
    at_least(n - k, n, 1.0 - rate)
}

fn two_sided(k: u64, n: u64, rate: f64) -> f64 {
    let mean = rate * n as f64;
    if k as f64 == mean {
        return 1.0;
    }
    if rate <= 0.0 || rate >= 1.0 {
        return 0.0;
    }
    let log_pmf = |i: u64| ln_binomial(n, i) + i as f64 * rate.ln() + (n - i) as f64 * (-rate).ln_1p();
    let limit = log_pmf(k) + 1e-7;
    if (k as f64) < mean {
        // The likelihood falls from the mean upwards: find the first outcome up there that is no likelier.
        let first = first_true(mean.ceil() as u64, n + 1, |i| i > n || log_pmf(i) <= limit);
        let upper = if first > n { 0.0 } else { at_least(first, n, rate) };
        (at_most(k, n, rate) + upper).min(1.0)
    } else {
        let above = first_true(0, mean.floor() as u64 + 1, |i| log_pmf(i) > limit);
        let lower = above.checked_sub(1).map_or(0.0, |last| at_most(last, n, rate));
        (at_least(k, n, rate) + lower).min(1.0)
    }
}

/// The first index in `low..high` for which a monotone condition holds, `high` if none.
pub(crate) fn first_true(mut low: u64, mut high: u64, holds: impl Fn(u64) -> bool) -> u64 {
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { high = middle } else { low = middle + 1 }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rise_from_12_to_45_percent_is_seen_within_50_requests() {
        // The expected count at 45 % is significant at one in a million well before 50 requests...
        let needed = (1..).find(|&n| binomial_test((0.45 * n as f64).round() as u64, n, 0.12, Tail::Greater) < 1e-6);
        assert!(needed.is_some_and(|n| n <= 50), "{needed:?}");
        // ...and even an unlucky draw (5th percentile of Binomial(50, 0.45) is 17) is at one in ten thousand.
        assert!(binomial_test(17, 50, 0.12, Tail::Greater) < 1e-4);
        // What 12 % gives by itself is not.
        assert!(binomial_test(6, 50, 0.12, Tail::Greater) > 0.5);
    }

    #[test]
    fn edges() {
        assert_eq!(binomial_test(0, 0, 0.5, Tail::TwoSided), 1.0);
        assert_eq!(binomial_test(0, 10, 0.0, Tail::TwoSided), 1.0);
        assert_eq!(binomial_test(1, 10, 0.0, Tail::Greater), 0.0);
        assert_eq!(binomial_test(10, 10, 1.0, Tail::Less), 1.0);
        // 299 clean requests exclude an error rate of 1 % at 95 %, 298 do not.
        assert!(binomial_test(0, 299, 0.01, Tail::Less) < 0.05);
        assert!(binomial_test(0, 298, 0.01, Tail::Less) > 0.05);
    }

    #[test]
    fn tails_add_up_by_counting() {
        let (n, rate) = (17u64, 0.3);
        let pmf = |i: u64| (ln_binomial(n, i) + i as f64 * 0.3f64.ln() + (n - i) as f64 * 0.7f64.ln()).exp();
        for k in 0..=n {
            let greater: f64 = (k..=n).map(pmf).sum();
            let both: f64 = (0..=n).map(pmf).filter(|q| *q <= pmf(k) * (1.0 + 1e-9)).sum();
            assert!((binomial_test(k, n, rate, Tail::Greater) - greater).abs() < 1e-12);
            assert!((binomial_test(k, n, rate, Tail::TwoSided) - both).abs() < 1e-12, "{k}");
        }
    }
}
