//! The verdict on one window: an effect worth naming, and evidence that it is not chance.

use serde::{Deserialize, Serialize};

use super::fisher::fisher_exact;
use super::rates::Tail;
use crate::bins::{Baseline, CategoricalBaseline, CategoricalWindow, NumericBaseline, NumericWindow, Window, kolmogorov_smirnov};
use crate::distance::{aligned, chi_square_contingency, jensen_shannon, ks_p_asymptotic, shares_of};
use crate::is_positive;

/// [`DriftFinding::detectable_at_rows`] when no number of rows suffices, because the reference is too small.
pub const NEVER: u64 = u64::MAX;
/// Windows with fewer rows are never judged: the null distribution is not known below.
pub(super) const FEWEST_ROWS: u64 = 16;
/// Expected rows of a category (on the smaller side) from which the chi-square distribution can be trusted.
const EXPECTED_ROWS: f64 = 5.0;

/// What a window says about its feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Ok,
    Drift,
    /// Too few rows to tell the threshold from chance, and nothing so large that few rows would do.
    Insufficient,
}

/// Which distance a finding speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Wasserstein-1 over the reference's standard deviation: numeric features.
    WassersteinOverStd,
    /// Share of rows that are not the constant the reference had: constant numeric features.
    ShareChanged,
    /// Jensen-Shannon distance, base 2: categorical features.
    JensenShannon,
    /// Rise of a share (missing values, new values), as a difference.
    ShareRise,
    /// Largest difference of the distribution functions at the bins' edges: numeric features.
    KolmogorovSmirnov,
    /// Change of the share of one bin or category, either way.
    ShareChange,
}

impl Measure {
    /// Whether it is a part of the rows.
    pub fn is_share(self) -> bool {
        matches!(self, Self::ShareChanged | Self::ShareRise | Self::ShareChange)
    }
}

/// The verdict with the numbers it was made on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DriftFinding {
    pub measure: Measure,
    pub distance: f64,
    pub threshold: f64,
    /// Probability of a distance at least this large when nothing has changed.
    pub p: f64,
    /// Rows with a value in the window.
    pub n: u64,
    pub verdict: Verdict,
    /// Rows from which the threshold can be told from chance at the given alpha; [`NEVER`] if none suffice.
    pub detectable_at_rows: u64,
}

impl DriftFinding {
    fn new(measure: Measure, distance: f64, p: f64, n: u64, threshold: f64, alpha: f64, detectable: u64) -> Self {
        let verdict = if n >= FEWEST_ROWS && distance >= threshold && p <= alpha {
            Verdict::Drift
        } else if n < detectable.max(FEWEST_ROWS) {
            Verdict::Insufficient
        } else {
            Verdict::Ok
        };
        Self { measure, distance, threshold, p, n, verdict, detectable_at_rows: detectable }
    }

    /// The same distance with other evidence.
    pub fn with_p(self, p: f64, alpha: f64) -> Self {
        Self::new(self.measure, self.distance, p, self.n, self.threshold, alpha, self.detectable_at_rows)
    }

    /// The same where further evidence has to agree: drift stays drift only with `p ≤ alpha` too.
    pub fn if_also(self, p: f64, alpha: f64) -> Self {
        let verdict = if self.verdict == Verdict::Drift && p > alpha { Verdict::Ok } else { self.verdict };
        Self { p: self.p.max(p), verdict, ..self }
    }

    /// [`Self::detectable_at_rows`] as a number that may be absent.
    pub fn detectable(&self) -> Option<u64> {
        (self.detectable_at_rows != NEVER).then_some(self.detectable_at_rows)
    }
}

/// Judges a window of either kind; a window of the wrong kind has told nothing: insufficient.
pub fn judge(baseline: &Baseline, window: &Window, threshold: f64, alpha: f64) -> DriftFinding {
    match (baseline, window) {
        (Baseline::Numeric(b), Window::Numeric(w)) => judge_numeric(b, w, threshold, alpha),
        (Baseline::Categorical(b), Window::Categorical(w)) => judge_categorical(b, w, threshold, alpha),
        (Baseline::Numeric(_), _) => DriftFinding::new(Measure::WassersteinOverStd, 0.0, 1.0, 0, threshold, alpha, NEVER),
        (Baseline::Categorical(_), _) => DriftFinding::new(Measure::JensenShannon, 0.0, 1.0, 0, threshold, alpha, NEVER),
    }
}

/// Judges a numeric feature by Wasserstein over standard deviation.
///
/// *Drift* iff the distance reaches `threshold` **and** its p-value is at most `alpha`. The p-value comes from the table
/// that the baseline simulated from its own rows (windows of 16 to 1,024 rows; the square-root law beyond), widened for
/// the reference's own sampling error. It is valid at every n, so an overwhelming shift is drift even below
/// `detectable_at_rows`; otherwise a window with fewer rows than that is *insufficient*. Fewer than 16 rows always are.
///
/// Where the reference is heavy-tailed, a single new outlier can move the mean as far as a real change does; there the
/// p-value is at least that of the ranks (Kolmogorov-Smirnov, or rows outside the reference's range), which no single row
/// can lower.
///
/// A constant reference has no standard deviation: there the distance is the share of rows with another value, the
/// p-value Fisher's.
pub fn judge_numeric(baseline: &NumericBaseline, window: &NumericWindow, threshold: f64, alpha: f64) -> DriftFinding {
    if baseline.is_constant {
        let same = window.counts.get(baseline.bin(baseline.min)).copied().unwrap_or(window.n);
        let rows = window.n - same.min(window.n);
        let changed = if window.n == 0 { 0.0 } else { rows as f64 / window.n as f64 };
        let p = fisher_exact(rows, window.n, 0, baseline.n, Tail::Greater);
        let detectable = rows_for_rise(0, baseline.n, threshold, alpha);
        return DriftFinding::new(Measure::ShareChanged, changed, p, window.n, threshold, alpha, detectable);
    }
    let distance = baseline.wasserstein(window).map_or(0.0, |w| w / baseline.std);
    let p = baseline.null.p_value(distance, window.n, baseline.n);
    let p = if baseline.is_heavy_tailed { p.max(rank_p(baseline, window)) } else { p };
    let detectable = baseline.null.rows_for(threshold, alpha, baseline.n).unwrap_or(NEVER);
    DriftFinding::new(Measure::WassersteinOverStd, distance, p, window.n, threshold, alpha, detectable)
}

/// Judges a categorical feature by Jensen-Shannon distance (base 2), with the same rule as [`judge_numeric`].
///
/// The p-value is the chi-square test over the categories of which at least five rows are to be expected; all others,
/// new values among them, form one group, which is tested apart by Fisher's exact test when it too is small (then the
/// smaller p-value counts twice). So one new value in a thousand rows is no alarm, and many are.
///
/// `detectable_at_rows` follows from `JS² ≈ χ² / (8 ln 2 · n)` near the null, with the chi-square quantile of K − 1
/// degrees of freedom.
pub fn judge_categorical(baseline: &CategoricalBaseline, window: &CategoricalWindow, threshold: f64, alpha: f64) -> DriftFinding {
    let finding =
        |distance, p, n, detectable| DriftFinding::new(Measure::JensenShannon, distance, p, n, threshold, alpha, detectable);
    let Some((reference, current)) = aligned(baseline, window) else { return finding(0.0, 1.0, 0, NEVER) };
    let (Some(p), Some(q)) = (shares_of(&reference), shares_of(&current)) else {
        let detectable = rows_for_categories(baseline, threshold, alpha);
        return finding(0.0, 1.0, window.n, if baseline.n == 0 { NEVER } else { detectable });
    };
    let distance = jensen_shannon(&p, &q);
    finding(distance, table_p(&reference, &current), window.n, rows_for_categories(baseline, threshold, alpha))
}

/// Judges the rise of a share (missing values, new values) from `k0/n0` in the reference to `k/n` in the window.
/// `threshold` is the difference that matters; the p-value is Fisher's, one-sided: only a rise is drift.
pub fn judge_share(k: u64, n: u64, k0: u64, n0: u64, threshold: f64, alpha: f64) -> DriftFinding {
    let share = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let rise = if n == 0 { 0.0 } else { (share(k, n) - share(k0, n0)).max(0.0) };
    let p = fisher_exact(k, n, k0, n0, Tail::Greater);
    DriftFinding::new(Measure::ShareRise, rise, p, n, threshold, alpha, rows_for_rise(k0, n0, threshold, alpha))
}

/// The smaller of two rank tests, counted twice.
fn rank_p(baseline: &NumericBaseline, window: &NumericWindow) -> f64 {
    let d = kolmogorov_smirnov(&baseline.counts, &window.counts).unwrap_or(0.0);
    let outside = window.below_min + window.above_max;
    let range_p = fisher_exact(outside, window.n, 0, baseline.n, Tail::Greater);
    (2.0 * ks_p_asymptotic(d, baseline.n, window.n).min(range_p)).min(1.0)
}

/// P-value of "the same categories": see [`judge_categorical`].
fn table_p(reference: &[u64], current: &[u64]) -> f64 {
    let (n, m) = (reference.iter().sum::<u64>(), current.iter().sum::<u64>());
    let smaller = (m as f64 / n as f64).min(1.0);
    let (mut common, mut rare) = ((Vec::new(), Vec::new()), (0u64, 0u64));
    for (&a, &b) in reference.iter().zip(current) {
        if a as f64 * smaller >= EXPECTED_ROWS {
            common.0.push(a);
            common.1.push(b);
        } else {
            rare = (rare.0 + a, rare.1 + b);
        }
    }
    if rare.0 as f64 * smaller >= EXPECTED_ROWS {
        common.0.push(rare.0);
        common.1.push(rare.1);
        return chi_square_contingency(&common.0, &common.1).map_or(1.0, |test| test.p);
    }
    let rare_p = fisher_exact(rare.1, m, rare.0, n, Tail::TwoSided);
    match chi_square_contingency(&common.0, &common.1) {
        Some(test) => (2.0 * test.p.min(rare_p)).min(1.0),
        None => rare_p,
    }
}

fn rows_for_categories(baseline: &CategoricalBaseline, threshold: f64, alpha: f64) -> u64 {
    let categories = baseline.categories.len() as u64 + u64::from(!baseline.is_complete());
    if categories < 2 {
        // Everything that is not the one category is new: JS² = 1 − H-terms, near share/2 for small shares.
        return rows_for_rise(0, baseline.n, (2.0 * threshold * threshold).min(1.0), alpha);
    }
    let quantile = chi_square_quantile(alpha, categories - 1);
    let effective = quantile / (8.0 * std::f64::consts::LN_2 * threshold * threshold);
    rows_from_effective(effective, baseline.n)
}

/// Solves `n·m/(n+m) ≥ effective` for n.
fn rows_from_effective(effective: f64, reference: u64) -> u64 {
    let m = reference as f64;
    if !is_positive(m - effective) { NEVER } else { (effective * m / (m - effective)).ceil() as u64 }
}

/// The value that a chi-square variable exceeds with probability `alpha`.
fn chi_square_quantile(alpha: f64, dof: u64) -> f64 {
    let (mut low, mut high) = (0.0, 10.0 * dof as f64 + 1500.0);
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if crate::distance::chi_square_tail(middle, dof) > alpha { low = middle } else { high = middle }
    }
    high
}

/// Fewest rows at which a rise by `threshold` would be significant if it showed exactly.
fn rows_for_rise(k0: u64, n0: u64, threshold: f64, alpha: f64) -> u64 {
    if n0 == 0 || !is_positive(threshold) {
        return NEVER;
    }
    let rate = (k0 as f64 / n0 as f64 + threshold).min(1.0);
    let enough = |n: u64| fisher_exact((rate * n as f64).floor() as u64, n, k0, n0, Tail::Greater) <= alpha;
    let ceiling = 1 << 24;
    if !enough(ceiling) {
        return NEVER;
    }
    super::rates::first_true(1, ceiling, enough)
}
