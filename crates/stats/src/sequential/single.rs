//! One rate against a bound, exactly, at every look and from the first request on.

use statrs::function::beta::beta_reg;

use super::arms::{Interval, RateArm};
use super::exact::{MIXTURE, border, log_mixture, surprise};

/// Evidence (an e-value) that the arm's rate lies above `bound`: how many times over a stake laid on "it is higher" has
/// grown. When the rate is at or below the bound, the chance that it ever reaches `1/α` is at most `α` (Ville 1939), at
/// any count; so `≥ 20` is a standing 5 % test. It is the mixture of all simple bets (Waudby-Smith and Ramdas 2024) with
/// a Beta(¼, ¼) prior cut off at the bound. 1 without rows; 0 for a bound of 1, infinite where the outcomes are
/// impossible under it.
pub fn rate_above(arm: &RateArm, bound: f64) -> f64 {
    let arm = RateArm::new(arm.n, arm.k);
    let bound = bound.clamp(0.0, 1.0);
    if arm.n == 0 {
        return 1.0;
    }
    if bound >= 1.0 {
        return 0.0;
    }
    if bound <= 0.0 {
        return if arm.k > 0 { f64::INFINITY } else { (log_mixture(&arm)).exp() };
    }
    let (yes, no) = (arm.k as f64, (arm.n - arm.k) as f64);
    let above = |a: f64, b: f64| beta_reg(b, a, 1.0 - bound);
    let share = above(MIXTURE + yes, MIXTURE + no) / above(MIXTURE, MIXTURE);
    (log_mixture(&arm) + surprise(&arm, bound)).exp() * share
}

/// Evidence that the arm's rate lies below `bound`, as [`rate_above`]. Clean requests speak: the more without an event,
/// the larger.
pub fn rate_below(arm: &RateArm, bound: f64) -> f64 {
    let arm = RateArm::new(arm.n, arm.k);
    rate_above(&RateArm::new(arm.n, arm.n - arm.k), 1.0 - bound)
}

/// The arm's rate with bounds that hold together at `1 − alpha` at all looks (beta-mixture confidence sequence; see
/// [`super::rate_difference_one_sided`]). 0..1 without rows, with the estimate in the middle.
pub fn rate_cs(arm: &RateArm, alpha: f64) -> Interval {
    let arm = RateArm::new(arm.n, arm.k);
    let estimate = arm.rate().unwrap_or(0.5);
    let limit = -alpha.clamp(1e-12, 0.5).ln() - log_mixture(&arm);
    let outside = |p: f64| surprise(&arm, p) >= limit;
    Interval { estimate, lower: border(estimate, 0.0, outside), upper: border(estimate, 1.0, outside) }
}
