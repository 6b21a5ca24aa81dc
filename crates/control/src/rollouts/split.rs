//! Whether the arms of an open rollout get the traffic that they should: asked by the alerts.

use super::compare::split_holds;
use super::course::Course;
use super::evidence::gather;
use crate::{Ctx, IntoProblem, Outcome};
use contract::DeploymentName;
use contract::RolloutId;

/// The current step's requests per arm, where their ratio is not the planned one.
#[derive(Clone, Debug, PartialEq)]
pub struct Mismatch {
    pub rollout: RolloutId,
    pub canary: u64,
    pub stable: u64,
    /// Percent that the canary should get.
    pub weight: f64,
}

/// `None`: no rollout is open, or its split is as it should be.
pub async fn mismatch(cx: &Ctx, deployment: &DeploymentName) -> Outcome<Option<Mismatch>> {
    let Some(row) = cx.store.db.rollout_open_of(deployment).await.or_problem("Reading the rollout")? else { return Ok(None) };
    let course = Course::read(row)?;
    let (canary, stable) = gather(cx, &course).await?.in_step(course.step);
    let weight = course.weight();
    Ok((!split_holds(canary, stable, weight)).then_some(Mismatch { rollout: course.id, canary, stable, weight }))
}
