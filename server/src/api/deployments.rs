//! Served names: what is declared about them, and rolling back.

use super::list::{List, Paging, Range};
use super::take::{Ask, At, Take};
use crate::web::refused::Answer;
use crate::web::who::Who;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use contract::deployment::DeploymentSettings;
use contract::inputs::CreateDeployment;
use contract::views::deployment::{DeploymentSummary, DeploymentView};
use contract::{DeploymentName, VersionNo};
use control::{Ctx, deployments};
use serde::Deserialize;

pub async fn list_deployments(
    State(cx): State<Ctx>,
    Who(who): Who,
    Ask(paging): Ask<Paging>,
) -> Answer<Json<List<DeploymentSummary>>> {
    Ok(paging.page(deployments::list(&cx, &who).await?)?)
}

pub async fn create_deployment(
    State(cx): State<Ctx>,
    Who(who): Who,
    Take(input): Take<CreateDeployment>,
) -> Answer<impl IntoResponse> {
    let made = deployments::create(&cx, &who, input).await?;
    let location = format!("/api/v1/deployments/{}", made.name);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(made)))
}

pub async fn show_deployment(
    State(cx): State<Ctx>,
    Who(who): Who,
    At(name): At<DeploymentName>,
) -> Answer<Json<DeploymentSummary>> {
    Ok(Json(deployments::get(&cx, &who, &name).await?))
}

pub async fn update_deployment(
    State(cx): State<Ctx>,
    Who(who): Who,
    At(name): At<DeploymentName>,
    Take(settings): Take<DeploymentSettings>,
) -> Answer<Json<DeploymentSummary>> {
    Ok(Json(deployments::update(&cx, &who, &name, settings).await?))
}

pub async fn show_overview(
    State(cx): State<Ctx>,
    Who(who): Who,
    At(name): At<DeploymentName>,
    Ask(range): Ask<Range>,
) -> Answer<Json<DeploymentView>> {
    Ok(Json(deployments::view(&cx, &who, &name, range.read(cx.now())?).await?))
}

#[derive(Deserialize)]
pub struct RollBack {
    /// The version to go back to; the one before, if none is named.
    to: Option<VersionNo>,
    #[serde(default)]
    reason: String,
}

pub async fn roll_back_deployment(
    State(cx): State<Ctx>,
    Who(who): Who,
    At(name): At<DeploymentName>,
    Take(RollBack { to, reason }): Take<RollBack>,
) -> Answer<Json<DeploymentSummary>> {
    Ok(Json(deployments::roll_back(&cx, &who, &name, to, &reason).await?))
}
