//! Alerts: what fires, and taking note of it.

use super::list::{List, Paging};
use super::take::{Ask, At, Take};
use crate::web::refused::Answer;
use crate::web::who::Who;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use contract::views::alerts::AlertLine;
use contract::{AlertId, DeploymentName, Problem};
use control::{Ctx, alerts};
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Filter {
    deployment: Option<DeploymentName>,
    /// `firing`, `silenced` (which fires, too) or `resolved`; all if it is left out.
    state: Option<String>,
}

pub async fn list_alerts(
    State(cx): State<Ctx>,
    Who(who): Who,
    Ask(filter): Ask<Filter>,
    Ask(paging): Ask<Paging>,
) -> Answer<Json<List<AlertLine>>> {
    let view = alerts::list(&cx, &who).await?;
    let mut lines = match filter.state.as_deref() {
        None => view.open.into_iter().chain(view.resolved).collect(),
        Some("firing") => view.open,
        Some("silenced") => view.open.into_iter().filter(|line| line.silenced.is_some()).collect(),
        Some("resolved") => view.resolved,
        Some(other) => {
            return Err(Problem::field("state", format!("state is firing, silenced or resolved, and is “{other}”.")).into());
        }
    };
    lines.retain(|line: &AlertLine| filter.deployment.as_ref().is_none_or(|name| line.deployment == *name));
    Ok(paging.page(lines)?)
}

/// One that fires, or was resolved in the last 30 days.
pub async fn show_alert(State(cx): State<Ctx>, Who(who): Who, At(id): At<AlertId>) -> Answer<Json<AlertLine>> {
    let view = alerts::list(&cx, &who).await?;
    let found = view.open.into_iter().chain(view.resolved).find(|line| line.id == id);
    Ok(Json(found.ok_or_else(|| Problem::not_found(format!("There is no alert “{id}”.")))?))
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Acknowledge {
    comment: String,
}

pub async fn acknowledge_alert(
    State(cx): State<Ctx>,
    Who(who): Who,
    At(id): At<AlertId>,
    Take(Acknowledge { comment }): Take<Acknowledge>,
) -> Answer<StatusCode> {
    alerts::acknowledge(&cx, &who, &id, &comment).await?;
    Ok(StatusCode::NO_CONTENT)
}
