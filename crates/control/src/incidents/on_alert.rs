//! What an alert does, in the transaction that opens it: it joins the incident of its deployment, or opens one if it is bad.
//! Pages hear of it with the alert, once the transaction has ended.

use super::noted;
use crate::audit::entry;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::IncidentId;
use contract::views::incidents::IncidentState;
use serde_json::json;
use store::Tx;
use store::alerts::AlertRow;
use store::incidents::IncidentRow;

const DOING: &str = "Opening an incident";

/// The incident that the alert belongs to now, if there is one.
pub(crate) async fn on_alert(cx: &Ctx, tx: &mut Tx, alert: &AlertRow) -> Outcome<Option<IncidentId>> {
    tx.audit_turn().await.or_problem(DOING)?;
    Ok(match tx.incident_open_of(&alert.deployment).await.or_problem(DOING)? {
        Some(open) => Some(join(cx, tx, open, alert).await?),
        None if alert.severity == "bad" => Some(begin(cx, tx, alert).await?),
        None => None,
    })
}

async fn begin(cx: &Ctx, tx: &mut Tx, alert: &AlertRow) -> Outcome<IncidentId> {
    let system = Actor::system();
    let row = IncidentRow {
        id: cx.new_id(),
        number: tx.incident_number().await.or_problem(DOING)?,
        deployment: alert.deployment.clone(),
        title: alert.headline.clone(),
        severity: alert.severity.clone(),
        state: IncidentState::Open.word().into(),
        started_at: alert.since,
        opened_at: cx.now().0,
        opened_by: system.id.clone(),
        opened_by_name: system.name.clone(),
        mitigated_at: None,
        resolved_at: None,
        impact: String::new(),
        cause: String::new(),
        updated_at: cx.now().0,
    };
    tx.incident_insert(&row).await.or_problem(DOING)?;
    tx.incident_join(&row.id, &alert.id.as_str().into(), cx.now()).await.or_problem(DOING)?;
    let text = format!("Opened by an alert: {}", alert.headline);
    tx.incident_note(&noted(cx, &system, &row.id, "opened", text.clone())).await.or_problem(DOING)?;
    let detail = json!({"deployment": row.deployment, "alert": alert.id, "number": row.number});
    let summary = format!("Incident {} of {}: {}", row.number, row.deployment, row.title);
    tx.audit(entry(cx, &system, "incident.opened", ("incident", row.id.clone()), summary, detail)).await.or_problem(DOING)?;
    Ok(row.id.into())
}

/// Joins; one that was mitigated is open again, and the worst alert gives the severity.
async fn join(cx: &Ctx, tx: &mut Tx, open: IncidentRow, alert: &AlertRow) -> Outcome<IncidentId> {
    let id = IncidentId(open.id.clone());
    let again = open.state == IncidentState::Mitigated.word();
    // One of its own alerts may have opened again.
    if !tx.incident_join(&open.id, &alert.id.as_str().into(), cx.now()).await.or_problem(DOING)? && !again {
        return Ok(id);
    }
    let system = Actor::system();
    if again {
        let text = format!("Open again: {}", alert.headline);
        tx.incident_note(&noted(cx, &system, &open.id, "reopened", text.clone())).await.or_problem(DOING)?;
        let detail = json!({"deployment": open.deployment, "alert": alert.id});
        tx.audit(entry(cx, &system, "incident.reopened", ("incident", open.id.clone()), text, detail)).await.or_problem(DOING)?;
    }
    let row = IncidentRow {
        state: IncidentState::Open.word().into(),
        mitigated_at: None,
        severity: if alert.severity == "bad" { "bad".into() } else { open.severity.clone() },
        started_at: open.started_at.min(alert.since),
        updated_at: cx.now().0,
        ..open
    };
    tx.incident_update(&row).await.or_problem(DOING)?;
    Ok(id)
}
