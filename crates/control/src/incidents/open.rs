//! Opening an incident by hand: somebody has seen what no alert has.

use super::list::line;
use super::noted;
use crate::audit::entry;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::inputs::OpenIncident;
use contract::live::Topic;
use contract::role::Act;
use contract::views::incidents::{IncidentLine, IncidentRole, IncidentState};
use contract::{IncidentId, Millis, Problem};
use serde_json::json;
use store::incidents::{IncidentRow, PersonRow};

/// Longest title and longest text.
pub(super) const TITLE: usize = 300;
pub(super) const TEXT: usize = 20_000;

/// Opens it, with the person who did as its commander. `Conflict` if the deployment has one that is not resolved. Alerts of the
/// deployment that fire join it.
pub async fn open(cx: &Ctx, who: &Actor, input: OpenIncident) -> Outcome<IncidentLine> {
    who.must(Act::HandleIncident)?;
    let title = titled(&input.title)?;
    if input.note.chars().count() > TEXT {
        return Err(Problem::field("note", "A note has at most 20,000 characters."));
    }
    let now = cx.now();
    let started = match input.started_at.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        None => now,
        // A form sends minutes without a zone; they are UTC, as the page says.
        Some(text) => Millis::parse(text).or_else(|| Millis::parse(&format!("{text}:00Z"))).ok_or_else(|| {
            Problem::field("started_at", format!("started_at must be a time as in 2026-03-17T14:20:00Z, and is “{text}”."))
        })?,
    };
    if started > now {
        return Err(Problem::field("started_at", "It cannot have begun in the future."));
    }
    let doing = "Opening an incident";
    let name = input.deployment;
    cx.store
        .db
        .deployment(&name)
        .await
        .or_problem(doing)?
        .ok_or_else(|| Problem::field("deployment", format!("There is no deployment “{name}”.")))?;
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    tx.audit_turn().await.or_problem(doing)?;
    if let Some(open) = tx.incident_open_of(name.as_str()).await.or_problem(doing)? {
        return Err(Problem::conflict(format!(
            "Incident {} of {name} is not resolved yet: “{}”. Add what you see to it.",
            open.number, open.title
        )));
    }
    let row = IncidentRow {
        id: cx.new_id(),
        number: tx.incident_number().await.or_problem(doing)?,
        deployment: name.0.clone(),
        title,
        severity: "watch".into(),
        state: IncidentState::Open.word().into(),
        started_at: started.0,
        opened_at: now.0,
        opened_by: who.id.clone(),
        opened_by_name: who.name.clone(),
        mitigated_at: None,
        resolved_at: None,
        impact: String::new(),
        cause: String::new(),
        updated_at: now.0,
    };
    tx.incident_insert(&row).await.or_problem(doing)?;
    let id = IncidentId(row.id.clone());
    tx.incident_note(&noted(cx, who, &row.id, "opened", "Opened by hand")).await.or_problem(doing)?;
    let note = input.note.trim();
    if !note.is_empty() {
        tx.incident_note(&noted(cx, who, &row.id, "note", note)).await.or_problem(doing)?;
    }
    tx.incident_person_put(&PersonRow {
        incident: row.id.clone(),
        person: who.id.clone(),
        name: who.name.clone(),
        role: IncidentRole::Commander.word().into(),
        since: now.0,
    })
    .await
    .or_problem(doing)?;
    let summary = format!("Incident {} of {name}: {}", row.number, row.title);
    let detail = json!({"deployment": name, "number": row.number, "started_at": started.rfc3339()});
    tx.audit(entry(cx, who, "incident.opened", ("incident", id.as_str()), summary, detail)).await.or_problem(doing)?;
    let firing = tx.alerts_open_of(name.as_str()).await.or_problem(doing)?;
    for alert in &firing {
        super::on_alert(cx, &mut tx, alert).await?;
    }
    tx.commit().await.or_problem(doing)?;
    cx.announce(Topic::Incident { incident: id.clone(), deployment: name });
    let row = cx.store.db.incident(&id).await.or_problem(doing)?.unwrap_or(row);
    Ok(line(row, who.name.clone(), firing.len()))
}

/// The title, if it can be one.
pub(super) fn titled(title: &str) -> Outcome<String> {
    let title = title.trim();
    if title.is_empty() || title.chars().count() > TITLE {
        return Err(Problem::field("title", "Say what is wrong in 1 to 300 characters."));
    }
    Ok(title.to_owned())
}
