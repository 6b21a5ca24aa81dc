//! Monitors: the rules of deployments, where they begin to fire, and what they would have done.

use super::list::{List, Paging};
use super::take::{Ask, At, Take};
use crate::web::refused::Answer;
use crate::web::who::Who;
use axum::Json;
use axum::extract::State;
use contract::DeploymentName;
use contract::views::monitors::{BackTest, MonitorLine};
use control::Ctx;
use control::alerts::monitors;
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Filter {
    deployment: Option<DeploymentName>,
}

pub async fn list_monitors(
    State(cx): State<Ctx>,
    Who(who): Who,
    Ask(filter): Ask<Filter>,
    Ask(paging): Ask<Paging>,
) -> Answer<Json<List<MonitorLine>>> {
    Ok(paging.page(monitors::monitors(&cx, &who, filter.deployment.as_ref()).await?)?)
}

pub async fn show_monitor(
    State(cx): State<Ctx>,
    Who(who): Who,
    At((deployment, monitor)): At<(DeploymentName, String)>,
) -> Answer<Json<MonitorLine>> {
    Ok(Json(monitors::monitor(&cx, &who, &deployment, &monitor).await?))
}

#[derive(Deserialize)]
pub struct SetLimit {
    limit: f64,
}

pub async fn set_monitor(
    State(cx): State<Ctx>,
    Who(who): Who,
    At((deployment, monitor)): At<(DeploymentName, String)>,
    Take(SetLimit { limit }): Take<SetLimit>,
) -> Answer<Json<MonitorLine>> {
    Ok(Json(monitors::save(&cx, &who, &deployment, &monitor, limit).await?))
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Try {
    /// The one that is set where it is left out.
    limit: Option<f64>,
}

/// Changes nothing.
pub async fn backtest_monitor(
    State(cx): State<Ctx>,
    Who(who): Who,
    At((deployment, monitor)): At<(DeploymentName, String)>,
    Take(Try { limit }): Take<Try>,
) -> Answer<Json<BackTest>> {
    Ok(Json(monitors::backtest(&cx, &who, &deployment, &monitor, limit).await?))
}
