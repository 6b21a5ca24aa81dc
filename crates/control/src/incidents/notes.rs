//! What people write: notes on the timeline, and what the incident came to and came from.

use super::open::{TEXT, titled};
use super::{held, noted};
use crate::audit::entry;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::inputs::DescribeIncident;
use contract::live::Topic;
use contract::role::Act;
use contract::{IncidentId, Problem};
use serde_json::json;
use store::incidents::IncidentRow;

/// Adds a note, also to an incident that is resolved: the post-mortem is written then.
pub async fn note(cx: &Ctx, who: &Actor, id: &IncidentId, text: &str) -> Outcome<()> {
    who.must(Act::HandleIncident)?;
    let text = text.trim();
    if text.is_empty() || text.chars().count() > TEXT {
        return Err(Problem::field("text", "A note has 1 to 20,000 characters."));
    }
    let doing = "Adding a note";
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    let row = held(&mut tx, id).await?;
    tx.incident_note(&noted(cx, who, id.as_str(), "note", text)).await.or_problem(doing)?;
    let summary = format!("Noted on incident {} of {}", row.number, row.deployment);
    let detail = json!({"deployment": row.deployment, "text": text});
    tx.audit(entry(cx, who, "incident.noted", ("incident", id.as_str()), summary, detail)).await.or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    cx.announce(Topic::Incident { incident: id.clone(), deployment: row.deployment.into() });
    Ok(())
}

/// Changes the title, the impact or the cause; what is left out stays.
pub async fn describe(cx: &Ctx, who: &Actor, id: &IncidentId, input: DescribeIncident) -> Outcome<()> {
    who.must(Act::HandleIncident)?;
    let title = input.title.as_deref().map(titled).transpose()?;
    for (field, text) in [("impact", &input.impact), ("cause", &input.cause)] {
        if text.as_ref().is_some_and(|text| text.chars().count() > TEXT) {
            return Err(Problem::field(field, "At most 20,000 characters."));
        }
    }
    let doing = "Describing the incident";
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    let before = held(&mut tx, id).await?;
    let trimmed = |text: Option<String>, before: &str| text.map_or_else(|| before.to_owned(), |text| text.trim().to_owned());
    let row = IncidentRow {
        title: title.unwrap_or_else(|| before.title.clone()),
        impact: trimmed(input.impact, &before.impact),
        cause: trimmed(input.cause, &before.cause),
        updated_at: cx.now().0,
        ..before.clone()
    };
    tx.incident_update(&row).await.or_problem(doing)?;
    let said = |row: &IncidentRow| json!({"title": row.title, "impact": row.impact, "cause": row.cause});
    let summary = format!("Described incident {} of {}", row.number, row.deployment);
    let detail = json!({"deployment": row.deployment, "before": said(&before), "after": said(&row)});
    tx.audit(entry(cx, who, "incident.described", ("incident", id.as_str()), summary, detail)).await.or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    cx.announce(Topic::Incident { incident: id.clone(), deployment: row.deployment.into() });
    Ok(())
}
