//! Writing what was decided: the next step, completion, the way back. One transaction each, with the audit entry and its numbers.

use super::course::Course;
use super::look::Look;
use crate::audit::entry;
use crate::deployments::{self, reload_one, set_stable};
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::Problem;
use contract::live::Topic;
use contract::rollout::RolloutState;
use serde_json::json;
use store::Tx;

/// What to do with an open rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    Advance,
    Complete,
    RollBack,
    Abort,
    Pause,
    Resume,
}

/// Takes a turn that was decided on `course` as it was read. `Conflict` if it has changed since: then nothing is done.
pub async fn take(cx: &Ctx, who: &Actor, course: Course, turn: Turn, reason: &str, look: Option<&Look>) -> Outcome<Course> {
    let doing = "Driving the rollout";
    let harmful = matches!(turn, Turn::RollBack | Turn::Abort);
    if harmful {
        // The pointer is swapped before anything is written: harm ends now. Should the writing fail, the reload undoes it.
        deployments::drop_canary(cx, &course.deployment);
    }
    let written = write(cx, who, course.clone(), turn, reason, look).await;
    let written = match written {
        Ok(written) => written,
        Err(problem) => {
            if harmful {
                reload_one(cx, &course.deployment).await?;
            }
            return Err(problem);
        }
    };
    reload_one(cx, &written.deployment).await?;
    tracing::info!(rollout = %written.id, deployment = %written.deployment, ?turn, reason, "{doing}");
    cx.announce(Topic::Rollout { rollout: written.id.clone(), deployment: written.deployment.clone() });
    cx.announce(Topic::Deployment { deployment: written.deployment.clone() });
    Ok(written)
}

async fn write(cx: &Ctx, who: &Actor, before: Course, turn: Turn, reason: &str, look: Option<&Look>) -> Outcome<Course> {
    let doing = "Driving the rollout";
    let at = cx.now();
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    let held = tx.rollout_held(&before.id).await.or_problem(doing)?.ok_or_else(|| super::unknown(&before.id))?;
    if held.ended_at.is_some() || held.state != before.row.state || held.step != before.row.step {
        return Err(Problem::conflict("The rollout has moved on in the meantime. Look again before you decide."));
    }
    // Marks and looks come from the caller's look; state and step are the ones just checked.
    let mut course = before;
    let (action, summary) = turned(cx, who, &mut tx, &mut course, turn, reason).await?;
    if let Some(look) = look {
        course.row.looks += 1;
        tx.rollout_look(&look.row(&course, at)).await.or_problem(doing)?;
    }
    tx.rollout_update(&course.to_row(reason, at)).await.or_problem(doing)?;
    let numbers = look.map(Look::numbers);
    let detail = json!({"reason": reason, "step": course.step + 1, "weight": course.weight(), "numbers": numbers});
    tx.audit(entry(cx, who, action, ("rollout", course.id.as_str()), summary, detail)).await.or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    Ok(course)
}

/// Changes the course, and what follows from it in the same transaction; the audit entry's action and sentence.
async fn turned(
    cx: &Ctx,
    who: &Actor,
    tx: &mut Tx,
    course: &mut Course,
    turn: Turn,
    reason: &str,
) -> Outcome<(&'static str, String)> {
    let at = cx.now();
    let Course { canary, stable, deployment, .. } = course.clone();
    let of = format!("the rollout of version {canary} in {deployment}");
    Ok(match turn {
        Turn::Pause => {
            course.state = RolloutState::Paused;
            ("rollout.paused", format!("Paused {of} at {}%: {reason}", course.weight()))
        }
        Turn::Resume => {
            course.state = RolloutState::Running;
            ("rollout.resumed", format!("Resumed {of} at {}%: {reason}", course.weight()))
        }
        Turn::Advance => {
            let from = course.weight();
            course.advance(at);
            ("rollout.advanced", format!("Moved {of} from {from}% to {}%: {reason}", course.weight()))
        }
        Turn::Complete => {
            course.end(RolloutState::Completed, at);
            set_stable(cx, tx, who, &deployment, canary, "rollout completed").await?;
            ("rollout.completed", format!("Completed {of}: it answers everything, version {stable} stays loaded"))
        }
        Turn::RollBack => {
            course.end(RolloutState::RolledBack, at);
            crate::alerts::rolled_back_in(cx, tx, course, reason).await?;
            ("rollout.rolled_back", format!("Rolled {of} back to version {stable}: {reason}"))
        }
        Turn::Abort => {
            course.end(RolloutState::Aborted, at);
            ("rollout.aborted", format!("Aborted {of}; version {stable} answers everything: {reason}"))
        }
    })
}
