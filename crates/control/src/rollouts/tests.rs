//! Rollouts with real models: a good one completes, a bad one is rolled back, people drive, a killed process goes on.

use super::*;
use crate::Outcome;
use crate::testbed::{Bed, admin, beds};
use crate::testing::person;
use contract::inputs::{DriveRollout, RolloutAct};
use contract::rollout::{Exit, Guarded, Guardrail, RolloutPlan, RolloutState, Step, Worse};
use contract::time::SECOND;
use contract::views::rollouts::{RolloutSummary, RolloutView};
use contract::{DeploymentName, ProblemKind, Role, RolloutId};

/// 20 → 50 → 100 %, a few seconds each. Version 4 says yes 8 points more often than version 3, version 3 as often as version 2.
fn quick(share_limit: f64) -> RolloutPlan {
    let step = |weight, min_requests, exit| Step { weight, seconds: 2, min_requests, exit };
    RolloutPlan {
        steps: vec![
            step(20.0, 50, Exit::NothingWorse),
            step(50.0, 100, Exit::Decided),
            Step { weight: 100.0, seconds: 0, min_requests: 0, exit: Exit::NothingWorse },
        ],
        guardrails: vec![
            Guardrail { metric: Guarded::ErrorRate, limit: 0.05, worse: Worse::Higher, required: true },
            Guardrail { metric: Guarded::PositiveShare, limit: share_limit, worse: Worse::Either, required: true },
        ],
        alpha: 0.05,
        planned_requests: 400,
    }
}

async fn act(bed: &Bed, id: &RolloutId, act: RolloutAct) -> Outcome<RolloutSummary> {
    drive(&bed.cx, &admin(), id, DriveRollout { act, reason: "for the test".into() }).await
}

async fn page(bed: &Bed, id: &RolloutId) -> RolloutView {
    view(&bed.cx, &admin(), id).await.unwrap()
}

/// Sends live rows and looks, round after round, until the rollout has ended or `rounds` are over.
async fn run(bed: &mut Bed, name: &DeploymentName, id: &RolloutId, rounds: usize) -> RolloutState {
    let rows = bed.rows(name, "live.csv");
    for round in 0..rounds {
        let from = round * 100 % (rows.len() - 100);
        bed.send(name, &rows[from..from + 100]).await;
        bed.flush().await;
        bed.clock.advance(SECOND);
        tick(&bed.cx).await.unwrap();
        let state = page(bed, id).await.phase;
        if state.ended() {
            return state;
        }
    }
    RolloutState::Running
}

#[tokio::test]
async fn a_good_version_takes_over() {
    for mut bed in beds().await {
        let (stable, canary) = (bed.register("v2").await, bed.register("v3").await);
        let name = bed.deploy(stable).await;
        let id = bed.roll_out(&name, canary, Some(quick(0.08))).await.unwrap().expect("a rollout");
        assert_eq!(
            bed.roll_out(&name, canary, Some(quick(0.08))).await.unwrap_err().kind,
            ProblemKind::Conflict,
            "one at a time"
        );
        let state = run(&mut bed, &name, &id, 80).await;
        let view = page(&bed, &id).await;
        assert_eq!(state, RolloutState::Completed, "{:?} {:#?}", view.answer, view.guardrails);
        let known = bed.cx.book.get(&name).unwrap();
        assert_eq!((known.stable, known.previous, known.rollout.clone()), (Some(canary), Some(stable), None));
        assert_eq!(bed.cx.router().unwrap().route("churn").unwrap().stable.version, canary);
        assert!(view.guardrails.iter().all(|tile| tile.passed_at.is_some() && tile.worse_at.is_none()));
        assert!(view.guardrails[1].sequence.windows(2).all(|pair| pair[0].n <= pair[1].n), "the sequence goes on");
        let counted: u64 = view.steps.iter().map(|step| step.requests).sum();
        assert_eq!(counted, view.canary_requests);
        assert!(matches!(bed.cx.store.db.audit_verify().await.unwrap(), store::audit::Verified::Intact { .. }));
    }
}

#[tokio::test]
async fn a_bad_version_is_rolled_back_by_itself() {
    for mut bed in beds().await {
        let (stable, canary) = (bed.register("v3").await, bed.register("v4").await);
        let name = bed.deploy(stable).await;
        let id = bed.roll_out(&name, canary, Some(quick(0.03))).await.unwrap().expect("a rollout");
        let state = run(&mut bed, &name, &id, 80).await;
        let view = page(&bed, &id).await;
        assert_eq!(state, RolloutState::RolledBack, "{:?} {:#?}", view.answer, view.guardrails);
        let tile = view.guardrails.iter().find(|tile| tile.metric == Guarded::PositiveShare).unwrap();
        assert!(tile.worse_at.is_some() && tile.verdict == "Worse", "{tile:?}");
        assert!(
            view.answer.sentence.contains("share of “yes”") || view.answer.sentence.contains("Share of “yes”"),
            "{}",
            view.answer.sentence
        );
        let route = bed.cx.router().unwrap().route("churn").unwrap();
        assert_eq!((route.stable.version, route.canary.is_none()), (stable, true));
        let alerts = crate::alerts::list(&bed.cx, &admin()).await.unwrap();
        assert!(alerts.open.iter().any(|alert| alert.kind == contract::views::alerts::AlertKind::RolledBack));
        let kept = bed.cx.store.db.audit_of("rollout", id.as_str(), 100).await.unwrap();
        let entry = kept.iter().find(|entry| entry.action == "rollout.rolled_back").unwrap();
        assert!(
            entry.actor == "slipway" && entry.detail.contains("\"interval\""),
            "the numbers that decided are kept: {}",
            entry.detail
        );
    }
}

#[tokio::test]
async fn a_killed_process_goes_on_from_its_step() {
    for mut bed in beds().await {
        let (stable, canary) = (bed.register("v2").await, bed.register("v3").await);
        let name = bed.deploy(stable).await;
        let id = bed.roll_out(&name, canary, Some(quick(0.08))).await.unwrap().expect("a rollout");
        let mut rounds = 0;
        while page(&bed, &id).await.steps[0].left_at.is_none() {
            run(&mut bed, &name, &id, 1).await;
            rounds += 1;
            assert!(rounds < 40, "the first step ends");
        }
        let before = page(&bed, &id).await;
        let mut bed = bed.killed_and_restarted().await;
        let after = page(&bed, &id).await;
        assert_eq!((after.phase, after.steps.clone()), (RolloutState::Running, before.steps.clone()));
        assert_eq!((after.canary_requests, after.stable_requests), (before.canary_requests, before.stable_requests));
        let route = bed.cx.router().unwrap().route("churn").unwrap();
        assert_eq!(route.canary.as_ref().map(|(served, weight)| (served.version, *weight)), Some((canary, 500_000)));
        assert_eq!(run(&mut bed, &name, &id, 80).await, RolloutState::Completed);
    }
}

#[tokio::test]
async fn people_pause_resume_advance_and_abort() {
    for mut bed in beds().await {
        let (stable, canary) = (bed.register("v2").await, bed.register("v3").await);
        let name = bed.deploy(stable).await;
        let id = bed.roll_out(&name, canary, Some(quick(0.08))).await.unwrap().expect("a rollout");
        let input = |act, reason: &str| DriveRollout { act, reason: reason.into() };
        let viewer = person("vic", Role::Viewer);
        assert_eq!(drive(&bed.cx, &viewer, &id, input(RolloutAct::Pause, "x")).await.unwrap_err().kind, ProblemKind::Forbidden);
        assert_eq!(drive(&bed.cx, &admin(), &id, input(RolloutAct::Pause, "  ")).await.unwrap_err().kind, ProblemKind::Invalid);
        assert_eq!(act(&bed, &id, RolloutAct::Resume).await.unwrap_err().kind, ProblemKind::Conflict);
        assert_eq!(act(&bed, &id, RolloutAct::Pause).await.unwrap().state, RolloutState::Paused);
        assert_eq!(run(&mut bed, &name, &id, 6).await, RolloutState::Running, "no step while paused");
        assert_eq!(page(&bed, &id).await.steps[0].left_at, None);
        assert_eq!(act(&bed, &id, RolloutAct::Advance).await.unwrap_err().kind, ProblemKind::Conflict);
        act(&bed, &id, RolloutAct::Resume).await.unwrap();
        assert_eq!(act(&bed, &id, RolloutAct::Advance).await.unwrap().weight, 50.0);
        assert_eq!(act(&bed, &id, RolloutAct::Advance).await.unwrap_err().kind, ProblemKind::Conflict, "evidence is not skipped");
        let buttons = page(&bed, &id).await.buttons;
        let advance = buttons.iter().find(|button| button.act == RolloutAct::Advance).unwrap();
        assert!(!advance.allowed && advance.why_not.starts_with("Advance waits for"), "{}", advance.why_not);
        let oncall = person("olu", Role::Oncall);
        assert_eq!(drive(&bed.cx, &oncall, &id, input(RolloutAct::Abort, "holiday")).await.unwrap().state, RolloutState::Aborted);
        assert!(bed.cx.router().unwrap().route("churn").unwrap().canary.is_none());
        assert_eq!(act(&bed, &id, RolloutAct::RollBack).await.unwrap_err().kind, ProblemKind::Conflict);
        let again = bed.roll_out(&name, canary, Some(quick(0.08))).await.unwrap().expect("another one may start");
        crate::deployments::roll_back(&bed.cx, &oncall, &name, None, "looks odd").await.unwrap();
        assert_eq!(page(&bed, &again).await.phase, RolloutState::RolledBack);
    }
}
