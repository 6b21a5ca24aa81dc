//! The reconciler of rollouts: every second it looks at each open one and does what the judge says. It keeps nothing in memory, so
//! that a restarted process goes on where the tables say.

use super::course::Course;
use super::end::{Turn, take};
use super::judge::{Decision, Standing};
use super::look::{Look, look};
use super::words;
use crate::deployments;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::ProblemKind;
use contract::live::Topic;

/// Looks at all open rollouts once.
pub async fn tick(cx: &Ctx) -> Outcome<()> {
    deployments::sync(cx).await?;
    for row in cx.store.db.rollouts_open().await.or_problem("Reading rollouts")? {
        let id = row.id.clone();
        match one(cx, Course::read(row)?).await {
            Ok(()) => {}
            // A person was quicker; the next look sees what they did.
            Err(problem) if problem.kind == ProblemKind::Conflict => tracing::info!(rollout = id, %problem, "looked too late"),
            Err(problem) => tracing::error!(rollout = id, %problem, "a rollout could not be looked at"),
        }
    }
    Ok(())
}

async fn one(cx: &Ctx, mut course: Course) -> Outcome<()> {
    let Some(known) = cx.book.get(&course.deployment) else { return Ok(()) };
    let look = look(cx, &course, &known).await?;
    let news = mark(cx, &mut course, &look);
    let reason = words::reason(&course, &look, cx.now());
    let system = Actor::system();
    match look.decision {
        Decision::RollBack { .. } => take(cx, &system, course, Turn::RollBack, &reason, Some(&look)).await.map(drop),
        Decision::Advance => take(cx, &system, course, Turn::Advance, &reason, Some(&look)).await.map(drop),
        Decision::Complete => take(cx, &system, course, Turn::Complete, &reason, Some(&look)).await.map(drop),
        Decision::Wait { .. } => keep(cx, course, &look, &reason, news).await,
    }
}

/// Notes when a guardrail was first within its limit and when it was worse. `true` if something is new.
fn mark(cx: &Ctx, course: &mut Course, look: &Look) -> bool {
    let mut news = false;
    for (mark, compared) in course.marks.iter_mut().zip(&look.compared) {
        let place = match compared.standing {
            Standing::Within => &mut mark.within,
            Standing::Worse => &mut mark.worse,
            Standing::Undecided | Standing::Insufficient => continue,
        };
        if place.is_none() {
            *place = Some(cx.now());
            news = true;
        }
    }
    news
}

/// Nothing to do: keeps the look if it says something new.
async fn keep(cx: &Ctx, mut course: Course, look: &Look, reason: &str, news: bool) -> Outcome<()> {
    let doing = "Keeping a look";
    let last = cx.store.db.rollout_last_look(&course.id).await.or_problem(doing)?;
    let worth = look.worth_keeping(last.as_ref(), cx.now());
    if !worth && !news && course.row.reason == reason {
        return Ok(());
    }
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    let held = tx.rollout_held(&course.id).await.or_problem(doing)?.ok_or_else(|| super::unknown(&course.id))?;
    if held.ended_at.is_some() || held.step != course.row.step || held.state != course.row.state {
        return Ok(());
    }
    if worth {
        course.row.looks += 1;
        tx.rollout_look(&look.row(&course, cx.now())).await.or_problem(doing)?;
    }
    tx.rollout_update(&course.to_row(reason, cx.now())).await.or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    cx.announce(Topic::Rollout { rollout: course.id.clone(), deployment: course.deployment.clone() });
    Ok(())
}
