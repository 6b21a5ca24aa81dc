//! Incidents: what is open, what changed before it, who does what; opening, driving and closing them.

use super::list::{List, Paging};
use super::take::{Ask, At, Take};
use crate::web::refused::Answer;
use crate::web::who::Who;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use contract::inputs::{DescribeIncident, DriveIncident, OpenIncident};
use contract::views::incidents::{IncidentLine, IncidentRole, IncidentState, IncidentView};
use contract::{DeploymentName, IncidentId, UserId};
use control::{Ctx, incidents};
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Filter {
    deployment: Option<DeploymentName>,
    state: Option<IncidentState>,
}

pub async fn list_incidents(
    State(cx): State<Ctx>,
    Who(who): Who,
    Ask(filter): Ask<Filter>,
    Ask(paging): Ask<Paging>,
) -> Answer<Json<List<IncidentLine>>> {
    let mut all = incidents::list(&cx, &who).await?.incidents;
    all.retain(|line| {
        filter.deployment.as_ref().is_none_or(|name| line.deployment == *name)
            && filter.state.is_none_or(|state| line.phase == state)
    });
    Ok(paging.page(all)?)
}

pub async fn open_incident(State(cx): State<Ctx>, Who(who): Who, Take(input): Take<OpenIncident>) -> Answer<Response> {
    let opened = incidents::open(&cx, &who, input).await?;
    let location = format!("/api/v1/incidents/{}", opened.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(opened)).into_response())
}

pub async fn show_incident(State(cx): State<Ctx>, Who(who): Who, At(id): At<IncidentId>) -> Answer<Json<IncidentView>> {
    Ok(Json(incidents::view(&cx, &who, &id).await?))
}

pub async fn describe_incident(
    State(cx): State<Ctx>,
    Who(who): Who,
    At(id): At<IncidentId>,
    Take(input): Take<DescribeIncident>,
) -> Answer<Json<IncidentView>> {
    incidents::describe(&cx, &who, &id, input).await?;
    Ok(Json(incidents::view(&cx, &who, &id).await?))
}

pub async fn drive_incident(
    State(cx): State<Ctx>,
    Who(who): Who,
    At(id): At<IncidentId>,
    Take(input): Take<DriveIncident>,
) -> Answer<Json<IncidentView>> {
    incidents::drive(&cx, &who, &id, input).await?;
    Ok(Json(incidents::view(&cx, &who, &id).await?))
}

#[derive(Deserialize)]
pub struct Note {
    text: String,
}

pub async fn note_incident(
    State(cx): State<Ctx>,
    Who(who): Who,
    At(id): At<IncidentId>,
    Take(Note { text }): Take<Note>,
) -> Answer<StatusCode> {
    incidents::note(&cx, &who, &id, &text).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub struct Assign {
    role: IncidentRole,
}

pub async fn assign_person(
    State(cx): State<Ctx>,
    Who(who): Who,
    At((id, person)): At<(IncidentId, UserId)>,
    Take(Assign { role }): Take<Assign>,
) -> Answer<StatusCode> {
    incidents::assign(&cx, &who, &id, &person, role).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub async fn remove_person(
    State(cx): State<Ctx>,
    Who(who): Who,
    At((id, person)): At<(IncidentId, UserId)>,
) -> Answer<StatusCode> {
    incidents::leave(&cx, &who, &id, &person).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub async fn show_post_mortem(State(cx): State<Ctx>, Who(who): Who, At(id): At<IncidentId>) -> Answer<Response> {
    let (name, text) = incidents::post_mortem(&cx, &who, &id).await?;
    // Names of deployments are plain words, so that the file's name needs no quoting.
    let disposition = format!("attachment; filename=\"{name}\"");
    Ok(([(header::CONTENT_TYPE, "text/markdown; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, disposition)], text)
        .into_response())
}
