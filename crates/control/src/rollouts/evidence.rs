//! What both arms of a rollout have shown: sums per step, exact to the request, and outcomes that have arrived.

use super::course::Course;
use crate::monitoring::Counts;
use crate::outcomes::Quality;
use crate::{Ctx, IntoProblem, Outcome};
use contract::Millis;
use contract::rollout::Arm;
use contract::time::MINUTE;
use stats::sequential::RateArm;
use std::collections::BTreeMap;

/// One step's sums of both arms.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stratum {
    pub canary: Counts,
    pub stable: Counts,
}

/// What a look rests on.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// By step.
    pub strata: BTreeMap<usize, Stratum>,
    /// Wrong answers among those known, canary and stable, by stretches of time: which outcomes are known depends on how old they are, and
    /// the canary's predictions are younger where its share has grown.
    pub wrong: Option<Vec<(RateArm, RateArm)>>,
}

impl Evidence {
    pub fn canary_requests(&self) -> u64 {
        self.strata.values().map(|stratum| stratum.canary.requests).sum()
    }

    pub fn stable_requests(&self) -> u64 {
        self.strata.values().map(|stratum| stratum.stable.requests).sum()
    }

    pub fn in_step(&self, step: usize) -> (u64, u64) {
        self.strata.get(&step).map_or((0, 0), |stratum| (stratum.canary.requests, stratum.stable.requests))
    }
}

/// Reads the sums of all processes.
pub async fn gather(cx: &Ctx, course: &Course) -> Outcome<Evidence> {
    let doing = "Reading the rollout's counts";
    let mut evidence = Evidence::default();
    for row in cx.store.db.rollout_counts(&course.id).await.or_problem(doing)? {
        let Ok(counts) = serde_json::from_str::<Counts>(&row.counts) else {
            tracing::error!(rollout = row.rollout, "stored counts cannot be read");
            continue;
        };
        let stratum = evidence.strata.entry(usize::try_from(row.step).unwrap_or(0)).or_default();
        match Arm::parse(&row.arm) {
            // A shadow answers the same requests unseen: it is compared like a canary.
            Some(Arm::Canary | Arm::Shadow) => stratum.canary.add(&counts),
            Some(Arm::Stable) => stratum.stable.add(&counts),
            _ => {}
        }
    }
    evidence.wrong = wrong(cx, course).await?;
    Ok(evidence)
}

/// Outcomes are counted by the minute; the minute in which the rollout started is read from the log, from its first moment on.
async fn wrong(cx: &Ctx, course: &Course) -> Outcome<Option<Vec<(RateArm, RateArm)>>> {
    let doing = "Reading outcomes";
    let from = Millis(course.started().0 + MINUTE - 1).floor_to(MINUTE);
    let to = course.row.ended_at.map_or_else(|| cx.now() + MINUTE, Millis);
    let mut minutes: BTreeMap<i64, (RateArm, RateArm)> = BTreeMap::new();
    let mut add = |start: i64, arm: &str, version: i64, counted: RateArm| {
        let (canary, stable) = minutes.entry(start).or_default();
        match Arm::parse(arm) {
            Some(Arm::Canary) if version == course.row.canary => canary.merge(&counted),
            Some(Arm::Stable) if version == course.row.stable => stable.merge(&counted),
            _ => {}
        }
    };
    for row in cx.store.db.quality(&course.deployment, "", from, to).await.or_problem(doing)? {
        let Some(quality) = serde_json::from_str::<Quality>(&row.quality).ok() else { continue };
        let Some(wrong) = quality.wrong() else { return Ok(None) };
        add(row.start, &row.arm, row.version, RateArm::new(quality.n(), wrong));
    }
    let first = if from < to { from } else { to };
    for (version, arm, n, wrong) in
        cx.store.db.wrong_answers(&course.deployment, course.started(), first).await.or_problem(doing)?
    {
        add(i64::MIN, &arm, version, RateArm::new(n.unsigned_abs(), wrong.unsigned_abs()));
    }
    Ok(Some(stretches(minutes.into_values())))
}

/// Outcomes of either arm from which a stretch of time is compared by itself.
const FEWEST: u64 = 20;

/// Minutes in their order, taken together until both arms have enough outcomes; what is left belongs to the last.
fn stretches(minutes: impl Iterator<Item = (RateArm, RateArm)>) -> Vec<(RateArm, RateArm)> {
    let mut all: Vec<(RateArm, RateArm)> = Vec::new();
    let mut open = (RateArm::default(), RateArm::default());
    for (canary, stable) in minutes {
        open.0.merge(&canary);
        open.1.merge(&stable);
        if open.0.n >= FEWEST && open.1.n >= FEWEST {
            all.push(std::mem::take(&mut open));
        }
    }
    match all.last_mut() {
        Some((canary, stable)) => {
            canary.merge(&open.0);
            stable.merge(&open.1);
        }
        None => all.push(open),
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_are_taken_together_until_both_arms_have_enough() {
        let arm = |n| RateArm::new(n, n / 2);
        for (minutes, expected) in [
            (vec![], vec![(0, 0)]),
            (vec![(5, 9), (3, 1)], vec![(8, 10)]),
            (vec![(20, 90), (30, 30)], vec![(20, 90), (30, 30)]),
            (vec![(1, 90), (19, 90), (40, 5), (1, 20), (3, 0)], vec![(20, 180), (44, 25)]),
        ] {
            let found = stretches(minutes.into_iter().map(|(canary, stable)| (arm(canary), arm(stable))));
            assert_eq!(found.iter().map(|(canary, stable)| (canary.n, stable.n)).collect::<Vec<_>>(), expected);
        }
    }
}
