//! Channels of alerts, who is told by which, and the log of what was sent.

use super::list::{List, Paging};
use super::take::{Ask, At, Take};
use crate::web::refused::Answer;
use crate::web::who::Who;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use contract::alerting::{RouteStep, SaveChannel};
use contract::views::channels::{ChannelLine, DeliveryLine, NewChannel};
use contract::views::monitors::RouteView;
use contract::{ChannelId, DeliveryId, DeploymentName};
use control::Ctx;
use control::alerts::{self, channels, routes};
use serde::Deserialize;
use serde_json::json;

pub async fn list_channels(State(cx): State<Ctx>, Who(who): Who, Ask(paging): Ask<Paging>) -> Answer<Json<List<ChannelLine>>> {
    Ok(paging.page(channels::channels(&cx, &who).await?.channels)?)
}

/// The only answer that shows a webhook's key, where it was made here.
pub async fn create_channel(State(cx): State<Ctx>, Who(who): Who, Take(input): Take<SaveChannel>) -> Answer<impl IntoResponse> {
    let made = channels::create(&cx, &who, input).await?;
    let location = format!("/api/v1/channels/{}", made.line.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(made)))
}

pub async fn show_channel(State(cx): State<Ctx>, Who(who): Who, At(id): At<ChannelId>) -> Answer<Json<ChannelLine>> {
    Ok(Json(channels::channel(&cx, &who, &id).await?.line))
}

pub async fn update_channel(
    State(cx): State<Ctx>,
    Who(who): Who,
    At(id): At<ChannelId>,
    Take(input): Take<SaveChannel>,
) -> Answer<Json<NewChannel>> {
    Ok(Json(channels::update(&cx, &who, &id, input).await?))
}

pub async fn remove_channel(State(cx): State<Ctx>, Who(who): Who, At(id): At<ChannelId>) -> Answer<StatusCode> {
    channels::remove(&cx, &who, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Enqueues a message; the log says what became of it.
pub async fn test_channel(State(cx): State<Ctx>, Who(who): Who, At(id): At<ChannelId>) -> Answer<impl IntoResponse> {
    let delivery = channels::test_send(&cx, &who, &id).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "delivery": delivery }))))
}

#[derive(Deserialize)]
pub struct Filter {
    channel: Option<ChannelId>,
}

pub async fn list_deliveries(
    State(cx): State<Ctx>,
    Who(who): Who,
    Ask(filter): Ask<Filter>,
    Ask(paging): Ask<Paging>,
) -> Answer<Json<List<DeliveryLine>>> {
    Ok(paging.page(channels::deliveries(&cx, &who, filter.channel.as_ref()).await?)?)
}

pub async fn redeliver(State(cx): State<Ctx>, Who(who): Who, At(id): At<DeliveryId>) -> Answer<impl IntoResponse> {
    alerts::redeliver(&cx, &who, &id).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "delivery": id }))))
}

pub async fn show_route(State(cx): State<Ctx>, Who(who): Who, At(name): At<DeploymentName>) -> Answer<Json<RouteView>> {
    Ok(Json(routes::route(&cx, &who, &name).await?))
}

#[derive(Deserialize)]
pub struct SaveRoute {
    steps: Vec<RouteStep>,
}

pub async fn save_route(
    State(cx): State<Ctx>,
    Who(who): Who,
    At(name): At<DeploymentName>,
    Take(SaveRoute { steps }): Take<SaveRoute>,
) -> Answer<Json<RouteView>> {
    Ok(Json(routes::save(&cx, &who, &name, Some(steps)).await?))
}

/// Back to every channel at once.
pub async fn forget_route(State(cx): State<Ctx>, Who(who): Who, At(name): At<DeploymentName>) -> Answer<Json<RouteView>> {
    Ok(Json(routes::save(&cx, &who, &name, None).await?))
}
