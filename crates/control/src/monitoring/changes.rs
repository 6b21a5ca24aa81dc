//! What changed in a deployment, to be marked on its charts.

use crate::{Ctx, IntoProblem, Outcome};
use contract::inputs::TimeRange;
use contract::time::DAY;
use contract::views::parts::Change;
use contract::{DeploymentName, Millis, urls};
use store::Tx;
use store::audit::Kept;

/// Changes in a range, oldest first.
pub async fn changes_of(cx: &Ctx, deployment: &DeploymentName, range: TimeRange) -> Outcome<Vec<Change>> {
    let kept = cx.store.db.deployment_changes(deployment, range.from, range.to + 1, 100).await.or_problem("Reading changes")?;
    Ok(kept.into_iter().rev().map(change).collect())
}

/// The last change of the day before now, inside a transaction.
pub async fn change_before(cx: &Ctx, tx: &mut Tx, deployment: &DeploymentName) -> Outcome<Option<Change>> {
    let now = cx.now();
    let kept = tx.deployment_changes(deployment, Millis(now.0 - DAY), now + 1, 1).await.or_problem("Reading changes")?;
    Ok(kept.into_iter().next().map(change))
}

fn change(entry: Kept) -> Change {
    let url = match entry.object_kind.as_str() {
        "rollout" => Some(urls::rollout(&entry.object_id.as_str().into())),
        _ => None,
    };
    Change { at: Millis(entry.at), text: entry.summary, who: entry.actor_name, url }
}
