//! Asymptotic confidence sequences: for means, and for rates once both arms have seen enough.

use super::arms::{Interval, MeanArm};

/// Rows per arm from which the normal limit is used for means.
const FEWEST_ROWS: u64 = 30;

/// Whether both bounds hold together or each by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sides {
    Both,
    Each,
}

/// The number of standard errors that an estimate may ever be from the truth, by the confidence sequences of
/// Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit theory and asymptotic confidence
/// sequences" (arXiv 2103.06476), at `t` effective rows:
///
/// * two-sided (eq. 9): `√( 2 (tρ² + 1)/(tρ²) · ln( √(tρ² + 1) / α ) )`
/// * one-sided (eq. 134): `√( 2 (tρ² + 1)/(tρ²) · ln( 1 + √(tρ² + 1) / (2α) ) )`
///
/// ρ makes the sequence tightest at `planned` effective rows (two-sided; the one-sided formula takes 2α):
/// `ρ² = (−2 ln α + ln(1 − 2 ln α)) / planned`.
pub(super) fn boundary(effective: f64, planned: f64, alpha: f64, sides: Sides) -> f64 {
    let tuned_at = if sides == Sides::Each { (2.0 * alpha).min(0.5) } else { alpha };
    let rho_squared = (-2.0 * tuned_at.ln() + (1.0 - 2.0 * tuned_at.ln()).ln()) / planned;
    let time = effective * rho_squared;
    let crossing = match sides {
        Sides::Both => ((time + 1.0).sqrt() / alpha).ln(),
        Sides::Each => ((time + 1.0).sqrt() / (2.0 * alpha)).ln_1p(),
    };
    (2.0 * (time + 1.0) / time * crossing).sqrt()
}

/// Effective rows of a comparison of two arms: `n·m / (n + m)`, the smaller arm's where the other is far larger.
pub(super) fn effective_rows(n: u64, m: u64) -> f64 {
    n as f64 * m as f64 / (n as f64 + m as f64)
}

/// Difference of the two means (canary minus stable), both bounds together at `1 − alpha` at all looks. Tightest when
/// `n·m/(n + m)` is `planned_n` (see [`super::planned_n_mean`]). The guarantee is asymptotic: heavy tails need more
/// rows, so prefer the rate of requests over a limit to the mean latency. `None` until both arms have 30 rows.
pub fn mean_difference_cs(canary: &MeanArm, stable: &MeanArm, alpha: f64, planned_n: u64) -> Option<Interval> {
    mean_difference(canary, stable, alpha, planned_n, Sides::Both)
}

/// As [`mean_difference_cs`], each of the two bounds by itself at `1 − alpha`: for guardrails that act on one side only.
pub fn mean_difference_one_sided(canary: &MeanArm, stable: &MeanArm, alpha: f64, planned_n: u64) -> Option<Interval> {
    mean_difference(canary, stable, alpha, planned_n, Sides::Each)
}

fn mean_difference(canary: &MeanArm, stable: &MeanArm, alpha: f64, planned_n: u64, sides: Sides) -> Option<Interval> {
    if canary.n.min(stable.n) < FEWEST_ROWS {
        return None;
    }
    let estimate = canary.mean()? - stable.mean()?;
    let variance = canary.variance()? / canary.n as f64 + stable.variance()? / stable.n as f64;
    let effective = effective_rows(canary.n, stable.n);
    let half = variance.sqrt() * boundary(effective, planned_n.max(1) as f64, alpha.clamp(1e-12, 0.5), sides);
    Some(Interval { estimate, lower: estimate - half, upper: estimate + half })
}
