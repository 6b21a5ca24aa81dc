//! Whether a plan can be meant, and fitting it to the task of the model.

use contract::rollout::{Guarded, Guardrail, RolloutPlan, Worse};
use contract::{Contract, FieldError, Problem, Task};

/// `Invalid` with everything that is wrong.
pub fn check(plan: &RolloutPlan) -> Result<(), Problem> {
    let mut errors = Vec::new();
    let mut must = |holds: bool, field: String, message: &str| {
        if !holds {
            errors.push(FieldError { field, message: message.to_owned() });
        }
    };
    must((1..=20).contains(&plan.steps.len()), "plan.steps".into(), "A plan has 1 to 20 steps.");
    for (i, step) in plan.steps.iter().enumerate() {
        must((0.0..=100.0).contains(&step.weight), format!("plan.steps[{i}].weight"), "A weight is between 0 and 100 percent.");
        must(step.seconds <= 90 * 86_400, format!("plan.steps[{i}].seconds"), "A step takes at most 90 days.");
        let falls = i > 0 && plan.steps[i - 1].weight > step.weight;
        must(!falls, format!("plan.steps[{i}].weight"), "Weights do not fall from step to step.");
    }
    for (i, guardrail) in plan.guardrails.iter().enumerate() {
        must(
            guardrail.limit.is_finite() && guardrail.limit >= 0.0,
            format!("plan.guardrails[{i}].limit"),
            "A limit is 0 or above.",
        );
    }
    must(plan.guardrails.len() <= 20, "plan.guardrails".into(), "A plan has at most 20 guardrails.");
    must(plan.alpha > 0.0 && plan.alpha <= 0.5, "plan.alpha".into(), "Alpha is above 0 and at most 0.5.");
    must(
        (10..=100_000_000).contains(&plan.planned_requests),
        "plan.planned_requests".into(),
        "10 to 100 million requests are planned.",
    );
    match errors.first() {
        None => Ok(()),
        Some(first) => Err(Problem { errors: errors.clone(), ..Problem::invalid(first.message.clone()) }),
    }
}

/// The plan with the guardrails that the task can have: a regression has no classes, so its mean prediction is watched instead.
pub fn fitted(plan: RolloutPlan, contract: &Contract) -> RolloutPlan {
    if contract.task != Task::Regression {
        let guardrails = plan.guardrails.into_iter().filter(|guardrail| guardrail.metric != Guarded::MeanPrediction).collect();
        return RolloutPlan { guardrails, ..plan };
    }
    let replace = |guardrail: Guardrail| match guardrail.metric {
        Guarded::PositiveShare => {
            Some(Guardrail { metric: Guarded::MeanPrediction, limit: 0.2, worse: Worse::Either, ..guardrail })
        }
        Guarded::WrongShare => None,
        _ => Some(guardrail),
    };
    let already = plan.guardrails.iter().any(|guardrail| guardrail.metric == Guarded::MeanPrediction);
    let guardrails = plan.guardrails.into_iter().filter(|guardrail| !(already && guardrail.metric == Guarded::PositiveShare));
    RolloutPlan { guardrails: guardrails.filter_map(replace).collect(), ..plan }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_is_named() {
        assert!(check(&RolloutPlan::default()).is_ok());
        let plan = || RolloutPlan::default();
        let mut falling = plan();
        falling.steps[1].weight = 0.5;
        let mut heavy = plan();
        heavy.steps[0].weight = 101.0;
        let mut limitless = plan();
        limitless.guardrails[0].limit = f64::NAN;
        for (bad, field) in [
            (falling, "plan.steps[1].weight"),
            (heavy, "plan.steps[0].weight"),
            (limitless, "plan.guardrails[0].limit"),
            (RolloutPlan { steps: vec![], ..plan() }, "plan.steps"),
            (RolloutPlan { alpha: 0.0, ..plan() }, "plan.alpha"),
            (RolloutPlan { planned_requests: 0, ..plan() }, "plan.planned_requests"),
        ] {
            assert_eq!(check(&bad).unwrap_err().errors[0].field, field);
        }
    }
}
