//! Approvals: asking, reading, deciding.

use super::list::{List, Paging};
use super::take::{Ask, At, Take};
use crate::web::refused::Answer;
use crate::web::who::Who;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use contract::inputs::{Decide, RequestPromotion};
use contract::views::approvals::{ApprovalLine, ApprovalState, ApprovalView};
use contract::{ApprovalId, DeploymentName};
use control::{Ctx, approvals};
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Filter {
    state: Option<ApprovalState>,
    deployment: Option<DeploymentName>,
}

pub async fn list_approvals(
    State(cx): State<Ctx>,
    Who(who): Who,
    Ask(filter): Ask<Filter>,
    Ask(paging): Ask<Paging>,
) -> Answer<Json<List<ApprovalLine>>> {
    let mut all = approvals::list(&cx, &who).await?;
    all.retain(|line| {
        filter.state.is_none_or(|state| line.state == state)
            && filter.deployment.as_ref().is_none_or(|name| line.deployment == *name)
    });
    Ok(paging.page(all)?)
}

pub async fn request_promotion(
    State(cx): State<Ctx>,
    Who(who): Who,
    Take(input): Take<RequestPromotion>,
) -> Answer<impl IntoResponse> {
    let asked = approvals::request_promotion(&cx, &who, input).await?;
    let location = format!("/api/v1/approvals/{}", asked.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(asked)))
}

pub async fn show_approval(State(cx): State<Ctx>, Who(who): Who, At(id): At<ApprovalId>) -> Answer<Json<ApprovalView>> {
    Ok(Json(approvals::get(&cx, &who, &id).await?))
}

pub async fn decide_approval(
    State(cx): State<Ctx>,
    Who(who): Who,
    At(id): At<ApprovalId>,
    Take(input): Take<Decide>,
) -> Answer<Json<ApprovalView>> {
    Ok(Json(approvals::decide(&cx, &who, &id, input).await?))
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Withdraw {
    reason: String,
}

pub async fn withdraw_approval(
    State(cx): State<Ctx>,
    Who(who): Who,
    At(id): At<ApprovalId>,
    Take(Withdraw { reason }): Take<Withdraw>,
) -> Answer<Json<ApprovalView>> {
    Ok(Json(approvals::withdraw(&cx, &who, &id, &reason).await?))
}
