//! What is watched: the fleet, drift, latency and quality of a deployment, over a stretch of time.

use super::list::Range;
use super::take::{Ask, At};
use crate::web::refused::Answer;
use crate::web::who::Who;
use axum::Json;
use axum::extract::State;
use contract::DeploymentName;
use contract::views::drift::DriftView;
use contract::views::fleet::FleetView;
use contract::views::latency::LatencyView;
use contract::views::quality::QualityView;
use contract::views::resources::ResourcesView;
use contract::views::slo::SloView;
use control::{Ctx, alerts, monitoring, outcomes, resources};
use serde::Deserialize;

pub async fn show_fleet(State(cx): State<Ctx>, Who(who): Who, Ask(range): Ask<Range>) -> Answer<Json<FleetView>> {
    Ok(Json(monitoring::fleet(&cx, &who, range.read(cx.now())?).await?))
}

#[derive(Deserialize)]
pub struct Feature {
    feature: Option<String>,
}

pub async fn show_drift(
    State(cx): State<Ctx>,
    Who(who): Who,
    At(name): At<DeploymentName>,
    Ask(Feature { feature }): Ask<Feature>,
    Ask(range): Ask<Range>,
) -> Answer<Json<DriftView>> {
    Ok(Json(monitoring::drift(&cx, &who, &name, range.read(cx.now())?, feature.as_deref()).await?))
}

pub async fn show_latency(
    State(cx): State<Ctx>,
    Who(who): Who,
    At(name): At<DeploymentName>,
    Ask(range): Ask<Range>,
) -> Answer<Json<LatencyView>> {
    Ok(Json(monitoring::latency(&cx, &who, &name, range.read(cx.now())?).await?))
}

#[derive(Deserialize)]
pub struct Of {
    deployment: Option<DeploymentName>,
}

pub async fn show_resources(
    State(cx): State<Ctx>,
    Who(who): Who,
    Ask(Of { deployment }): Ask<Of>,
    Ask(range): Ask<Range>,
) -> Answer<Json<ResourcesView>> {
    Ok(Json(resources::view(&cx, &who, deployment.as_ref(), range.read(cx.now())?).await?))
}

pub async fn show_slo(
    State(cx): State<Ctx>,
    Who(who): Who,
    At(name): At<DeploymentName>,
    Ask(range): Ask<Range>,
) -> Answer<Json<SloView>> {
    Ok(Json(alerts::slo::view(&cx, &who, &name, range.read(cx.now())?).await?))
}

pub async fn show_quality(
    State(cx): State<Ctx>,
    Who(who): Who,
    At(name): At<DeploymentName>,
    Ask(range): Ask<Range>,
) -> Answer<Json<QualityView>> {
    Ok(Json(outcomes::quality(&cx, &who, &name, range.read(cx.now())?).await?))
}
