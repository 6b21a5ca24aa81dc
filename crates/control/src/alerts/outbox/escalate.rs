//! The reconciler of the owner's schedule: whoever is due by now is told of the alerts that are still open.

use super::call_in;
use crate::alerts::silences;
use crate::audit::entry;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use serde_json::json;

/// Looks at every open alert once; how many messages were enqueued.
pub async fn escalate(cx: &Ctx) -> Outcome<usize> {
    let doing = "Escalating alerts";
    let open = cx.store.db.alerts_open().await.or_problem(doing)?;
    if open.is_empty() || cx.store.db.channels().await.or_problem(doing)?.is_empty() {
        return Ok(0);
    }
    let silences = cx.store.db.silences(cx.now()).await.or_problem(doing)?;
    let mut enqueued = 0;
    for row in open.iter().filter(|row| silences::covering(&silences, row, cx.now()).is_none()) {
        let mut tx = cx.store.db.begin().await.or_problem(doing)?;
        // Read again inside: it may have been acknowledged or resolved in the meantime.
        let Some(row) = tx.alert_held(&row.id.as_str().into()).await.or_problem(doing)? else { continue };
        let told = call_in(cx, &mut tx, &row).await?;
        if told == 0 {
            continue;
        }
        let summary = format!("Told more of those on duty: {}", row.headline);
        let detail = json!({ "deployment": row.deployment, "messages": told });
        tx.audit(entry(cx, &Actor::system(), "alert.escalated", ("alert", row.id), summary, detail)).await.or_problem(doing)?;
        tx.commit().await.or_problem(doing)?;
        enqueued += told;
    }
    Ok(enqueued)
}
