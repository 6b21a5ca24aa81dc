//! What changed in a deployment, to be marked on its charts.

use crate::{Ctx, IntoProblem, Outcome};
use contract::inputs::TimeRange;
use contract::time::DAY;
use contract::views::parts::Change;
use contract::{DeploymentName, Millis, urls};
use store::Tx;
use store::audit::Kept;
use store::events::EventRow;

/// Most changes that a chart shows.
const MOST: i64 = 100;

/// Changes in a range, oldest first: what was done here, and what other teams have told of.
pub async fn changes_of(cx: &Ctx, deployment: &DeploymentName, range: TimeRange) -> Outcome<Vec<Change>> {
    let doing = "Reading changes";
    let kept = cx.store.db.deployment_changes(deployment, range.from, range.to + 1, MOST).await.or_problem(doing)?;
    let told = cx.store.db.events_concerning(deployment, range.from, range.to + 1, MOST).await.or_problem(doing)?;
    let mut changes: Vec<Change> = kept.into_iter().rev().map(change).chain(told.into_iter().map(outside)).collect();
    changes.sort_by_key(|change| change.at);
    Ok(changes)
}

/// The last change of the day before now, inside a transaction.
pub async fn change_before(cx: &Ctx, tx: &mut Tx, deployment: &DeploymentName) -> Outcome<Option<Change>> {
    let doing = "Reading changes";
    let (from, to) = (Millis(cx.now().0 - DAY), cx.now() + 1);
    let kept = tx.deployment_changes(deployment, from, to, 1).await.or_problem(doing)?;
    let told = tx.events_concerning(deployment, from, to, 1).await.or_problem(doing)?;
    Ok(kept.into_iter().map(change).chain(told.into_iter().map(outside)).max_by_key(|change| change.at))
}

fn outside(event: EventRow) -> Change {
    Change {
        at: Millis(event.at),
        text: format!("{}: {}", event.source, event.title),
        who: event.posted_by_name,
        url: event.link,
    }
}

fn change(entry: Kept) -> Change {
    let url = match entry.object_kind.as_str() {
        "rollout" => Some(urls::rollout(&entry.object_id.as_str().into())),
        _ => None,
    };
    Change { at: Millis(entry.at), text: entry.summary, who: entry.actor_name, url }
}
