//! Explainability: reports, their links, and one decision explained.

use super::take::{At, Take};
use crate::web::refused::Answer;
use crate::web::who::Who;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use contract::views::report::{Case, ExplainView, ReportView};
use contract::{ModelName, ReportId, VersionNo, urls};
use control::{Ctx, explain};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Deserialize)]
pub struct BuildReport {
    model: ModelName,
    version: VersionNo,
}

/// Queues a report; it appears under the version when it is done.
pub async fn build_report(
    State(cx): State<Ctx>,
    Who(who): Who,
    Take(BuildReport { model, version }): Take<BuildReport>,
) -> Answer<impl IntoResponse> {
    explain::build(&cx, &who, &model, version).await?;
    let location = format!("/api/v1/models/{model}/versions/{version}/report");
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(json!({ "queued": true }))))
}

/// The newest report of a version, or that one is being made.
pub async fn show_explanation(
    State(cx): State<Ctx>,
    Who(who): Who,
    At((model, version)): At<(ModelName, VersionNo)>,
) -> Answer<Json<ExplainView>> {
    Ok(Json(explain::view(&cx, &who, &model, version).await?))
}

#[derive(Deserialize)]
pub struct ExplainOne {
    record: Value,
}

pub async fn explain_record(
    State(cx): State<Ctx>,
    Who(who): Who,
    At((model, version)): At<(ModelName, VersionNo)>,
    Take(ExplainOne { record }): Take<ExplainOne>,
) -> Answer<Json<Case>> {
    Ok(Json(explain::one(&cx, &who, &model, version, record).await?))
}

pub async fn show_report(State(cx): State<Ctx>, Who(who): Who, At(id): At<ReportId>) -> Answer<Json<ReportView>> {
    Ok(Json(explain::open(&cx, Some(&who), id.as_str()).await?))
}

/// A link that can be opened without signing in. Its token is shown once.
#[derive(Serialize)]
pub struct Shared {
    url: String,
    token: String,
}

#[derive(Deserialize)]
pub struct Share {
    #[serde(default = "month")]
    days: u32,
}

fn month() -> u32 {
    30
}

pub async fn share_report(
    State(cx): State<Ctx>,
    Who(who): Who,
    At(id): At<ReportId>,
    Take(Share { days }): Take<Share>,
) -> Answer<impl IntoResponse> {
    let token = explain::share(&cx, &who, &id, days).await?;
    let url = format!("{}{}", cx.site.address, urls::report(&token));
    Ok((StatusCode::CREATED, Json(Shared { url, token })))
}
