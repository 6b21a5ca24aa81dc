//! Exact comparison of two observed rates.

use statrs::function::factorial::ln_binomial;

use super::rates::Tail;

/// Terms of the tail sums are followed until they no longer change the sum.
const NEGLIGIBLE: f64 = 1e-17;

/// Fisher's exact p-value for the rate `k1/n1` against `k2/n2`, given the total of successes. `Tail::Greater`: the
/// first rate is the larger one. Two-sided sums all tables no likelier than the observed one (as
/// `scipy.stats.fisher_exact`). 1 when either side has no trials. Conservative: the true level is at most the p-value.
pub fn fisher_exact(k1: u64, n1: u64, k2: u64, n2: u64, tail: Tail) -> f64 {
    let Some(table) = Table::new(k1, n1, k2, n2) else { return 1.0 };
    match tail {
        Tail::Greater => table.upper(table.k),
        Tail::Less => table.lower(table.k),
        Tail::TwoSided => {
            let limit = table.log_pmf(table.k) + 1e-7;
            let mode = table.mode();
            // Likelihood falls on either side of the mode.
            let first = super::rates::first_true(mode, table.max + 1, |i| i > table.max || table.log_pmf(i) <= limit);
            let above = super::rates::first_true(table.min, mode + 1, |i| table.log_pmf(i) > limit);
            let upper = if first > table.max { 0.0 } else { table.upper(first) };
            let lower = if above > table.min { table.lower(above - 1) } else { 0.0 };
            if first <= mode { 1.0 } else { (upper + lower).min(1.0) }
        }
    }
}

/// Mid-p version of the one-sided test (half of the observed table's probability; Lancaster 1961): less conservative at
/// small counts, its level may exceed the p-value slightly. For display, not for alarms.
pub fn fisher_mid_p(k1: u64, n1: u64, k2: u64, n2: u64, tail: Tail) -> f64 {
    let Some(table) = Table::new(k1, n1, k2, n2) else { return 1.0 };
    let half = table.log_pmf(table.k).exp() / 2.0;
    match tail {
        Tail::Greater => table.upper(table.k) - half,
        Tail::Less => table.lower(table.k) - half,
        Tail::TwoSided => (2.0 * (table.upper(table.k).min(table.lower(table.k)) - half)).min(1.0),
    }
}

/// The hypergeometric distribution of the first side's successes.
struct Table {
    k: u64,
    n1: u64,
    n2: u64,
    successes: u64,
    min: u64,
    max: u64,
}

impl Table {
    fn new(k1: u64, n1: u64, k2: u64, n2: u64) -> Option<Self> {
        if n1 == 0 || n2 == 0 {
            return None;
        }
        let k = k1.min(n1);
        let successes = k + k2.min(n2);
        Some(Self { k, n1, n2, successes, min: successes.saturating_sub(n2), max: successes.min(n1) })
    }

    fn mode(&self) -> u64 {
        let mode = (self.successes as f64 + 1.0) * (self.n1 as f64 + 1.0) / (self.n1 as f64 + self.n2 as f64 + 2.0);
        (mode.floor() as u64).clamp(self.min, self.max)
    }

    fn log_pmf(&self, i: u64) -> f64 {
        ln_binomial(self.n1, i) + ln_binomial(self.n2, self.successes - i) - ln_binomial(self.n1 + self.n2, self.successes)
    }

    /// `P(X ≥ i)`, summed from the smaller side so that small values keep their digits.
    fn upper(&self, i: u64) -> f64 {
        if i <= self.min {
            1.0
        } else if i > self.mode() {
            self.sum_up(i)
        } else {
            (1.0 - self.sum_down(i - 1)).max(0.0)
        }
    }

    /// `P(X ≤ i)`.
    fn lower(&self, i: u64) -> f64 {
        if i >= self.max {
            1.0
        } else if i < self.mode() {
            self.sum_down(i)
        } else {
            (1.0 - self.sum_up(i + 1)).max(0.0)
        }
    }

    fn sum_up(&self, from: u64) -> f64 {
        let mut term = self.log_pmf(from).exp();
        let mut sum = term;
        for i in from..self.max {
            term *=
                (self.n1 - i) as f64 * (self.successes - i) as f64 / ((i + 1) as f64 * (self.n2 + i + 1 - self.successes) as f64);
            sum += term;
            if term < sum * NEGLIGIBLE {
                break;
            }
        }
        sum.min(1.0)
    }

    fn sum_down(&self, from: u64) -> f64 {
        let mut term = self.log_pmf(from).exp();
        let mut sum = term;
        for i in (self.min + 1..=from).rev() {
            term *=
                i as f64 * (self.n2 + i - self.successes) as f64 / ((self.n1 - i + 1) as f64 * (self.successes - i + 1) as f64);
            sum += term;
            if term < sum * NEGLIGIBLE {
                break;
            }
        }
        sum.min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_counting(n1 in 1u64..25, n2 in 1u64..25, a in 0u64..25, b in 0u64..25) {
            let (k1, k2) = (a.min(n1), b.min(n2));
            let table = Table::new(k1, n1, k2, n2).unwrap();
            let pmf: Vec<(u64, f64)> = (table.min..=table.max).map(|i| (i, table.log_pmf(i).exp())).collect();
            let total: f64 = pmf.iter().map(|p| p.1).sum();
            prop_assert!((total - 1.0).abs() < 1e-10);
            let observed = table.log_pmf(k1).exp();
            let sum = |keep: &dyn Fn(u64, f64) -> bool| pmf.iter().filter(|(i, p)| keep(*i, *p)).map(|p| p.1).sum::<f64>();
            prop_assert!((fisher_exact(k1, n1, k2, n2, Tail::Greater) - sum(&|i, _| i >= k1)).abs() < 1e-10);
            prop_assert!((fisher_exact(k1, n1, k2, n2, Tail::Less) - sum(&|i, _| i <= k1)).abs() < 1e-10);
            let two = sum(&|_, p| p <= observed * (1.0 + 1e-8));
            prop_assert!((fisher_exact(k1, n1, k2, n2, Tail::TwoSided) - two).abs() < 1e-9);
            prop_assert!(fisher_mid_p(k1, n1, k2, n2, Tail::Greater) <= fisher_exact(k1, n1, k2, n2, Tail::Greater));
        }
    }

    #[test]
    fn a_rise_from_12_to_45_percent_is_seen_against_a_sample_too() {
        assert!(fisher_exact(22, 50, 600, 5000, Tail::Greater) < 1e-6);
        assert!(fisher_exact(6, 50, 600, 5000, Tail::TwoSided) > 0.5);
        assert_eq!(fisher_exact(0, 0, 5, 10, Tail::TwoSided), 1.0);
    }

    #[test]
    fn millions_are_no_burden() {
        let p = fisher_exact(10_300, 1_000_000, 10_000, 1_000_000, Tail::Greater);
        assert!((0.01..0.03).contains(&p), "{p}");
    }
}
