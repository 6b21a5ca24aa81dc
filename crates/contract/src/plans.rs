//! Rollout plans to choose from, each with its word in forms and its sentence; and how a step is said.

use crate::rollout::{Exit, Guarded, Guardrail, RolloutPlan, Step, Worse};
use crate::time::{MINUTE, SECOND, span_words};

/// A plan with a name.
#[derive(Clone, Copy, Debug)]
pub struct Named {
    /// In forms and on the command line.
    pub word: &'static str,
    pub name: &'static str,
    pub sentence: &'static str,
    make: fn() -> RolloutPlan,
}

impl Named {
    pub fn plan(&self) -> RolloutPlan {
        (self.make)()
    }
}

/// In the order in which they are offered; the first is the default.
pub const ALL: [Named; 3] = [
    Named {
        word: "standard",
        name: "Standard",
        sentence: "Ten minutes and 500 canary requests a step; from 25% on every required guardrail must be decided.",
        make: RolloutPlan::default,
    },
    Named {
        word: "short",
        name: "Short, for rehearsals",
        sentence: "Seconds instead of minutes; goes on as long as nothing is shown to be worse.",
        make: short,
    },
    Named {
        word: "by_hand",
        name: "By hand",
        sentence: "As the standard plan, but a person advances every step.",
        make: by_hand,
    },
];

/// The plan of this word.
pub fn named(word: &str) -> Option<RolloutPlan> {
    ALL.iter().find(|named| named.word == word).map(Named::plan)
}

fn short() -> RolloutPlan {
    let step = |weight, seconds, min_requests| Step { weight, seconds, min_requests, exit: Exit::NothingWorse };
    // Time and requests alone would let one bad version in five through: the last step before everybody waits for the evidence.
    let decided = Step { exit: Exit::Decided, ..step(50.0, 25, 1_000) };
    let guardrail = |metric, limit, worse, required| Guardrail { metric, limit, worse, required };
    RolloutPlan {
        steps: vec![step(1.0, 8, 2), step(5.0, 10, 15), step(25.0, 15, 250), decided, step(100.0, 0, 0)],
        guardrails: vec![
            guardrail(Guarded::ErrorRate, 0.02, Worse::Higher, true),
            guardrail(Guarded::SlowShare, 0.05, Worse::Higher, true),
            guardrail(Guarded::PositiveShare, 0.04, Worse::Either, true),
            guardrail(Guarded::WrongShare, 0.03, Worse::Higher, false),
        ],
        alpha: 0.05,
        planned_requests: 800,
    }
}

fn by_hand() -> RolloutPlan {
    let mut plan = RolloutPlan::default();
    for step in plan.steps.iter_mut().filter(|step| step.weight < 100.0) {
        step.exit = Exit::Manual;
    }
    plan
}

/// `25%, at least 10 min and 500 requests, until every required guardrail is decided`
pub fn step_words(step: &Step) -> String {
    let weight = if step.weight == 0.0 { "shadow".to_owned() } else { format!("{}%", step.weight) };
    let time = (step.seconds > 0).then(|| {
        let ms = i64::try_from(step.seconds).unwrap_or(i64::MAX / SECOND).saturating_mul(SECOND);
        // `90 s` says more than `1 min`.
        if ms < 2 * MINUTE { format!("{} s", step.seconds) } else { span_words(ms) }
    });
    let requests = (step.min_requests > 0).then(|| format!("{} requests", step.min_requests));
    let least = match (time, requests) {
        (Some(time), Some(requests)) => format!(", at least {time} and {requests}"),
        (Some(only), None) | (None, Some(only)) => format!(", at least {only}"),
        (None, None) => String::new(),
    };
    let exit = match step.exit {
        Exit::NothingWorse => "",
        Exit::Decided => ", until every required guardrail is decided",
        Exit::Manual => ", until a person advances",
    };
    format!("{weight}{least}{exit}")
}

/// `1 → 5 → 25 → 50 → 100%`
pub fn course(plan: &RolloutPlan) -> String {
    let weights: Vec<String> = plan.steps.iter().map(|step| step.weight.to_string()).collect();
    format!("{}%", weights.join(" → "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_are_found_by_their_word() {
        assert_eq!(named("standard"), Some(RolloutPlan::default()));
        assert!(named("nonsense").is_none());
        for offered in ALL {
            let plan = named(offered.word).unwrap();
            assert_eq!(course(&plan), "1 → 5 → 25 → 50 → 100%", "{}", offered.word);
        }
    }

    #[test]
    fn steps_are_said() {
        let step = |weight, seconds, min_requests, exit| Step { weight, seconds, min_requests, exit };
        for (step, words) in [
            (
                step(25.0, 600, 500, Exit::Decided),
                "25%, at least 10 min and 500 requests, until every required guardrail is decided",
            ),
            (step(1.0, 8, 2, Exit::NothingWorse), "1%, at least 8 s and 2 requests"),
            (step(0.0, 90, 0, Exit::Manual), "shadow, at least 90 s, until a person advances"),
            (step(100.0, 0, 0, Exit::NothingWorse), "100%"),
        ] {
            assert_eq!(step_words(&step), words);
        }
    }
}
