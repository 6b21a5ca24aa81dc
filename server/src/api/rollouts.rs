//! Rollouts: starting, reading, driving.

use super::list::{List, Paging};
use super::take::{Ask, At, Take};
use crate::web::refused::Answer;
use crate::web::who::Who;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use contract::inputs::DriveRollout;
use contract::rollout::{RolloutPlan, RolloutState};
use contract::views::rollouts::{ReleaseLine, RolloutView};
use contract::{DeploymentName, RolloutId, VersionNo};
use control::{Ctx, rollouts};
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Filter {
    deployment: Option<DeploymentName>,
    state: Option<RolloutState>,
}

pub async fn list_rollouts(
    State(cx): State<Ctx>,
    Who(who): Who,
    Ask(filter): Ask<Filter>,
    Ask(paging): Ask<Paging>,
) -> Answer<Json<List<ReleaseLine>>> {
    let mut all = rollouts::list(&cx, &who).await?.rollouts;
    all.retain(|line| filter.deployment.as_ref().is_none_or(|name| line.deployment == *name) && filter.state.is_none_or(|state| line.phase == state));
    Ok(paging.page(all)?)
}

#[derive(Deserialize)]
pub struct StartRollout {
    deployment: DeploymentName,
    version: VersionNo,
    #[serde(default)]
    plan: RolloutPlan,
    #[serde(default)]
    reason: String,
}

pub async fn start_rollout(State(cx): State<Ctx>, Who(who): Who, Take(input): Take<StartRollout>) -> Answer<impl IntoResponse> {
    let StartRollout { deployment, version, plan, reason } = input;
    let started = rollouts::start(&cx, &who, &deployment, version, plan, &reason).await?;
    let location = format!("/api/v1/rollouts/{}", started.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(started)))
}

pub async fn show_rollout(State(cx): State<Ctx>, Who(who): Who, At(id): At<RolloutId>) -> Answer<Json<RolloutView>> {
    Ok(Json(rollouts::view(&cx, &who, &id).await?))
}

pub async fn drive_rollout(
    State(cx): State<Ctx>,
    Who(who): Who,
    At(id): At<RolloutId>,
    Take(input): Take<DriveRollout>,
) -> Answer<Json<RolloutView>> {
    Ok(Json(rollouts::drive(&cx, &who, &id, input).await?))
}
