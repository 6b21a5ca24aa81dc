//! Difference of two rates: exact at any count, sharp at large ones.

use statrs::function::beta::ln_beta;

use super::arms::{Interval, RateArm};
use super::asymptotic::{Sides, effective_rows, half_width};

/// Both parameters of the beta mixture; small, because watched rates lie near 0 or 1.
pub(super) const MIXTURE: f64 = 0.25;
/// Share of alpha spent on the exact sequence; the rest goes to the asymptotic one.
const EXACT_SHARE: f64 = 0.4;
/// Outcomes of either kind that both arms need before the normal limit has a say.
const ENOUGH: u64 = 20;

/// Difference of two rates (canary minus stable), both bounds together at `1 − alpha` at all looks. Valid at any count:
/// see [`rate_difference_one_sided`]. Without rows in an arm the interval says so by its width (up to −1..1).
pub fn rate_difference_cs(canary: &RateArm, stable: &RateArm, alpha: f64, planned_n: u64) -> Interval {
    rate_difference(canary, stable, alpha, planned_n, Sides::Both)
}

/// As [`rate_difference_cs`], each of the two bounds by itself at `1 − alpha`: for guardrails, where a false "worse" and
/// a false "within limits" are different mistakes.
///
/// Two sequences are intersected, which by the union bound holds at alpha:
/// * at `0.4 α`, the exact one: `{(p, q): M_c(p) · M_s(q) < 1/α}` projected on `p − q`, where
///   `M(p) = B(a + k, b + n − k) / B(a, b) / (p^k (1 − p)^(n − k))` is the beta-mixture martingale of one arm (Robbins
///   1970; Howard, Ramdas, McAuliffe and Sekhon 2021, §3.2) and the product of two independent arms is one too
///   (Ville's inequality). This one carries tiny counts, where normal approximations lie.
/// * at `0.6 α`, the asymptotic one (arXiv 2103.06476, eq. 9 and 134), only once both arms have seen 20 outcomes of
///   either kind. This one carries the power; it is tightest when `n·m/(n + m)` is `planned_n`
///   (see [`super::planned_n`]).
pub fn rate_difference_one_sided(canary: &RateArm, stable: &RateArm, alpha: f64, planned_n: u64) -> Interval {
    rate_difference(canary, stable, alpha, planned_n, Sides::Each)
}

fn rate_difference(canary: &RateArm, stable: &RateArm, alpha: f64, planned_n: u64, sides: Sides) -> Interval {
    let (canary, stable) = (RateArm::new(canary.n, canary.k), RateArm::new(stable.n, stable.k));
    let alpha = alpha.clamp(1e-12, 0.5);
    let exact = exact_interval(&canary, &stable, EXACT_SHARE * alpha);
    let enough = |arm: &RateArm| arm.k.min(arm.n - arm.k) >= ENOUGH;
    if !enough(&canary) || !enough(&stable) {
        return exact;
    }
    let variance = |arm: &RateArm| {
        // One outcome of either kind added: keeps the early variance from being too small.
        let rate = (arm.k as f64 + 1.0) / (arm.n as f64 + 2.0);
        rate * (1.0 - rate) / arm.n as f64
    };
    let half = half_width(
        variance(&canary) + variance(&stable),
        effective_rows(canary.n, stable.n),
        planned_n.max(1) as f64,
        (1.0 - EXACT_SHARE) * alpha,
        sides,
    );
    exact.and(Interval { estimate: exact.estimate, lower: exact.estimate - half, upper: exact.estimate + half })
}

/// Projection of the joint confidence region on the difference.
fn exact_interval(canary: &RateArm, stable: &RateArm, alpha: f64) -> Interval {
    let rate = |arm: &RateArm| arm.rate().unwrap_or(0.5);
    let estimate = rate(canary) - rate(stable);
    let limit = -alpha.ln() - log_mixture(canary) - log_mixture(stable);
    let outside = |difference: f64| least_surprise(canary, stable, difference) >= limit;
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
