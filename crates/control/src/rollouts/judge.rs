//! What a rollout does next: a pure function of the plan, the step and the evidence, with a table of cases.

use contract::rollout::{Exit, Guarded, Guardrail, RolloutPlan, Worse};
use serde::{Deserialize, Serialize};

/// A confidence sequence of canary minus stable at one look.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    pub estimate: f64,
    pub lower: f64,
    pub upper: f64,
}

/// Where a guardrail stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The whole interval lies beyond the limit, on the bad side.
    Worse,
    /// The whole interval lies within the limit.
    Within,
    /// The interval still reaches over the limit.
    Undecided,
    /// Nothing to compare yet.
    Insufficient,
}

/// Where the interval lies against the limit. Only the bad side counts: being better by any amount is within.
pub fn stands(guardrail: &Guardrail, interval: Option<Interval>) -> Standing {
    let Some(Interval { lower, upper, .. }) = interval else { return Standing::Insufficient };
    let limit = guardrail.limit;
    let (worse, within) = match guardrail.worse {
        Worse::Higher => (lower > limit, upper <= limit),
        Worse::Lower => (upper < -limit, lower >= -limit),
        Worse::Either => (lower > limit || upper < -limit, lower >= -limit && upper <= limit),
    };
    match (worse, within) {
        (true, _) => Standing::Worse,
        (_, true) => Standing::Within,
        _ => Standing::Undecided,
    }
}

/// What is known at a look.
#[derive(Clone, Debug)]
pub struct Moment<'a> {
    pub plan: &'a RolloutPlan,
    /// From 0.
    pub step: usize,
    pub paused: bool,
    pub seconds_in_step: u64,
    /// Canary requests counted in this step.
    pub requests_in_step: u64,
    /// One per guardrail of the plan, in its order.
    pub standings: &'a [Standing],
    /// The arms get the shares of traffic that they should (a sample ratio mismatch makes every comparison worthless).
    pub split_holds: bool,
}

/// What a step still waits for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Missing {
    Seconds { left: u64 },
    Requests { left: u64 },
    Decisions { metrics: Vec<Guarded> },
    Person,
    TrafficSplit,
    Resume,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Decision {
    /// These guardrails are worse: the stable version answers everything again.
    RollBack {
        metrics: Vec<Guarded>,
    },
    Advance,
    /// The last step is done: the canary becomes the stable version.
    Complete,
    Wait {
        missing: Vec<Missing>,
    },
}

impl Decision {
    pub fn word(&self) -> &'static str {
        match self {
            Self::RollBack { .. } => "roll_back",
            Self::Advance => "advance",
            Self::Complete => "complete",
            Self::Wait { .. } => "wait",
        }
    }
}

/// Decides. Worse acts at once, also while paused; everything else only moves on when all conditions of the step hold.
pub fn judge(moment: &Moment<'_>) -> Decision {
    let guarded = |wanted: fn(&Guardrail, Standing) -> bool| -> Vec<Guarded> {
        let pairs = moment.plan.guardrails.iter().zip(moment.standings);
        pairs.filter(|(guardrail, standing)| wanted(guardrail, **standing)).map(|(guardrail, _)| guardrail.metric).collect()
    };
    if !moment.split_holds {
        return Decision::Wait { missing: vec![Missing::TrafficSplit] };
    }
    let worse = guarded(|_, standing| standing == Standing::Worse);
    if !worse.is_empty() {
        return Decision::RollBack { metrics: worse };
    }
    let Some(step) = moment.plan.steps.get(moment.step) else { return Decision::Complete };
    let mut missing = Vec::new();
    if moment.paused {
        missing.push(Missing::Resume);
    }
    if moment.seconds_in_step < step.seconds {
        missing.push(Missing::Seconds { left: step.seconds - moment.seconds_in_step });
    }
    if moment.requests_in_step < step.min_requests {
        missing.push(Missing::Requests { left: step.min_requests - moment.requests_in_step });
    }
    match step.exit {
        Exit::NothingWorse => {}
        Exit::Decided => {
            let open = guarded(|guardrail, standing| guardrail.required && standing != Standing::Within);
            if !open.is_empty() {
                missing.push(Missing::Decisions { metrics: open });
            }
        }
        Exit::Manual => missing.push(Missing::Person),
    }
    match missing.is_empty() {
        false => Decision::Wait { missing },
        true if moment.step + 1 >= moment.plan.steps.len() => Decision::Complete,
        true => Decision::Advance,
    }
}

/// Whether a person may advance now. Time and numbers of requests may be skipped with a reason, evidence may not.
pub fn may_advance(moment: &Moment<'_>) -> Result<(), Vec<Missing>> {
    match judge(moment) {
        Decision::RollBack { metrics } => Err(vec![Missing::Decisions { metrics }]),
        Decision::Advance | Decision::Complete => Ok(()),
        Decision::Wait { missing } => {
            let hard: Vec<Missing> = missing
                .into_iter()
                .filter(|missing| matches!(missing, Missing::Decisions { .. } | Missing::TrafficSplit | Missing::Resume))
                .collect();
            if hard.is_empty() { Ok(()) } else { Err(hard) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::rollout::Step;

    fn rail(limit: f64, worse: Worse) -> Guardrail {
        Guardrail { metric: Guarded::ErrorRate, limit, worse, required: true }
    }

    #[test]
    fn where_an_interval_stands() {
        use Standing::{Insufficient, Undecided, Within};
        for (worse, lower, upper, standing) in [
            (Worse::Higher, 0.03, 0.05, Standing::Worse),
            (Worse::Higher, -0.30, 0.01, Within),
            (Worse::Higher, -0.30, -0.10, Within),
            (Worse::Higher, 0.01, 0.03, Undecided),
            (Worse::Lower, -0.05, -0.03, Standing::Worse),
            (Worse::Lower, 0.10, 0.30, Within),
            (Worse::Lower, -0.03, 0.30, Undecided),
            (Worse::Either, 0.03, 0.05, Standing::Worse),
            (Worse::Either, -0.05, -0.03, Standing::Worse),
            (Worse::Either, -0.01, 0.01, Within),
            (Worse::Either, -0.03, 0.01, Undecided),
        ] {
            let interval = Interval { estimate: f64::midpoint(lower, upper), lower, upper };
            assert_eq!(stands(&rail(0.02, worse), Some(interval)), standing, "{worse:?} {lower} {upper}");
        }
        assert_eq!(stands(&rail(0.02, Worse::Higher), None), Insufficient);
    }

    fn plan(exit: Exit, steps: usize) -> RolloutPlan {
        let guardrail = |metric, required| Guardrail { metric, limit: 0.02, worse: Worse::Higher, required };
        RolloutPlan {
            steps: vec![Step { weight: 5.0, seconds: 60, min_requests: 100, exit }; steps],
            guardrails: vec![guardrail(Guarded::ErrorRate, true), guardrail(Guarded::WrongShare, false)],
            ..RolloutPlan::default()
        }
    }

    #[test]
    fn what_happens_next() {
        use Standing::{Insufficient, Undecided, Within, Worse};
        let wait = |missing: &[Missing]| Decision::Wait { missing: missing.to_vec() };
        let (time, requests) = (Missing::Seconds { left: 1 }, Missing::Requests { left: 1 });
        let errors = || Missing::Decisions { metrics: vec![Guarded::ErrorRate] };
        for (name, exit, step, paused, seconds, n, standings, split_holds, decision) in [
            ("good and done", Exit::Decided, 0, false, 60, 100, [Within, Insufficient], true, Decision::Advance),
            ("the last step", Exit::Decided, 1, false, 60, 100, [Within, Insufficient], true, Decision::Complete),
            ("too early", Exit::NothingWorse, 0, false, 59, 100, [Within, Within], true, wait(std::slice::from_ref(&time))),
            ("too few", Exit::NothingWorse, 0, false, 60, 99, [Within, Within], true, wait(std::slice::from_ref(&requests))),
            ("too early and too few", Exit::NothingWorse, 0, false, 59, 99, [Within, Within], true, wait(&[time, requests])),
            ("undecided, not asked for", Exit::NothingWorse, 0, false, 60, 100, [Undecided, Undecided], true, Decision::Advance),
            (
                "no data, not asked for",
                Exit::NothingWorse,
                0,
                false,
                60,
                100,
                [Insufficient, Insufficient],
                true,
                Decision::Advance,
            ),
            ("undecided", Exit::Decided, 0, false, 60, 100, [Undecided, Within], true, wait(&[errors()])),
            ("not enough data never passes", Exit::Decided, 0, false, 60, 100, [Insufficient, Within], true, wait(&[errors()])),
            ("by hand", Exit::Manual, 0, false, 60, 100, [Within, Within], true, wait(&[Missing::Person])),
            (
                "worse at once",
                Exit::Decided,
                0,
                false,
                0,
                0,
                [Worse, Within],
                true,
                Decision::RollBack { metrics: vec![Guarded::ErrorRate] },
            ),
            (
                "worse, not required",
                Exit::Decided,
                0,
                false,
                0,
                0,
                [Within, Worse],
                true,
                Decision::RollBack { metrics: vec![Guarded::WrongShare] },
            ),
            (
                "worse while paused",
                Exit::Decided,
                0,
                true,
                60,
                100,
                [Worse, Within],
                true,
                Decision::RollBack { metrics: vec![Guarded::ErrorRate] },
            ),
            ("paused", Exit::Decided, 0, true, 60, 100, [Within, Within], true, wait(&[Missing::Resume])),
            (
                "wrong split stops judging",
                Exit::Decided,
                0,
                false,
                60,
                100,
                [Worse, Within],
                false,
                wait(&[Missing::TrafficSplit]),
            ),
        ] {
            let plan = plan(exit, 2);
            let moment = Moment {
                plan: &plan,
                step,
                paused,
                seconds_in_step: seconds,
                requests_in_step: n,
                standings: &standings,
                split_holds,
            };
            assert_eq!(judge(&moment), decision, "{name}");
        }
    }

    #[test]
    fn a_person_may_skip_time_but_not_evidence() {
        for (exit, standing, paused, may) in [
            (Exit::NothingWorse, Standing::Undecided, false, true),
            (Exit::Manual, Standing::Undecided, false, true),
            (Exit::Decided, Standing::Undecided, false, false),
            (Exit::Decided, Standing::Within, false, true),
            (Exit::NothingWorse, Standing::Worse, false, false),
            (Exit::NothingWorse, Standing::Within, true, false),
        ] {
            let plan = plan(exit, 2);
            let standings = [standing, Standing::Within];
            let moment = Moment {
                plan: &plan,
                step: 0,
                paused,
                seconds_in_step: 0,
                requests_in_step: 0,
                standings: &standings,
                split_holds: true,
            };
            assert_eq!(may_advance(&moment).is_ok(), may, "{exit:?} {standing:?} {paused}");
        }
    }
}
