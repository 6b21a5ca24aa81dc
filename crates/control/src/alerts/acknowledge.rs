//! Somebody has seen an alert.

use super::outbox;
use crate::audit::entry;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::alerting::AlertEvent;
use contract::live::Topic;
use contract::role::Act;
use contract::views::alerts::AlertKind;
use contract::{AlertId, Problem};
use serde_json::json;
use store::alerts::AlertRow;

/// Notes who has seen it. What happened once (a rollback) is resolved by that; a condition is when it no longer holds.
pub async fn acknowledge(cx: &Ctx, who: &Actor, id: &AlertId, note: &str) -> Outcome<()> {
    who.must(Act::AcknowledgeAlert)?;
    let doing = "Acknowledging the alert";
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    let row =
        tx.alert_held(id).await.or_problem(doing)?.ok_or_else(|| Problem::not_found(format!("There is no alert “{id}”.")))?;
    if let Some(by) = &row.acknowledged_by {
        return Err(Problem::conflict(format!("{by} has acknowledged it already.")));
    }
    let once = row.kind == AlertKind::RolledBack.word();
    let seen = AlertRow {
        acknowledged_by: Some(who.name.clone()),
        acknowledged_at: Some(cx.now().0),
        resolved_at: row.resolved_at.or(once.then_some(cx.now().0)),
        note: note.trim().chars().take(2_000).collect(),
        ..row
    };
    tx.alert_update(&seen).await.or_problem(doing)?;
    let event = if once { AlertEvent::Resolved } else { AlertEvent::Acknowledged };
    outbox::tell_in(cx, &mut tx, &seen, event).await?;
    let summary = format!("Acknowledged: {}", seen.headline);
    tx.audit(entry(
        cx,
        who,
        "alert.acknowledged",
        ("alert", id.as_str()),
        summary,
        json!({"deployment": seen.deployment, "note": seen.note}),
    ))
    .await
    .or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    cx.announce(Topic::Alert { alert: id.clone(), deployment: seen.deployment.as_str().into() });
    Ok(())
}
