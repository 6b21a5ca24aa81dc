//! Canary minus stable for each guardrail, as confidence sequences that hold however often one looks.
//!
//! The plan's alpha is divided over its guardrails (Bonferroni), so that the chance of any false rollback over the whole rollout
//! is at most alpha. Steps differ in their weights, and traffic changes with the hour: the stable arm is therefore weighted step
//! by step as the canary saw the steps (post-stratification), or a change of traffic would look like a difference of versions.

use super::evidence::{Evidence, Stratum};
use super::judge::{Interval, Standing, stands};
use crate::monitoring::{Counts, Moments};
use contract::Contract;
use contract::rollout::{Guarded, Guardrail, RolloutPlan, Worse};
use serde::{Deserialize, Serialize};
use stats::sequential::{self, MeanArm, RateArm};

/// One guardrail at one look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    pub metric: Guarded,
    pub standing: Standing,
    pub interval: Option<Interval>,
    /// Events and rows of the canary that the comparison rests on; for means, `k` is absent.
    pub canary: Side,
    pub stable: Side,
    /// Which class, where classes are compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Side {
    pub n: u64,
    pub k: Option<u64>,
    pub value: Option<f64>,
}

/// What is needed of the versions to compare them.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    pub contract: &'a Contract,
    /// Mean and standard deviation of the predicted value over the stable version's reference.
    pub reference: Option<(f64, f64)>,
}

/// All guardrails of the plan, in its order.
pub fn compare(plan: &RolloutPlan, evidence: &Evidence, subject: &Subject<'_>) -> Vec<Compared> {
    let alpha = plan.alpha / plan.guardrails.len().max(1) as f64;
    let one = |guardrail: &Guardrail| match guardrail.metric {
        Guarded::ErrorRate => shares(guardrail, evidence, plan, alpha, |counts| (counts.requests, counts.degraded())),
        Guarded::SlowShare => shares(guardrail, evidence, plan, alpha, |counts| (counts.requests, counts.slow)),
        Guarded::PositiveShare => classes(guardrail, evidence, plan, alpha, subject.contract),
        Guarded::MeanPrediction => means(guardrail, evidence, plan, alpha, subject.reference),
        Guarded::WrongShare => match &evidence.wrong {
            Some(pairs) => of_pairs(guardrail, pairs, plan, alpha),
            None => nothing(guardrail),
        },
    };
    plan.guardrails.iter().map(one).collect()
}

fn nothing(guardrail: &Guardrail) -> Compared {
    let none = Side::default();
    Compared {
        metric: guardrail.metric,
        standing: Standing::Insufficient,
        interval: None,
        canary: none,
        stable: none,
        class: None,
    }
}

fn shares(
    guardrail: &Guardrail,
    evidence: &Evidence,
    plan: &RolloutPlan,
    alpha: f64,
    of: impl Fn(&Counts) -> (u64, u64),
) -> Compared {
    let arm = |counts: &Counts| {
        let (n, k) = of(counts);
        RateArm::new(n, k)
    };
    let pairs: Vec<(RateArm, RateArm)> =
        evidence.strata.values().map(|Stratum { canary, stable }| (arm(canary), arm(stable))).collect();
    of_pairs(guardrail, &pairs, plan, alpha)
}

/// Canary and stable by stratum.
fn of_pairs(guardrail: &Guardrail, pairs: &[(RateArm, RateArm)], plan: &RolloutPlan, alpha: f64) -> Compared {
    let total = pairs.iter().fold((RateArm::default(), RateArm::default()), |(mut c, mut s), (canary, stable)| {
        c.merge(canary);
        s.merge(stable);
        (c, s)
    });
    let (canary, stable) = weighted(pairs);
    rates(guardrail, (canary, total.0), (stable, total.1), plan, alpha)
}

/// The canary over the steps in which both arms answered, and a stable arm that saw the steps in the canary's proportions: its
/// rate is the weighted mean of the steps' rates, its size the one with the same variance.
fn weighted(pairs: &[(RateArm, RateArm)]) -> (RateArm, RateArm) {
    let both: Vec<&(RateArm, RateArm)> = pairs.iter().filter(|(canary, stable)| canary.n > 0 && stable.n > 0).collect();
    if let [(canary, stable)] = both[..] {
        return (*canary, *stable);
    }
    let mut canary = RateArm::default();
    both.iter().for_each(|(arm, _)| canary.merge(arm));
    let (mut rate, mut inverse) = (0.0, 0.0);
    for (arm, stable) in both {
        let weight = arm.n as f64 / canary.n as f64;
        rate += weight * stable.rate().unwrap_or(0.0);
        inverse += weight * weight / stable.n as f64;
    }
    if inverse <= 0.0 {
        return (canary, RateArm::default());
    }
    let n = (1.0 / inverse).floor().max(1.0);
    (canary, RateArm::new(n as u64, (rate * n).round() as u64))
}

fn interval(worse: Worse, canary: &RateArm, stable: &RateArm, alpha: f64, planned: u64) -> Option<Interval> {
    if canary.n == 0 || stable.n == 0 {
        return None;
    }
    let found = match worse {
        Worse::Either => sequential::rate_difference_cs(canary, stable, alpha, planned),
        Worse::Higher | Worse::Lower => sequential::rate_difference_one_sided(canary, stable, alpha, planned),
    };
    Some(Interval { estimate: found.estimate, lower: found.lower, upper: found.upper })
}

/// `canary` and `stable` are (what is compared, what was counted).
fn rates(
    guardrail: &Guardrail,
    canary: (RateArm, RateArm),
    stable: (RateArm, RateArm),
    plan: &RolloutPlan,
    alpha: f64,
) -> Compared {
    let interval = interval(guardrail.worse, &canary.0, &stable.0, alpha, plan.planned_requests);
    let side = |arm: RateArm| Side { n: arm.n, k: Some(arm.k), value: arm.rate() };
    Compared {
        metric: guardrail.metric,
        standing: stands(guardrail, interval),
        interval,
        canary: side(canary.1),
        stable: side(stable.1),
        class: None,
    }
}

/// The share of the positive class; with more than two classes, the class that stands worst, each at its part of alpha.
fn classes(guardrail: &Guardrail, evidence: &Evidence, plan: &RolloutPlan, alpha: f64, contract: &Contract) -> Compared {
    let watched: Vec<&String> = match &contract.positive {
        Some(positive) => vec![positive],
        None if contract.classes.len() == 2 => vec![&contract.classes[1]],
        None => contract.classes.iter().collect(),
    };
    let alpha = alpha / watched.len().max(1) as f64;
    let compared = watched.into_iter().map(|class| Compared {
        class: Some(class.clone()),
        ..shares(guardrail, evidence, plan, alpha, |counts| (counts.labelled(), counts.label(class)))
    });
    let rank = |compared: &Compared| {
        let standing = match compared.standing {
            Standing::Worse => 3,
            Standing::Undecided => 2,
            Standing::Within => 1,
            Standing::Insufficient => 0,
        };
        (standing, compared.interval.map_or(0.0, |interval| interval.estimate.abs()))
    };
    compared.max_by(|a, b| rank(a).0.cmp(&rank(b).0).then(rank(a).1.total_cmp(&rank(b).1))).unwrap_or_else(|| nothing(guardrail))
}

/// Means in reference standard deviations.
fn means(guardrail: &Guardrail, evidence: &Evidence, plan: &RolloutPlan, alpha: f64, reference: Option<(f64, f64)>) -> Compared {
    let Some((mean, std)) = reference.filter(|(_, std)| *std > 0.0) else { return nothing(guardrail) };
    let standardised = |moments: &Moments| {
        let n = moments.n as f64;
        let centre = (moments.mean - mean) / std;
        MeanArm { n: moments.n, sum: n * centre, sum_sq: moments.m2 / (std * std) + n * centre * centre }
    };
    let (mut canary, mut stable) = (Moments::default(), Moments::default());
    for stratum in evidence.strata.values().filter(|stratum| stratum.canary.values.n > 0 && stratum.stable.values.n > 0) {
        canary.add(&stratum.canary.values);
        stable.add(&stratum.stable.values);
    }
    let (c, s) = (standardised(&canary), standardised(&stable));
    let found = match guardrail.worse {
        Worse::Either => sequential::mean_difference_cs(&c, &s, alpha, plan.planned_requests),
        Worse::Higher | Worse::Lower => sequential::mean_difference_one_sided(&c, &s, alpha, plan.planned_requests),
    };
    let interval = found.map(|found| Interval { estimate: found.estimate, lower: found.lower, upper: found.upper });
    let side = |moments: Moments| Side { n: moments.n, k: None, value: (moments.n > 0).then_some(moments.mean) };
    Compared {
        metric: guardrail.metric,
        standing: stands(guardrail, interval),
        interval,
        canary: side(canary),
        stable: side(stable),
        class: None,
    }
}

/// Whether the current step's arms got about the shares of traffic that they should. The test assumes independent requests; keys
/// that come often make real splits vary more, so that only a gross mismatch counts: significant, and by half of the smaller arm.
pub fn split_holds(canary: u64, stable: u64, weight: f64) -> bool {
    let expected = weight / 100.0;
    if expected <= 0.0 || expected >= 1.0 {
        return true;
    }
    let Some(found) = sequential::sample_ratio(&[canary, stable], &[expected, 1.0 - expected]) else { return true };
    let observed = canary as f64 / (canary + stable) as f64;
    let off = (observed - expected).abs() / expected.min(1.0 - expected);
    found.p >= 1e-6 || off <= 0.5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_traffic_between_steps_is_no_difference() {
        // Both versions say yes to 10 % in a quiet step at 1 %, and to 30 % in a busy one at 50 %.
        let pairs = [(RateArm::new(100, 10), RateArm::new(9_900, 990)), (RateArm::new(5_000, 1_500), RateArm::new(5_000, 1_500))];
        let (canary, stable) = weighted(&pairs);
        let (c, s) = (canary.rate().unwrap(), stable.rate().unwrap());
        assert!((c - s).abs() < 1e-3, "canary {c}, stable {s}");
        assert!(stable.n > 4_900 && stable.n < 14_900, "{}", stable.n);
    }

    #[test]
    fn outcomes_that_come_early_are_no_difference_of_versions() {
        // Either version is wrong in 5 % of what is known in the end, and in 30 % of what is known early; the canary is young.
        let minutes =
            vec![(RateArm::new(100, 5), RateArm::new(9_900, 495)), (RateArm::new(2_000, 600), RateArm::new(2_000, 600))];
        let plan = RolloutPlan::default();
        let guardrail = plan.guardrails.iter().find(|one| one.metric == Guarded::WrongShare).unwrap();
        let compared = of_pairs(guardrail, &minutes, &plan, 0.01);
        assert_ne!(compared.standing, Standing::Worse, "{compared:?}");
        assert_eq!((compared.canary.n, compared.stable.n), (2_100, 11_900));
        let (canary, stable) =
            minutes.iter().fold((RateArm::default(), RateArm::default()), |(mut c, mut s), (canary, stable)| {
                c.merge(canary);
                s.merge(stable);
                (c, s)
            });
        assert_eq!(of_pairs(guardrail, &[(canary, stable)], &plan, 0.01).standing, Standing::Worse, "as if they were of one age");
    }

    #[test]
    fn only_a_gross_mismatch_of_the_split_holds_a_rollout() {
        for (canary, stable, weight, holds) in [
            (50, 950, 5.0, true),
            (70, 930, 5.0, true),
            (300, 700, 5.0, false),
            (0, 10_000, 5.0, false),
            (0, 10, 5.0, true),
            (0, 1_000, 0.0, true),
            (1_000, 0, 100.0, true),
        ] {
            assert_eq!(split_holds(canary, stable, weight), holds, "{canary} {stable} {weight}");
        }
    }
}
