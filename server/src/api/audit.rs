//! The audit log, and whether it holds.

use super::list::{List, Paging};
use super::take::Ask;
use crate::web::refused::Answer;
use crate::web::who::Who;
use axum::Json;
use axum::extract::State;
use contract::role::Act;
use contract::views::audit::{AuditLine, AuditVerified};
use control::{Ctx, audit};
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Filter {
    #[serde(default)]
    q: String,
}

/// Newest first. The page's length is the log's own; `limit` may shorten it.
pub async fn list_entries(
    State(cx): State<Ctx>,
    Who(who): Who,
    Ask(Filter { q }): Ask<Filter>,
    Ask(paging): Ask<Paging>,
) -> Answer<Json<List<AuditLine>>> {
    let limit = paging.limit()?;
    let view = audit::page(&cx, &who, paging.cursor()?, &q).await?;
    let mut items = view.entries;
    let mut next = view.next;
    if items.len() > limit {
        items.truncate(limit);
        next = items.last().map(|line| line.seq);
    }
    Ok(Json(List { items, next_cursor: next.map(|seq| seq.to_string()) }))
}

pub async fn verify_audit(State(cx): State<Ctx>, Who(who): Who) -> Answer<Json<AuditVerified>> {
    who.must(Act::View)?;
    Ok(Json(audit::verify(&cx).await?))
}
