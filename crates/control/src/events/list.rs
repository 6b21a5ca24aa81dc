//! Reading events back.

use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::role::Act;
use contract::views::events::{EventKind, EventLine};
use contract::{DeploymentName, EventId, Millis, Problem};
use store::events::EventRow;

/// Events that a list goes back to.
const MOST: i64 = 2_000;

/// Newest first; those that concern a deployment, if one is named.
pub async fn list(cx: &Ctx, who: &Actor, deployment: Option<&DeploymentName>) -> Outcome<Vec<EventLine>> {
    who.must(Act::View)?;
    let rows = match deployment {
        None => cx.store.db.events(MOST).await,
        Some(name) => cx.store.db.events_concerning(name, Millis(i64::MIN), Millis(i64::MAX), MOST).await,
    };
    Ok(rows.or_problem("Listing events")?.into_iter().map(line).collect())
}

pub async fn get(cx: &Ctx, who: &Actor, id: &EventId) -> Outcome<EventLine> {
    who.must(Act::View)?;
    let row = cx.store.db.event(id).await.or_problem("Reading the event")?;
    row.map(line).ok_or_else(|| Problem::not_found(format!("There is no event “{id}”.")))
}

pub(super) fn line(row: EventRow) -> EventLine {
    EventLine {
        id: row.id.into(),
        source: row.source,
        key: row.key,
        kind: EventKind::parse(&row.kind).unwrap_or_default(),
        title: row.title,
        at: Millis(row.at),
        link: row.link,
        deployments: serde_json::from_str(&row.deployments).unwrap_or_default(),
        posted_by: row.posted_by_name,
        received_at: Millis(row.received_at),
    }
}
