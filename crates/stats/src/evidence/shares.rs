//! Shares that the reference had (nearly) none of: a small rise is enough where the evidence is.

use super::fisher::fisher_exact;
use super::judge::{DriftFinding, FEWEST_ROWS, Measure, Verdict, judge_share};
use super::rates::Tail;
use crate::bins::{NumericBaseline, NumericWindow};

/// Share of the reference's rows up to which it had nearly none.
const NEARLY_NONE: f64 = 0.001;
/// Rows that have to show it where the rise is smaller than what was declared: a handful may come from one caller.
const FEWEST_EVENTS: u64 = 5;
/// Rows with one and the same value before a feature is said to stand still.
const FEWEST_SAME: u64 = 50;

/// As [`judge_share`]; but where the reference had nearly none (0.1 % of its rows at most), a rise by `floor` is drift already if
/// five rows show it and `p ≤ alpha`. Then [`DriftFinding::threshold`] is the floor. `None`: no floor.
pub fn judge_rise((k, n): (u64, u64), (k0, n0): (u64, u64), (threshold, floor): (f64, Option<f64>), alpha: f64) -> DriftFinding {
    from_none(judge_share(k, n, k0, n0, threshold, alpha), k, (k0, n0), floor, alpha)
}

fn from_none(finding: DriftFinding, k: u64, (k0, n0): (u64, u64), floor: Option<f64>, alpha: f64) -> DriftFinding {
    let floor = floor.filter(|floor| finding.distance < finding.threshold && *floor < finding.threshold);
    let Some(floor) = floor.filter(|_| k0 as f64 <= NEARLY_NONE * n0 as f64) else { return finding };
    let enough = finding.n >= FEWEST_ROWS && k >= FEWEST_EVENTS && finding.distance >= floor && finding.p <= alpha;
    DriftFinding { threshold: floor, verdict: if enough { Verdict::Drift } else { finding.verdict }, ..finding }
}

/// Judges the share of rows outside the range of the reference, which had none there; `None` for a constant reference, where
/// every other value is outside.
///
/// The range is the reference's own, so new rows lie outside it now and then: of `n + m` rows that are alike, `k` given ranks at
/// the two ends all fall to the window with the probability of Fisher's test against none, and there are `k + 1` ways to divide
/// them between the ends. The p-value is their sum.
pub fn judge_outside(
    baseline: &NumericBaseline,
    window: &NumericWindow,
    limits: (f64, Option<f64>),
    alpha: f64,
) -> Option<DriftFinding> {
    if baseline.is_constant {
        return None;
    }
    let k = window.below_min + window.above_max;
    let plain = judge_share(k, window.n, 0, baseline.n, limits.0, alpha);
    let p = ((k + 1) as f64 * plain.p).min(1.0);
    let verdict = if plain.verdict == Verdict::Drift && p > alpha { Verdict::Ok } else { plain.verdict };
    Some(from_none(DriftFinding { p, verdict, ..plain }, k, (0, baseline.n), limits.1, alpha))
}

/// Judges a number that stands still, as a stuck sensor does: all rows of the window, 50 at least, have one value, and a share of
/// at least `threshold` of the reference's rows has others. The distance is the rise of the share of that value's bin; the p-value is Fisher's, times
/// the number of bins that it could have been. `None` for a constant reference.
pub fn judge_stuck(baseline: &NumericBaseline, window: &NumericWindow, threshold: f64, alpha: f64) -> Option<DriftFinding> {
    if baseline.is_constant || baseline.n == 0 {
        return None;
    }
    let one = window.min.filter(|min| window.max == Some(*min) && window.n >= FEWEST_SAME);
    let (distance, p) = one.map_or((0.0, 1.0), |value| {
        let same = baseline.counts.get(baseline.bin(value)).copied().unwrap_or(0);
        let p = fisher_exact(window.n, window.n, same, baseline.n, Tail::Greater) * baseline.counts.len() as f64;
        (1.0 - same as f64 / baseline.n as f64, p.min(1.0))
    });
    let verdict = if distance >= threshold && p <= alpha {
        Verdict::Drift
    } else if window.n < FEWEST_SAME {
        Verdict::Insufficient
    } else {
        Verdict::Ok
    };
    let n = window.n;
    Some(DriftFinding { measure: Measure::ShareRise, distance, threshold, p, n, verdict, detectable_at_rows: FEWEST_SAME })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SplitMix64;

    #[test]
    fn where_there_was_none_a_little_is_enough() {
        let limits = (0.05, Some(0.004));
        for (seen, reference, limits, verdict, threshold) in [
            ((20, 1_000), (0, 5_000), limits, Verdict::Drift, 0.004),
            ((20, 1_000), (5, 5_000), limits, Verdict::Drift, 0.004),
            // The reference has some itself: what was declared counts.
            ((80, 1_000), (300, 5_000), limits, Verdict::Ok, 0.05),
            // What somebody has chosen counts.
            ((20, 1_000), (0, 5_000), (0.05, None), Verdict::Ok, 0.05),
            // Less than the floor, too few rows that show it, too little evidence.
            ((9, 3_000), (0, 50_000), limits, Verdict::Ok, 0.004),
            ((4, 1_000), (0, 50_000), limits, Verdict::Ok, 0.004),
            ((7, 1_000), (0, 800), limits, Verdict::Ok, 0.004),
            ((200, 1_000), (0, 5_000), limits, Verdict::Drift, 0.05),
            ((0, 1_000), (0, 5_000), limits, Verdict::Ok, 0.004),
        ] {
            let found = judge_rise(seen, reference, limits, 1e-5);
            assert_eq!((found.verdict, found.threshold), (verdict, threshold), "{seen:?} of {reference:?}: {found:?}");
        }
    }

    fn normal(rng: &mut SplitMix64, n: usize) -> Vec<f64> {
        (0..n).map(|_| rng.normal()).collect()
    }

    fn counted(baseline: &NumericBaseline, values: &[f64]) -> NumericWindow {
        let mut window = NumericWindow::new(baseline);
        values.iter().for_each(|x| window.add(baseline, *x));
        window
    }

    #[test]
    fn outside_the_range_is_judged_against_none() {
        let mut rng = SplitMix64::new(7);
        let baseline = NumericBaseline::fit(&normal(&mut rng, 3_000), 64);
        let mut rows = normal(&mut rng, 1_500);
        let judged = |rows: &[f64]| judge_outside(&baseline, &counted(&baseline, rows), (0.02, Some(0.002)), 1e-5).unwrap();
        assert_eq!(judged(&rows).verdict, Verdict::Ok);
        rows.iter_mut().take(20).for_each(|x| *x = 99.0);
        let found = judged(&rows);
        assert!(found.verdict == Verdict::Drift && (found.distance - 20.0 / 1_500.0).abs() < 2e-3, "{found:?}");
        assert!(judge_outside(&NumericBaseline::fit(&[3.0; 50], 64), &NumericWindow::default(), (0.02, None), 1e-5).is_none());
    }

    #[test]
    fn new_rows_lie_outside_a_short_reference_by_chance() {
        let mut rng = SplitMix64::new(11);
        let mut alarms = 0;
        for _ in 0..400 {
            let baseline = NumericBaseline::fit(&normal(&mut rng, 100), 10);
            let window = counted(&baseline, &normal(&mut rng, 400));
            alarms += u32::from(judge_outside(&baseline, &window, (0.02, Some(0.002)), 0.01).unwrap().verdict == Verdict::Drift);
        }
        assert!(alarms <= 12, "{alarms} of 400 at 1%");
    }

    #[test]
    fn a_number_that_stands_still_is_found() {
        let mut rng = SplitMix64::new(3);
        let spread = NumericBaseline::fit(&normal(&mut rng, 3_000), 64);
        let mostly_zero: Vec<f64> = (0..3_000).map(|i| if i % 10 == 0 { rng.normal() } else { 0.0 }).collect();
        let rare = NumericBaseline::fit(&mostly_zero, 64);
        for (baseline, rows, verdict) in [
            (&spread, vec![0.1; 400], Verdict::Drift),
            (&spread, vec![0.1; 40], Verdict::Insufficient),
            (&spread, [vec![0.1; 400], vec![0.2]].concat(), Verdict::Ok),
            (&rare, vec![0.0; 400], Verdict::Ok),
            (&rare, vec![0.7; 400], Verdict::Drift),
            (&spread, vec![], Verdict::Insufficient),
        ] {
            let found = judge_stuck(baseline, &counted(baseline, &rows), 0.2, 1e-6).unwrap();
            assert_eq!(found.verdict, verdict, "{} rows: {found:?}", rows.len());
        }
        assert!(judge_stuck(&NumericBaseline::fit(&[3.0; 50], 64), &NumericWindow::default(), 0.2, 1e-6).is_none());
    }
}
