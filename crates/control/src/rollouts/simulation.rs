//! Seeded simulations of whole rollouts through the same comparison and judge as live ones: how often a harmless canary is rolled
//! back, how often a harmful one is.

use super::compare::{Subject, compare};
use super::evidence::Evidence;
use super::judge::{Decision, Moment, Standing, judge};
use contract::rollout::{Exit, Guarded, Guardrail, RolloutPlan, Step, Worse};
use contract::spec::Layout;
use contract::{Contract, Task};
use stats::rng::SplitMix64;

fn contract() -> Contract {
    Contract {
        task: Task::Binary,
        layout: Layout::Columns,
        features: Vec::new(),
        inputs: Vec::new(),
        outputs: Vec::new(),
        label_output: None,
        score_output: None,
        classes: vec!["no".into(), "yes".into()],
        positive: Some("yes".into()),
        label_column: None,
        segments: Vec::new(),
        batched: true,
    }
}

/// A plan without margins: any difference is too much, so that every false rollback shows.
fn strict() -> RolloutPlan {
    let rail = |metric, worse| Guardrail { metric, limit: 0.0, worse, required: true };
    RolloutPlan {
        steps: [5.0, 25.0, 50.0].map(|weight| Step { weight, seconds: 0, min_requests: 300, exit: Exit::NothingWorse }).to_vec(),
        guardrails: vec![rail(Guarded::ErrorRate, Worse::Higher), rail(Guarded::PositiveShare, Worse::Either)],
        alpha: 0.05,
        planned_requests: 500,
    }
}

/// How one simulated rollout ends. Traffic says yes more often in later steps, to both arms alike.
fn play(plan: &RolloutPlan, rng: &mut SplitMix64, errors: (f64, f64), yes: (f64, f64)) -> Decision {
    let contract = contract();
    let subject = Subject { contract: &contract, reference: None };
    let mut evidence = Evidence::default();
    for (step, wanted) in plan.steps.iter().enumerate() {
        let busier = 0.1 * step as f64;
        loop {
            let stratum = evidence.strata.entry(step).or_default();
            for _ in 0..200 {
                let is_canary = rng.uniform() * 100.0 < wanted.weight;
                let (counts, error, share) =
                    if is_canary { (&mut stratum.canary, errors.0, yes.0) } else { (&mut stratum.stable, errors.1, yes.1) };
                counts.requests += 1;
                if rng.uniform() < error {
                    counts.failed += 1;
                } else {
                    counts.add_label(if rng.uniform() < share + busier { "yes" } else { "no" }, 1);
                }
            }
            let standings: Vec<Standing> = compare(plan, &evidence, &subject).iter().map(|one| one.standing).collect();
            let (requests, _) = evidence.in_step(step);
            let moment = Moment {
                plan,
                step,
                paused: false,
                seconds_in_step: 0,
                requests_in_step: requests,
                standings: &standings,
                split_holds: true,
            };
            match judge(&moment) {
                Decision::Wait { .. } => {}
                Decision::Advance => break,
                end => return end,
            }
        }
    }
    Decision::Complete
}

#[test]
fn a_harmless_canary_is_rolled_back_no_more_often_than_alpha() {
    let (plan, mut rng) = (strict(), SplitMix64::new(20_260_317));
    let runs = 150;
    let rolled_back =
        (0..runs).filter(|_| matches!(play(&plan, &mut rng, (0.01, 0.01), (0.2, 0.2)), Decision::RollBack { .. })).count();
    // Alpha is 5 %: 7.5 of 150. The sequences are conservative; 12 would be beyond 5 % with three standard errors to spare.
    assert!(rolled_back <= 8, "{rolled_back} of {runs} harmless canaries were rolled back");
}

#[test]
fn a_harmful_canary_does_not_get_through() {
    let (plan, mut rng) = (strict(), SplitMix64::new(42));
    for (what, errors, yes) in [("errors", (0.2, 0.01), (0.2, 0.2)), ("share of yes", (0.01, 0.01), (0.45, 0.12))] {
        let caught = (0..20).filter(|_| matches!(play(&plan, &mut rng, errors, yes), Decision::RollBack { .. })).count();
        assert_eq!(caught, 20, "{what}");
    }
}

#[test]
fn a_better_canary_is_not_harmful() {
    let plan = RolloutPlan {
        guardrails: vec![Guardrail { metric: Guarded::ErrorRate, limit: 0.0, worse: Worse::Higher, required: true }],
        ..strict()
    };
    let mut rng = SplitMix64::new(7);
    for _ in 0..20 {
        assert_eq!(play(&plan, &mut rng, (0.001, 0.2), (0.2, 0.2)), Decision::Complete);
    }
}

/// The same by the second, as live: 100 requests a second, one look a second, no outcomes yet.
fn play_live(plan: &RolloutPlan, rng: &mut SplitMix64, yes: (f64, f64)) -> (Decision, u64) {
    let contract = contract();
    let subject = Subject { contract: &contract, reference: None };
    let mut evidence = Evidence::default();
    let (mut step, mut seconds, mut total) = (0, 0, 0);
    loop {
        let stratum = evidence.strata.entry(step).or_default();
        for _ in 0..100 {
            let is_canary = rng.uniform() * 100.0 < plan.steps[step].weight;
            let (counts, share) = if is_canary { (&mut stratum.canary, yes.0) } else { (&mut stratum.stable, yes.1) };
            counts.requests += 1;
            counts.add_label(if rng.uniform() < share { "yes" } else { "no" }, 1);
        }
        (seconds, total) = (seconds + 1, total + 1);
        let standings: Vec<Standing> = compare(plan, &evidence, &subject).iter().map(|one| one.standing).collect();
        let (requests, _) = evidence.in_step(step);
        let moment = Moment {
            plan,
            step,
            paused: false,
            seconds_in_step: seconds,
            requests_in_step: requests,
            standings: &standings,
            split_holds: true,
        };
        match judge(&moment) {
            Decision::Wait { .. } if total < 600 => {}
            Decision::Advance => (step, seconds) = (step + 1, 0),
            end => return (end, total),
        }
    }
}

#[test]
fn the_short_plan_tells_the_versions_of_the_example_apart() {
    // Shares of yes on live rows, from examples/churn/metrics.json: versions 2, 3 and 4.
    let (two, three, four) = (0.1107, 0.1127, 0.1953);
    let plan = contract::plans::named("short").unwrap();
    let mut rng = SplitMix64::new(3);
    let runs = 60;
    let bad: Vec<(Decision, u64)> = (0..runs).map(|_| play_live(&plan, &mut rng, (four, three))).collect();
    let good: Vec<(Decision, u64)> = (0..runs).map(|_| play_live(&plan, &mut rng, (three, two))).collect();
    let stopped = bad.iter().filter(|(end, _)| matches!(end, Decision::RollBack { .. })).count();
    let through = good.iter().filter(|(end, _)| *end == Decision::Complete).count();
    let slowest = |ends: &[(Decision, u64)]| ends.iter().map(|(_, seconds)| *seconds).max().unwrap_or(0);
    eprintln!(
        "rolled back {stopped} of {runs}, at most {} s; completed {through} of {runs}, at most {} s",
        slowest(&bad),
        slowest(&good)
    );
    assert_eq!(through, runs, "a good version completes");
    assert!(stopped * 100 >= runs * 98, "{stopped} of {runs} bad versions were stopped");
}
