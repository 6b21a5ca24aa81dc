//! The reconciler of incidents: alerts that became bad after they were opened get one, and one whose alerts have all ended is
//! mitigated. Resolving is for people, who know why it happened.

use super::noted;
use super::on_alert::on_alert;
use crate::audit::entry;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::IncidentId;
use contract::live::Topic;
use contract::views::incidents::IncidentState;
use serde_json::json;
use store::incidents::IncidentRow;

/// Goes over all of them once.
pub async fn tick(cx: &Ctx) -> Outcome<()> {
    let doing = "Looking after incidents";
    for alert in cx.store.db.alerts_without_incident().await.or_problem(doing)? {
        let mut tx = cx.store.db.begin().await.or_problem(doing)?;
        on_alert(cx, &mut tx, &alert).await?;
        tx.commit().await.or_problem(doing)?;
        cx.announce(Topic::Alert { alert: alert.id.as_str().into(), deployment: alert.deployment.as_str().into() });
    }
    for row in cx.store.db.incidents_open().await.or_problem(doing)? {
        if row.state == IncidentState::Open.word() {
            calm(cx, &IncidentId(row.id)).await?;
        }
    }
    Ok(())
}

/// Mitigated where it has alerts and none of them fires.
async fn calm(cx: &Ctx, id: &IncidentId) -> Outcome<()> {
    let doing = "Looking after incidents";
    let alerts = cx.store.db.incident_alerts(id).await.or_problem(doing)?;
    if alerts.is_empty() || alerts.iter().any(|alert| alert.resolved_at.is_none()) {
        return Ok(());
    }
    // Opened again by hand after the last alert ended: a person sees what the alerts do not.
    let notes = cx.store.db.incident_notes(id).await.or_problem(doing)?;
    let ended = alerts.iter().filter_map(|alert| alert.resolved_at).max().unwrap_or_default();
    if notes.iter().any(|note| note.kind == "reopened" && note.author != Actor::system().id && note.at >= ended) {
        return Ok(());
    }
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    tx.audit_turn().await.or_problem(doing)?;
    let Some(held) = tx.incident_held(id).await.or_problem(doing)? else { return Ok(()) };
    if held.state != IncidentState::Open.word() || tx.incident_firing(id.as_str()).await.or_problem(doing)? > 0 {
        return Ok(());
    }
    let system = Actor::system();
    let text = "None of its alerts fires any more";
    tx.incident_note(&noted(cx, &system, id.as_str(), "mitigated", text)).await.or_problem(doing)?;
    let deployment = held.deployment.clone();
    let summary = format!("Incident {} of {deployment} is mitigated: none of its alerts fires", held.number);
    let detail = json!({"deployment": deployment, "reason": text});
    tx.audit(entry(cx, &system, "incident.mitigated", ("incident", id.as_str()), summary, detail)).await.or_problem(doing)?;
    let row =
        IncidentRow { state: IncidentState::Mitigated.word().into(), mitigated_at: Some(ended), updated_at: cx.now().0, ..held };
    tx.incident_update(&row).await.or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    cx.announce(Topic::Incident { incident: id.clone(), deployment: deployment.into() });
    Ok(())
}
