//! Rollouts in lists, and as programs read them.

use super::course::Course;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::role::Act;
use contract::rollout::RolloutState;
use contract::verdict::State;
use contract::views::parts::{Answer, Link};
use contract::views::rollouts::{ReleaseLine, ReleasesView, RolloutSummary};
use contract::{DeploymentName, Millis, RolloutId, urls};

/// Rollouts that a list shows.
const MOST: i64 = 100;

pub async fn releases(cx: &Ctx, who: &Actor) -> Outcome<ReleasesView> {
    who.must(Act::View)?;
    let rows = cx.store.db.rollouts(MOST).await.or_problem("Listing rollouts")?;
    let lines: Vec<ReleaseLine> =
        rows.into_iter().map(|row| Course::read(row).map(|course| line(&course))).collect::<Outcome<_>>()?;
    Ok(ReleasesView { answer: answer(&lines), rollouts: lines, updated_at: cx.now() })
}

/// The open rollout of a deployment.
pub async fn open_of(cx: &Ctx, who: &Actor, deployment: &DeploymentName) -> Outcome<Option<RolloutSummary>> {
    who.must(Act::View)?;
    let row = cx.store.db.rollout_open_of(deployment).await.or_problem("Reading the rollout")?;
    row.map(|row| Course::read(row).map(|course| summary(&course))).transpose()
}

/// All rollouts as programs read them, open ones first, then newest first.
pub async fn summaries(cx: &Ctx, who: &Actor) -> Outcome<Vec<RolloutSummary>> {
    who.must(Act::View)?;
    let rows = cx.store.db.rollouts(MOST).await.or_problem("Listing rollouts")?;
    rows.into_iter().map(|row| Course::read(row).map(|course| summary(&course))).collect()
}

pub(crate) async fn summary_of(cx: &Ctx, id: &RolloutId) -> Outcome<RolloutSummary> {
    let row = cx.store.db.rollout(id).await.or_problem("Reading the rollout")?.ok_or_else(|| super::unknown(id))?;
    Course::read(row).map(|course| summary(&course))
}

fn summary(course: &Course) -> RolloutSummary {
    RolloutSummary {
        id: course.id.clone(),
        deployment: course.deployment.clone(),
        stable: course.stable,
        canary: course.canary,
        state: course.state,
        weight: course.weight(),
        step: course.step + 1,
        steps: course.plan.steps.len(),
        reason: course.row.reason.clone(),
        started_at: course.started(),
        ended_at: course.row.ended_at.map(Millis),
    }
}

/// State of a rollout as pages show it.
pub fn shown(state: RolloutState) -> State {
    match state {
        RolloutState::Running => State::Run,
        RolloutState::Paused => State::Watch,
        RolloutState::Completed => State::Ok,
        RolloutState::RolledBack => State::Bad,
        RolloutState::Aborted => State::Info,
    }
}

fn line(course: &Course) -> ReleaseLine {
    ReleaseLine {
        id: course.id.clone(),
        deployment: course.deployment.clone(),
        model: course.model.clone(),
        stable: course.stable,
        canary: course.canary,
        phase: course.state,
        state: shown(course.state),
        headline: course.row.reason.clone(),
        weight: course.weight(),
        step: (course.step + 1).min(course.plan.steps.len()),
        steps: course.plan.steps.len(),
        started_at: course.started(),
        ended_at: course.row.ended_at.map(Millis),
        started_by: course.row.started_by_name.clone(),
    }
}

fn answer(lines: &[ReleaseLine]) -> Answer {
    let open: Vec<&ReleaseLine> = lines.iter().filter(|line| line.ended_at.is_none()).collect();
    let link = |line: &ReleaseLine| Some(Link { text: "Open the rollout".into(), url: urls::rollout(&line.id) });
    match open[..] {
        [] => match lines.first() {
            None => Answer {
                state: State::Unknown,
                headline: "Nothing has been rolled out yet".into(),
                sentence: "A rollout starts when a promotion is approved.".into(),
                link: None,
            },
            Some(last) => Answer {
                state: last.state,
                headline: "No rollout is open".into(),
                sentence: format!(
                    "The last one: version {} in {}, {}. {}",
                    last.canary,
                    last.deployment,
                    words(last.phase),
                    last.headline
                ),
                link: link(last),
            },
        },
        [one] => Answer {
            state: one.state,
            headline: format!("Version {} of {} is at {}", one.canary, one.deployment, super::words::weight(one.weight)),
            sentence: one.headline.clone(),
            link: link(one),
        },
        [first, ..] => Answer {
            state: open.iter().map(|line| line.state).min().unwrap_or(State::Run),
            headline: format!("{} rollouts are open", open.len()),
            sentence: format!("{}: {}", first.deployment, first.headline),
            link: link(first),
        },
    }
}

/// `rolled back`.
pub fn words(state: RolloutState) -> &'static str {
    match state {
        RolloutState::Running => "running",
        RolloutState::Paused => "paused",
        RolloutState::Completed => "completed",
        RolloutState::RolledBack => "rolled back",
        RolloutState::Aborted => "aborted",
    }
}
