//! The head that every tab of a deployment carries.

use super::sums;
use crate::deployments::{Known, unknown};
use crate::rollouts::shown;
use crate::words::{count, counted};
use crate::{Ctx, IntoProblem, Outcome};
use contract::DeploymentName;
use contract::VersionNo;
use contract::inputs::TimeRange;
use contract::time::{DAY, HOUR};
use contract::verdict::State;
use contract::views::alerts::AlertLine;
use contract::views::deployment::Head;
use contract::views::fleet::RolloutCell;
use std::sync::Arc;
use store::rollouts::RolloutRow;

/// The deployment as it runs, with its head, whose range starts no earlier than the deployment.
pub async fn head(cx: &Ctx, name: &DeploymentName, range: TimeRange) -> Outcome<(Arc<Known>, Head)> {
    let known = cx.book.get(name).ok_or_else(|| unknown(name))?;
    let range = super::spans::since_birth(range, known.born);
    let open = cx.store.db.alerts_open().await.or_problem("Reading alerts")?;
    let open: Vec<AlertLine> =
        open.into_iter().filter(|row| row.deployment == name.as_str()).filter_map(crate::alerts::line).collect();
    let rollout = rollout_cell(cx, &known).await?;
    let day = sums::live(cx, name, HOUR, DAY).await?;
    let (state, headline) = health(&known, &open, rollout.as_ref(), day.rows);
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

/// What the rules about drift may cost in false alarms, and how often they would have fired, in a sentence.
pub async fn budget(cx: &Ctx, known: &Known) -> Outcome<String> {
    crate::alerts::monitors::achieved(cx, known).await
}

/// The open rollout in a few facts.
pub async fn rollout_cell(cx: &Ctx, known: &Known) -> Outcome<Option<RolloutCell>> {
    let open = cx.store.db.rollout_open_of(&known.name).await.or_problem("Reading the rollout")?;
    open.map(cell).transpose()
}

/// An open rollout in a few facts.
pub fn cell(open: RolloutRow) -> Outcome<RolloutCell> {
    let course = crate::rollouts::Course::read(open)?;
    Ok(RolloutCell {
        weight: course.weight(),
        step: course.step + 1,
        steps: course.plan.steps.len(),
        state: shown(course.state),
        id: course.id,
        canary: course.canary,
    })
}

/// Predictions of a day below which nothing firing means nothing: the alerts could not have fired.
const FEWEST: u64 = 50;

/// The worst of what fires; else that it is not serving, that there is not enough data, or that it is steady.
/// `day` counts the predictions of the last day.
pub fn health(known: &Known, open: &[AlertLine], rollout: Option<&RolloutCell>, day: u64) -> (State, String) {
    let load_error = known.stable_version().and_then(|version| version.load_error.as_ref());
    match (known.stable, load_error, open.iter().min_by_key(|alert| (alert.state, alert.since))) {
        (None, ..) => (State::Unknown, "Serves nothing yet".into()),
        (_, Some(_), _) => (State::Bad, "The stable version is not loaded".into()),
        (_, _, Some(alert)) => (alert.state, alert.headline.clone()),
        _ => quiet(rollout.map(|rollout| rollout.canary), day),
    }
}

/// What it means that nothing fires.
fn quiet(canary: Option<VersionNo>, day: u64) -> (State, String) {
    let on_its_way = canary.map_or(String::new(), |canary| format!("; version {canary} is on its way"));
    let (state, what) = match day {
        0 => (State::Unknown, "Not enough data: no predictions for a day".to_owned()),
        n if n < FEWEST => (State::Unknown, format!("Not enough data: {} of {} needed", count(n), counted(FEWEST, "prediction"))),
        _ => (State::Ok, "Steady".to_owned()),
    };
    (state, format!("{what}{on_its_way}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_without_traffic_is_not_steady() {
        for (canary, day, state, words) in [
            (None, 0, State::Unknown, "Not enough data: no predictions for a day"),
            (None, 1, State::Unknown, "Not enough data: 1 of 50 predictions needed"),
            (None, 49, State::Unknown, "Not enough data: 49 of 50 predictions needed"),
            (None, 50, State::Ok, "Steady"),
            (Some(3), 9_000, State::Ok, "Steady; version 3 is on its way"),
            (Some(3), 0, State::Unknown, "Not enough data: no predictions for a day; version 3 is on its way"),
        ] {
            assert_eq!(quiet(canary.map(VersionNo), day), (state, words.to_owned()), "{day} predictions");
        }
    }
}
