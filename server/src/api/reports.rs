//! Explainability: reports, their links, and one decision explained.

use super::take::{At, Take};
use crate::web::refused::Answer;
use crate::web::who::Who;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use contract::views::report::{Case, ExplainView, ReportView};
use contract::{ModelName, ReportId, VersionNo, urls};
use control::{Ctx, explain};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Deserialize)]
pub struct BuildReport {
    model: ModelName,
    version: VersionNo,
}

/// Queues a report; it appears under the version when it is done.
pub async fn build_report(State(cx): State<Ctx>, Who(who): Who, Take(BuildReport { model, version }): Take<BuildReport>) -> Answer<impl IntoResponse> {
    explain::build_report(&cx, &who, &model, version).await?;
    Ok((StatusCode::ACCEPTED, Json(explain::view(&cx, &who, &model, version).await?)))
}

/// The newest report of a version, or that one is being made.
pub async fn show_explanation(State(cx): State<Ctx>, Who(who): Who, At((model, version)): At<(ModelName, VersionNo)>) -> Answer<Json<ExplainView>> {
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
    Ok(Json(explain::explain_one(&cx, &who, &model, version, record).await?))
}

pub async fn show_report(State(cx): State<Ctx>, Who(who): Who, At(id): At<ReportId>) -> Answer<Json<ReportView>> {
    Ok(Json(explain::report(&cx, &who, &id).await?))
}

/// A link that can be opened without signing in. Its token is shown once.
#[derive(Serialize)]
pub struct Shared {
    url: String,
    token: String,
}

pub async fn share_report(State(cx): State<Ctx>, Who(who): Who, At(id): At<ReportId>) -> Answer<impl IntoResponse> {
    let token = explain::share(&cx, &who, &id).await?;
    let url = format!("{}{}", cx.site.address, urls::report(&token));
    Ok((StatusCode::CREATED, Json(Shared { url, token })))
}
