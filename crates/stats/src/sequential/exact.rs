//! Difference of two rates: exact at any count, sharp at large ones.

use statrs::function::beta::ln_beta;

use super::arms::{Interval, RateArm};
use super::asymptotic::{Sides, boundary, effective_rows};

/// Both parameters of the beta mixture; small, because watched rates lie near 0 or 1.
pub(super) const MIXTURE: f64 = 0.25;
/// Share of alpha spent on the exact sequence; the rest goes to the asymptotic one.
const EXACT_SHARE: f64 = 0.3;
/// Outcomes of either kind that both arms need before the asymptotic sequence has a say.
const ENOUGH: u64 = 5;

/// Difference of two rates (canary minus stable), both bounds together at `1 − alpha` at all looks. Valid at any count:
/// see [`rate_difference_one_sided`]. Without rows in an arm the interval says so by its width (up to −1..1).
pub fn rate_difference_cs(canary: &RateArm, stable: &RateArm, alpha: f64, planned_n: u64) -> Interval {
    rate_difference(canary, stable, alpha, planned_n, Sides::Both)
}

/// As [`rate_difference_cs`], each of the two bounds by itself at `1 − alpha`: for guardrails, where a false "worse" and
/// a false "within limits" are different mistakes.
///
/// Let `D(δ)` be the least of `−log likelihood` over all pairs of rates with difference δ. A difference is outside as soon
/// as `D(δ)` reaches the lower of two limits, which by the union bound holds at alpha:
/// * at `0.3 α`, the exact one, `ln(1/α) − ln m_c − ln m_s`: the projection of `{(p, q): M_c(p) · M_s(q) < 1/α}`, where
///   `M(p) = m / (p^k (1 − p)^(n − k))`, `m = B(a + k, b + n − k) / B(a, b)`, is the beta-mixture martingale of one arm
///   (Robbins 1970; Howard, Ramdas, McAuliffe and Sekhon 2021, §3.2) and the product over independent arms is one too
///   (Ville's inequality). This one carries tiny counts, where normal approximations lie.
/// * at `0.7 α`, the asymptotic one, `D(estimate) + z²/2`, with `z` the boundary of arXiv 2103.06476 (eq. 9 and 134) for
///   the signed root of the likelihood ratio (Wilks 1938), which is nearer to normal at skewed counts than the
///   difference itself; only once both arms have seen five outcomes of either kind. This one carries the power; it is
///   sharpest when `n·m/(n + m)` is `planned_n` (see [`super::planned_n`]).
pub fn rate_difference_one_sided(canary: &RateArm, stable: &RateArm, alpha: f64, planned_n: u64) -> Interval {
    rate_difference(canary, stable, alpha, planned_n, Sides::Each)
}

fn rate_difference(canary: &RateArm, stable: &RateArm, alpha: f64, planned_n: u64, sides: Sides) -> Interval {
    let (canary, stable) = (RateArm::new(canary.n, canary.k), RateArm::new(stable.n, stable.k));
    let alpha = alpha.clamp(1e-12, 0.5);
    let rate = |arm: &RateArm| arm.rate().unwrap_or(0.5);
    let estimate = rate(&canary) - rate(&stable);
    let mut limit = -(EXACT_SHARE * alpha).ln() - log_mixture(&canary) - log_mixture(&stable);
    let enough = |arm: &RateArm| arm.k.min(arm.n - arm.k) >= ENOUGH;
    if enough(&canary) && enough(&stable) {
        let least = surprise(&canary, rate(&canary)) + surprise(&stable, rate(&stable));
        let rows = effective_rows(canary.n, stable.n);
        let z = boundary(rows, planned_n.max(1) as f64, (1.0 - EXACT_SHARE) * alpha, sides);
        limit = limit.min(least + z * z / 2.0);
    }
    let outside = |difference: f64| least_surprise(&canary, &stable, difference) >= limit;
    Interval { estimate, lower: border(estimate, -1.0, outside), upper: border(estimate, 1.0, outside) }
}

/// `ln( B(a + k, b + n − k) / B(a, b) )`.
pub(super) fn log_mixture(arm: &RateArm) -> f64 {
    let (yes, no) = (arm.k as f64, (arm.n - arm.k) as f64);
    ln_beta(MIXTURE + yes, MIXTURE + no) - ln_beta(MIXTURE, MIXTURE)
}

/// `−k ln p − (n − k) ln(1 − p)`; infinite where the outcomes are impossible.
pub(super) fn surprise(arm: &RateArm, p: f64) -> f64 {
    let term = |count: u64, log: f64| if count == 0 { 0.0 } else { -(count as f64) * log };
    term(arm.k, p.ln()) + term(arm.n - arm.k, (-p).ln_1p())
}

/// The least joint surprise over all pairs of rates with this difference: a convex problem in the stable rate.
fn least_surprise(canary: &RateArm, stable: &RateArm, difference: f64) -> f64 {
    let (mut low, mut high) = ((-difference).max(0.0), (1.0 - difference).min(1.0));
    let quotient = |count: u64, by: f64| if count == 0 { 0.0 } else { count as f64 / by };
    let slope = |q: f64| {
        let p = q + difference;
        quotient(canary.n - canary.k, 1.0 - p) - quotient(canary.k, p) + quotient(stable.n - stable.k, 1.0 - q)
            - quotient(stable.k, q)
    };
    for _ in 0..45 {
        let middle = f64::midpoint(low, high);
        if slope(middle) > 0.0 { high = middle } else { low = middle }
    }
    let q = f64::midpoint(low, high);
    surprise(canary, (q + difference).clamp(0.0, 1.0)) + surprise(stable, q)
}

/// The point between `inside` and `end` where `outside` becomes true, on the outer side; `end` if it never does.
pub(super) fn border(inside: f64, end: f64, outside: impl Fn(f64) -> bool) -> f64 {
    if !outside(end) {
        return end;
    }
    let (mut inner, mut outer) = (inside, end);
    for _ in 0..36 {
        let middle = f64::midpoint(inner, outer);
        if outside(middle) { outer = middle } else { inner = middle }
    }
    outer
}
