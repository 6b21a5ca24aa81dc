//! Silences of alerts.

use super::list::{List, Paging};
use super::take::{Ask, At, Take};
use crate::web::refused::Answer;
use crate::web::who::Who;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use contract::SilenceId;
use contract::alerting::SaveSilence;
use contract::views::alerts::SilenceLine;
use control::Ctx;
use control::alerts::silences;

/// Those that hold now.
pub async fn list_silences(State(cx): State<Ctx>, Who(who): Who, Ask(paging): Ask<Paging>) -> Answer<Json<List<SilenceLine>>> {
    Ok(paging.page(silences::list(&cx, &who).await?)?)
}

pub async fn create_silence(State(cx): State<Ctx>, Who(who): Who, Take(input): Take<SaveSilence>) -> Answer<impl IntoResponse> {
    Ok((StatusCode::CREATED, Json(silences::save(&cx, &who, input).await?)))
}

pub async fn end_silence(State(cx): State<Ctx>, Who(who): Who, At(id): At<SilenceId>) -> Answer<StatusCode> {
    silences::end(&cx, &who, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
