//! The automated tests of a version.

use super::take::At;
use crate::web::refused::Answer;
use crate::web::who::Who;
use axum::Json;
use axum::extract::State;
use contract::views::gates::GatesView;
use contract::{ModelName, Problem, VersionNo};
use control::{Ctx, gates};

pub async fn show_gates(
    State(cx): State<Ctx>,
    Who(who): Who,
    At((model, version)): At<(ModelName, VersionNo)>,
) -> Answer<Json<GatesView>> {
    let view = gates::view(&cx, &who, &model, version).await?;
    match view.run {
        Some(_) => Ok(Json(view)),
        None => Err(Problem::not_found(format!("The gates of version {version} of {model} have not run yet.")).into()),
    }
}

/// Runs them now and answers when they are done: seconds.
pub async fn run_gates(
    State(cx): State<Ctx>,
    Who(who): Who,
    At((model, version)): At<(ModelName, VersionNo)>,
) -> Answer<Json<GatesView>> {
    Ok(Json(gates::run(&cx, &who, &model, version).await?))
}
