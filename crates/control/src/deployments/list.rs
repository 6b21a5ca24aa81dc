//! Deployments as programs and other rooms read them.

use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::deployment::DeploymentSettings;
use contract::role::Act;
use contract::rollout::RolloutPlan;
use contract::views::deployment::DeploymentSummary;
use contract::{DeploymentName, Millis, ModelName, Problem, RolloutId, VersionNo};
use store::deployments::DeploymentRow;
use store::rollouts::RolloutRow;

/// What other rooms need to know of a deployment.
#[derive(Clone, Debug, PartialEq)]
pub struct Brief {
    pub name: DeploymentName,
    pub settings: DeploymentSettings,
    pub stable: Option<VersionNo>,
    /// The canary and its percent of requests.
    pub canary: Option<(VersionNo, f64)>,
    pub rollout: Option<RolloutId>,
}

pub async fn list(cx: &Ctx, who: &Actor) -> Outcome<Vec<DeploymentSummary>> {
    who.must(Act::View)?;
    let doing = "Listing deployments";
    let open = cx.store.db.rollouts_open().await.or_problem(doing)?;
    let rows = cx.store.db.deployments().await.or_problem(doing)?;
    rows.iter().map(|row| summary(row, open.iter().find(|rollout| rollout.deployment == row.name))).collect()
}

pub async fn get(cx: &Ctx, who: &Actor, name: &DeploymentName) -> Outcome<DeploymentSummary> {
    who.must(Act::View)?;
    let doing = "Reading the deployment";
    let row = cx.store.db.deployment(name).await.or_problem(doing)?.ok_or_else(|| unknown(name))?;
    summary(&row, cx.store.db.rollout_open_of(name).await.or_problem(doing)?.as_ref())
}

/// The deployments of a model.
pub async fn brief(cx: &Ctx, model: &ModelName) -> Outcome<Vec<Brief>> {
    let doing = "Reading the deployments";
    let open = cx.store.db.rollouts_open().await.or_problem(doing)?;
    let rows = cx.store.db.deployments().await.or_problem(doing)?;
    rows.iter()
        .filter(|row| row.model == model.as_str())
        .map(|row| brief_of(row, open.iter().find(|rollout| rollout.deployment == row.name)))
        .collect()
}

pub async fn brief_one(cx: &Ctx, name: &DeploymentName) -> Outcome<Brief> {
    let doing = "Reading the deployment";
    let row = cx.store.db.deployment(name).await.or_problem(doing)?.ok_or_else(|| unknown(name))?;
    brief_of(&row, cx.store.db.rollout_open_of(name).await.or_problem(doing)?.as_ref())
}

pub(crate) fn unknown(name: &DeploymentName) -> Problem {
    Problem::not_found(format!("There is no deployment “{name}”."))
}

/// The settings as they were stored.
pub(crate) fn settings_of(row: &DeploymentRow) -> Outcome<DeploymentSettings> {
    serde_json::from_str(&row.settings).map_err(|error| {
        tracing::error!(deployment = row.name, %error, "stored settings cannot be read");
        Problem::internal(format!("The stored settings of {} cannot be read.", row.name))
    })
}

pub(crate) fn version_no(stored: i64) -> VersionNo {
    VersionNo(u32::try_from(stored).unwrap_or(0))
}

fn brief_of(row: &DeploymentRow, open: Option<&RolloutRow>) -> Outcome<Brief> {
    Ok(Brief {
        name: row.name.as_str().into(),
        settings: settings_of(row)?,
        stable: row.stable.map(version_no),
        canary: open.map(|rollout| (version_no(rollout.canary), weight_of(rollout))),
        rollout: open.map(|rollout| rollout.id.as_str().into()),
    })
}

/// Percent of requests that the step of an open rollout gives to the canary.
pub(crate) fn weight_of(rollout: &RolloutRow) -> f64 {
    let plan: Option<RolloutPlan> = serde_json::from_str(&rollout.plan).ok();
    let step = usize::try_from(rollout.step).unwrap_or(0);
    plan.and_then(|plan| plan.steps.get(step).map(|step| step.weight)).unwrap_or(0.0)
}

fn summary(row: &DeploymentRow, open: Option<&RolloutRow>) -> Outcome<DeploymentSummary> {
    Ok(DeploymentSummary {
        name: row.name.as_str().into(),
        stable: row.stable.map(version_no),
        canary: open.map(|rollout| version_no(rollout.canary)),
        settings: settings_of(row)?,
        created_at: Millis(row.created_at),
        updated_at: Millis(row.updated_at),
    })
}
