//! Rollouts: starting, reading, driving.

use super::list::{List, Paging};
use super::take::{Ask, At, Take};
use crate::web::refused::Answer;
use crate::web::who::Who;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use contract::inputs::DriveRollout;
use contract::rollout::{RolloutPlan, RolloutState};
use contract::views::rollouts::{ReleaseLine, RolloutView};
use contract::{DeploymentName, RolloutId, VersionNo};
use control::{Ctx, deployments, rollouts};
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
    let mut all = rollouts::releases(&cx, &who).await?.rollouts;
    all.retain(|line| {
        filter.deployment.as_ref().is_none_or(|name| line.deployment == *name)
            && filter.state.is_none_or(|state| line.phase == state)
    });
    Ok(paging.page(all)?)
}

#[derive(Deserialize)]
pub struct StartRollout {
    deployment: DeploymentName,
    version: VersionNo,
    /// The usual steps otherwise.
    #[serde(default)]
    plan: Option<RolloutPlan>,
    #[serde(default)]
    reason: String,
}

pub async fn start_rollout(State(cx): State<Ctx>, Who(who): Who, Take(input): Take<StartRollout>) -> Answer<Response> {
    let StartRollout { deployment, version, plan, reason } = input;
    match rollouts::start(&cx, &who, &deployment, version, plan, &reason).await? {
        Some(started) => {
            let location = format!("/api/v1/rollouts/{}", started.id);
            Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(started)).into_response())
        }
        // The first version of a deployment has nothing to be rolled out against: it answers everything at once.
        None => Ok(Json(deployments::get(&cx, &who, &deployment).await?).into_response()),
    }
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
    rollouts::drive(&cx, &who, &id, input).await?;
    Ok(Json(rollouts::view(&cx, &who, &id).await?))
}
