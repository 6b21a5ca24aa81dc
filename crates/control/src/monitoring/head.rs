//! The head that every tab of a deployment carries.

use crate::deployments::{Known, unknown};
use crate::rollouts::shown;
use crate::{Ctx, IntoProblem, Outcome};
use contract::DeploymentName;
use contract::inputs::TimeRange;
use contract::verdict::State;
use contract::views::alerts::AlertLine;
use contract::views::deployment::Head;
use contract::views::fleet::RolloutCell;
use std::sync::Arc;

/// The deployment as it runs, with its head, whose range starts no earlier than the deployment.
pub async fn head(cx: &Ctx, name: &DeploymentName, range: TimeRange) -> Outcome<(Arc<Known>, Head)> {
    let known = cx.book.get(name).ok_or_else(|| unknown(name))?;
    let range = super::spans::since_birth(range, known.born);
    let open = cx.store.db.alerts_open().await.or_problem("Reading alerts")?;
    let open: Vec<AlertLine> =
        open.into_iter().filter(|row| row.deployment == name.as_str()).filter_map(crate::alerts::line).collect();
    let rollout = rollout_cell(cx, &known).await?;
    let (state, headline) = health(&known, &open, rollout.as_ref());
    let head = Head {
        name: name.clone(),
        model: known.model.clone(),
        description: known.settings.description.clone(),
        owner: known.settings.owner_team.clone(),
        stable: known.stable,
        canary: known.rollout.as_ref().map(|rollout| rollout.canary),
        rollout,
        state,
        headline,
        open_alerts: open.len(),
        from: range.from,
        to: range.to,
        updated_at: cx.now(),
    };
    Ok((known, head))
}

/// The open rollout in a few facts.
pub async fn rollout_cell(cx: &Ctx, known: &Known) -> Outcome<Option<RolloutCell>> {
    let Some(open) = cx.store.db.rollout_open_of(&known.name).await.or_problem("Reading the rollout")? else { return Ok(None) };
    let course = crate::rollouts::Course::read(open)?;
    Ok(Some(RolloutCell {
        weight: course.weight(),
        step: course.step + 1,
        steps: course.plan.steps.len(),
        state: shown(course.state),
        id: course.id,
        canary: course.canary,
    }))
}

/// The worst of what fires; else that it is not serving, or steady.
pub fn health(known: &Known, open: &[AlertLine], rollout: Option<&RolloutCell>) -> (State, String) {
    let load_error = known.stable_version().and_then(|version| version.load_error.as_ref());
    match (known.stable, load_error, open.iter().min_by_key(|alert| (alert.state, alert.since))) {
        (None, ..) => (State::Unknown, "Serves nothing yet".into()),
        (_, Some(_), _) => (State::Bad, "The stable version is not loaded".into()),
        (_, _, Some(alert)) => (alert.state, alert.headline.clone()),
        _ => match rollout {
            Some(rollout) => (State::Ok, format!("Steady; version {} is on its way", rollout.canary)),
            None => (State::Ok, "Steady".into()),
        },
    }
}
