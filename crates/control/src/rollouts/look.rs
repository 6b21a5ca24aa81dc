//! One look at a rollout: gather, compare, judge; and whether the look is worth keeping.

use super::compare::{self, Compared, Subject};
use super::course::{Course, json};
use super::evidence::{Evidence, gather};
use super::judge::{Decision, Missing, Moment, Standing, judge};
use crate::deployments::Known;
use crate::{Ctx, Outcome};
use contract::Millis;
use contract::rollout::RolloutState;
use contract::time::SECOND;
use serde::{Deserialize, Serialize};
use stats::bins::Baseline;
use store::rollouts::LookRow;

/// Looks at unchanged evidence are kept this rarely.
const KEEP_EVERY: i64 = 60 * SECOND;
/// Growth of the evidence that makes a look worth keeping: the chart's points are evenly spaced in the logarithm.
const KEEP_GROWTH: f64 = 1.04;

/// What was seen and concluded.
#[derive(Clone, Debug)]
pub struct Look {
    pub evidence: Evidence,
    pub compared: Vec<Compared>,
    pub decision: Decision,
    pub split_holds: bool,
    /// The canary could not be loaded, and why.
    pub load_error: Option<String>,
}

/// The numbers of a look as they are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Numbers {
    pub compared: Vec<Compared>,
    pub canary_requests: u64,
    pub stable_requests: u64,
    pub decision: Decision,
}

/// Looks at a rollout as it stands. `known` is the deployment as it runs.
pub async fn look(cx: &Ctx, course: &Course, known: &Known) -> Outcome<Look> {
    let evidence = gather(cx, course).await?;
    let version = |no| known.versions.get(&no);
    let load_error = version(course.canary).and_then(|canary| canary.load_error.clone());
    let compared = match version(course.canary).or_else(|| version(course.stable)) {
        None => Vec::new(),
        Some(canary) => {
            let reference = version(course.stable).and_then(|stable| match &stable.baseline.as_ref()?.label {
                Some(Baseline::Numeric(values)) => Some((values.mean, values.std)),
                _ => None,
            });
            compare::compare(&course.plan, &evidence, &Subject { contract: &canary.contract, reference })
        }
    };
    let standings: Vec<Standing> = compared.iter().map(|compared| compared.standing).collect();
    let (canary, stable) = evidence.in_step(course.step);
    let split_holds = compare::split_holds(canary, stable, course.weight());
    let moment = moment(course, &standings, cx.now(), canary, split_holds);
    let decision = match &load_error {
        Some(_) => Decision::Wait { missing: vec![Missing::TrafficSplit] },
        None => judge(&moment),
    };
    Ok(Look { evidence, compared, decision, split_holds, load_error })
}

/// The look's moment for the judge.
pub fn moment<'a>(course: &'a Course, standings: &'a [Standing], now: Millis, requests: u64, split_holds: bool) -> Moment<'a> {
    Moment {
        plan: &course.plan,
        step: course.step,
        paused: course.state == RolloutState::Paused,
        seconds_in_step: u64::try_from((now - course.entered()).max(0) / SECOND).unwrap_or(0),
        requests_in_step: requests,
        standings,
        split_holds,
    }
}

impl Look {
    pub fn numbers(&self) -> Numbers {
        Numbers {
            compared: self.compared.clone(),
            canary_requests: self.evidence.canary_requests(),
            stable_requests: self.evidence.stable_requests(),
            decision: self.decision.clone(),
        }
    }

    pub fn row(&self, course: &Course, at: Millis) -> LookRow {
        LookRow {
            rollout: course.id.0.clone(),
            n: course.row.looks,
            at: at.0,
            step: i64::try_from(course.step).unwrap_or(i64::MAX),
            requests: i64::try_from(self.evidence.canary_requests()).unwrap_or(i64::MAX),
            decision: self.decision.word().to_owned(),
            numbers: json(&self.numbers()),
        }
    }

    /// Whether it says something that the last kept look did not.
    pub fn worth_keeping(&self, last: Option<&LookRow>, at: Millis) -> bool {
        let Some(last) = last else { return true };
        let Ok(before) = serde_json::from_str::<Numbers>(&last.numbers) else { return true };
        let standings = |compared: &[Compared]| compared.iter().map(|one| one.standing).collect::<Vec<_>>();
        let requests = self.evidence.canary_requests() as f64;
        let grown = requests >= KEEP_GROWTH * before.canary_requests as f64 && requests > before.canary_requests as f64;
        !matches!(self.decision, Decision::Wait { .. })
            || standings(&before.compared) != standings(&self.compared)
            || grown
            || (at.0 - last.at >= KEEP_EVERY && requests > before.canary_requests as f64)
    }
}
