//! Events: changes outside of Slipway that other teams tell of.

use super::list::{List, Paging};
use super::take::{Ask, At, Take};
use crate::web::refused::Answer;
use crate::web::who::Who;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use contract::inputs::CreateEvent;
use contract::views::events::{EventKind, EventLine};
use contract::{DeploymentName, EventId};
use control::{Ctx, events};
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Filter {
    deployment: Option<DeploymentName>,
    source: Option<String>,
    kind: Option<EventKind>,
}

pub async fn list_events(
    State(cx): State<Ctx>,
    Who(who): Who,
    Ask(filter): Ask<Filter>,
    Ask(paging): Ask<Paging>,
) -> Answer<Json<List<EventLine>>> {
    let mut lines = events::list(&cx, &who, filter.deployment.as_ref()).await?;
    lines.retain(|line| {
        filter.source.as_ref().is_none_or(|source| line.source == *source) && filter.kind.is_none_or(|kind| line.kind == kind)
    });
    Ok(paging.page(lines)?)
}

/// 201 for a new event, 200 for one that is known.
pub async fn post_event(State(cx): State<Ctx>, Who(who): Who, Take(input): Take<CreateEvent>) -> Answer<Response> {
    let (event, new) = events::post(&cx, &who, input).await?;
    let location = format!("/api/v1/events/{}", event.id);
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, [(header::LOCATION, location)], Json(event)).into_response())
}

pub async fn show_event(State(cx): State<Ctx>, Who(who): Who, At(id): At<EventId>) -> Answer<Json<EventLine>> {
    Ok(Json(events::get(&cx, &who, &id).await?))
}
