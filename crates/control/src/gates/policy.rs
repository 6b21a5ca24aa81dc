//! What a version must reach, and how a number becomes a verdict. Pure; the only place where limits are written.

use super::measure::{Estimate, Metric};
use contract::Verdict;

/// The policy's name on pages and in evidence.
pub const NAME: &str = "default policy";

/// Rows (and rows of each class) below which accuracy is not judged.
pub const MIN_ROWS: u64 = 100;
pub const MIN_PER_CLASS: u64 = 20;
/// Rows of a group below which it is not judged.
pub const MIN_GROUP: u64 = 30;
/// Share of held-back rows that must fit the contract in types, categories and missing values.
pub const FITTING_ROWS: f64 = 0.99;
/// Share of held-back rows that may also be in the reference data.
pub const LEAKED_ROWS: f64 = 0.01;
/// How far a group may fall behind all rows together, and a fairness gap may open: shares.
pub const GROUP_GAP: f64 = 0.15;
/// How many times as large a group's mean absolute error may be as that of all rows.
pub const GROUP_TIMES: f64 = 2.0;
/// Largest drop when an input that may be missing is blanked in every row: in ROC AUC or accuracy.
pub const MISSING_DROP: f64 = 0.15;
/// The same for any input, from which it is worth knowing: advice.
pub const RELIANCE_DROP: f64 = 0.05;
/// The same for regressions, relative to the mean absolute error.
pub const MISSING_TIMES: f64 = 0.50;
/// 99th percentile of single predictions, milliseconds.
pub const P99_MS: f64 = 50.0;
/// Predictions that are asked for at once.
pub const SIMULTANEOUS: usize = 1_000;

/// The least that any model must reach on rows it never saw; `None` where the metric has no natural floor (an error in the label's unit).
pub fn floor(metric: Metric) -> Option<f64> {
    match metric {
        Metric::Auc => Some(0.60),
        Metric::Accuracy => Some(0.50),
        Metric::Mae => None,
    }
}

/// The least share of variance that a regression must explain.
pub const R2_FLOOR: f64 = 0.20;

/// How much worse than the champion is as good: in points, or relative to the champion's error.
pub fn margin(metric: Metric, champion: f64) -> f64 {
    match metric {
        Metric::Auc => 0.01,
        Metric::Accuracy => 0.02,
        Metric::Mae => 0.02 * champion.abs(),
    }
}

/// How far the interval of the improvement over the simple rule may reach below zero, as for [`margin`].
pub fn slack(metric: Metric, rule: f64) -> f64 {
    match metric {
        Metric::Auc | Metric::Accuracy => 0.02,
        Metric::Mae => 0.02 * rule.abs(),
    }
}

/// A verdict, and whether it was near the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    pub verdict: Verdict,
    pub close: bool,
}

impl Judged {
    pub const INSUFFICIENT: Judged = Judged { verdict: Verdict::Insufficient, close: false };

    fn of(pass: bool, close: bool) -> Self {
        Self { verdict: if pass { Verdict::Pass } else { Verdict::Fail }, close: pass && close }
    }
}

/// At least `floor`; close when the interval reaches below it.
pub fn at_least(estimate: Option<&Estimate>, floor: f64, enough: bool) -> Judged {
    match estimate.filter(|_| enough) {
        None => Judged::INSUFFICIENT,
        Some(e) => Judged::of(e.value >= floor, e.low < floor),
    }
}

/// At most `limit`; close from 80 % of it on.
pub fn at_most(value: f64, limit: f64) -> Judged {
    Judged::of(value <= limit, value > 0.8 * limit)
}

/// An improvement (positive is better) that is shown not to be a loss of more than `margin`. A loss that is shown fails; an
/// interval that allows both is not enough data.
pub fn not_worse(improvement: Option<&Estimate>, margin: f64) -> Judged {
    match improvement {
        None => Judged::INSUFFICIENT,
        Some(e) if e.low >= -margin => Judged::of(true, e.low < 0.0),
        Some(e) if e.high < -margin => Judged::of(false, false),
        Some(_) => Judged::INSUFFICIENT,
    }
}

/// An improvement, surely not a loss of more than `slack`; close while a loss is not excluded.
pub fn better(improvement: Option<&Estimate>, slack: f64) -> Judged {
    match improvement {
        None => Judged::INSUFFICIENT,
        Some(e) if e.value > 0.0 && e.low >= -slack => Judged::of(true, e.low <= 0.0),
        Some(e) if e.value <= 0.0 || e.high <= 0.0 => Judged::of(false, false),
        Some(_) => Judged::INSUFFICIENT,
    }
}

/// A gap that is not shown to be larger than `limit`: fails when even its lower bound is. Close when the gap itself is near it.
pub fn not_beyond(gap: Option<&Estimate>, limit: f64) -> Judged {
    match gap {
        None => Judged::INSUFFICIENT,
        Some(e) => Judged::of(e.low <= limit, e.value > 0.8 * limit),
    }
}

/// The same gap, said three-valued: within when its whole interval is, beyond when its lower bound is, and not to be told while the
/// limit lies inside the interval. For advice, where nothing waits for the answer.
pub fn within(gap: Option<&Estimate>, limit: f64) -> Judged {
    match gap {
        Some(e) if e.low <= limit && e.high > limit => Judged::INSUFFICIENT,
        gap => not_beyond(gap, limit),
    }
}

/// All of something. None at all to look at is not enough data.
pub fn all(good: u64, of: u64) -> Judged {
    if of == 0 { Judged::INSUFFICIENT } else { Judged::of(good == of, false) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn est(value: f64, low: f64, high: f64) -> Option<Estimate> {
        Some(Estimate { value, low, high, n: 1_000 })
    }

    #[test]
    fn numbers_become_verdicts() {
        use Verdict::{Fail, Insufficient, Pass};
        for (case, judged, verdict, close) in [
            ("over the floor", at_least(est(0.9, 0.88, 0.92).as_ref(), 0.6, true), Pass, false),
            ("interval reaches under it", at_least(est(0.61, 0.58, 0.64).as_ref(), 0.6, true), Pass, true),
            ("under the floor", at_least(est(0.55, 0.5, 0.61).as_ref(), 0.6, true), Fail, false),
            ("too few rows", at_least(est(0.9, 0.5, 1.0).as_ref(), 0.6, false), Insufficient, false),
            ("nothing measured", at_least(None, 0.6, true), Insufficient, false),
            ("as good as the champion", not_worse(est(0.0, -0.005, 0.005).as_ref(), 0.01), Pass, true),
            ("better than the champion", not_worse(est(0.05, 0.03, 0.07).as_ref(), 0.01), Pass, false),
            ("shown to be worse", not_worse(est(-0.05, -0.07, -0.03).as_ref(), 0.01), Fail, false),
            ("may be worse or not", not_worse(est(-0.005, -0.02, 0.01).as_ref(), 0.01), Insufficient, false),
            ("better than the rule", better(est(0.2, 0.15, 0.25).as_ref(), 0.02), Pass, false),
            ("very likely better than the rule", better(est(0.04, -0.01, 0.09).as_ref(), 0.02), Pass, true),
            ("perhaps better than the rule", better(est(0.01, -0.03, 0.05).as_ref(), 0.02), Insufficient, false),
            ("no better than the rule", better(est(-0.01, -0.04, 0.02).as_ref(), 0.02), Fail, false),
            ("a gap within the limit", not_beyond(est(0.06, 0.0, 0.12).as_ref(), 0.15), Pass, false),
            ("a gap near the limit", not_beyond(est(0.14, 0.05, 0.23).as_ref(), 0.15), Pass, true),
            ("a gap shown to be beyond it", not_beyond(est(0.3, 0.2, 0.4).as_ref(), 0.15), Fail, false),
            ("a gap that may be beyond it or not", within(est(0.14, 0.05, 0.23).as_ref(), 0.15), Insufficient, false),
            ("a gap all within, near the limit", within(est(0.13, 0.12, 0.14).as_ref(), 0.15), Pass, true),
            ("a gap all within", within(est(0.02, 0.0, 0.15).as_ref(), 0.15), Pass, false),
            ("a gap all beyond", within(est(0.3, 0.2, 0.4).as_ref(), 0.15), Fail, false),
            ("no gap measured", within(None, 0.15), Insufficient, false),
            ("all of many", all(1_400, 1_400), Pass, false),
            ("one of many wrong", all(1_399, 1_400), Fail, false),
            ("none to look at", all(0, 0), Insufficient, false),
            ("fast", at_most(12.0, 50.0), Pass, false),
            ("just fast enough", at_most(48.0, 50.0), Pass, true),
            ("slow", at_most(51.0, 50.0), Fail, false),
        ] {
            assert_eq!((judged.verdict, judged.close), (verdict, close), "{case}");
        }
    }
}
