//! What people do with a rollout: pause, resume, advance, roll back, abort. Each asks for a reason and is kept.

use super::course::Course;
use super::end::{Turn, take};
use super::judge::{Missing, Standing, may_advance};
use super::look::{self, Look};
use super::words;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::inputs::{DriveRollout, RolloutAct};
use contract::role::Act;
use contract::rollout::RolloutState;
use contract::views::rollouts::RolloutSummary;
use contract::{Problem, RolloutId};

/// Longest reason.
const REASON: usize = 2_000;

pub async fn drive(cx: &Ctx, who: &Actor, id: &RolloutId, input: DriveRollout) -> Outcome<RolloutSummary> {
    who.must(needs(input.act))?;
    let reason = input.reason.trim();
    if reason.is_empty() || reason.len() > REASON {
        return Err(Problem::field("reason", "Say why, in at most 2,000 characters: it is kept in the audit log."));
    }
    let row = cx.store.db.rollout(id).await.or_problem("Reading the rollout")?.ok_or_else(|| super::unknown(id))?;
    let course = Course::read(row)?;
    let look = match cx.book.get(&course.deployment) {
        Some(known) => Some(look::look(cx, &course, &known).await?),
        None => None,
    };
    let turn = turn(cx, &course, look.as_ref(), input.act)?;
    let course = take(cx, who, course, turn, reason, look.as_ref()).await?;
    super::summary_of(cx, &course.id).await
}

/// What a role must be allowed to do for the act.
pub fn needs(act: RolloutAct) -> Act {
    match act {
        RolloutAct::Pause | RolloutAct::Resume | RolloutAct::Advance => Act::DriveRollout,
        RolloutAct::RollBack | RolloutAct::Abort => Act::StopRollout,
    }
}

/// Whether the act is possible now, and what it comes to. The problem is the sentence beside the button.
pub fn turn(cx: &Ctx, course: &Course, look: Option<&Look>, act: RolloutAct) -> Outcome<Turn> {
    if course.state.ended() {
        return Err(Problem::conflict("The rollout has ended."));
    }
    match (act, course.state) {
        (RolloutAct::Pause, RolloutState::Running) => Ok(Turn::Pause),
        (RolloutAct::Pause, _) => Err(Problem::conflict("It is paused already.")),
        (RolloutAct::Resume, RolloutState::Paused) => Ok(Turn::Resume),
        (RolloutAct::Resume, _) => Err(Problem::conflict("It is not paused.")),
        (RolloutAct::RollBack, _) => Ok(Turn::RollBack),
        (RolloutAct::Abort, _) => Ok(Turn::Abort),
        (RolloutAct::Advance, RolloutState::Paused) => Err(Problem::conflict("It is paused; resume it first.")),
        (RolloutAct::Advance, _) => advance(cx, course, look),
    }
}

fn advance(cx: &Ctx, course: &Course, look: Option<&Look>) -> Outcome<Turn> {
    let Some(look) = look else { return Err(Problem::conflict("The deployment is not loaded.")) };
    if let Some(why) = &look.load_error {
        return Err(Problem::conflict(why.clone()));
    }
    let standings: Vec<Standing> = look.compared.iter().map(|compared| compared.standing).collect();
    let (canary, _) = look.evidence.in_step(course.step);
    match may_advance(&look::moment(course, &standings, cx.now(), canary, look.split_holds)) {
        Ok(()) if course.step + 1 >= course.plan.steps.len() => Ok(Turn::Complete),
        Ok(()) => Ok(Turn::Advance),
        Err(missing) => Err(Problem::conflict(format!("Advance waits for {}.", waits_for(course, look, &missing)))),
    }
}

fn waits_for(course: &Course, look: &Look, missing: &[Missing]) -> String {
    let items: Vec<String> = missing.iter().map(|missing| words::missing(course, look, missing)).collect();
    crate::words::listed(&items)
}
