//! Opening a rollout: from an approval, inside its transaction, or directly.

use super::course::{StepTime, json};
use super::plan;
use crate::audit::entry;
use crate::deployments::{self, set_stable, unknown, version_no};
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::live::Topic;
use contract::role::Act;
use contract::rollout::{RolloutPlan, RolloutState};
use contract::views::rollouts::RolloutSummary;
use contract::{ApprovalId, Contract, DeploymentName, ModelName, Problem, RolloutId, VersionNo};
use serde_json::json as values;
use store::Tx;
use store::rollouts::RolloutRow;

/// What is to be rolled out, why and by whom.
#[derive(Clone, Debug)]
pub struct Start<'a> {
    pub deployment: DeploymentName,
    pub model: ModelName,
    pub version: VersionNo,
    /// The default plan where there is none.
    pub plan: Option<RolloutPlan>,
    /// `None` where no sign-off was needed.
    pub approval: Option<ApprovalId>,
    pub by: &'a Actor,
}

/// Opens the rollout inside the caller's transaction; the caller pokes after its commit. `None`: the deployment had no stable
/// version, so this one became it at once. `Conflict` if another rollout is open.
pub async fn start_in_tx(cx: &Ctx, tx: &mut Tx, start: Start<'_>) -> Outcome<Option<RolloutId>> {
    let doing = "Starting the rollout";
    let Start { deployment, model, version, plan, approval, by } = start;
    let row = tx.deployment_held(&deployment).await.or_problem(doing)?.ok_or_else(|| unknown(&deployment))?;
    if row.model != model.as_str() {
        return Err(Problem::conflict(format!("{deployment} serves {}, not {model}.", row.model)));
    }
    let Some(registered) = tx.version(&model, version).await.or_problem(doing)? else {
        return Err(Problem::not_found(format!("There is no version {version} of {model}.")));
    };
    let Some(stable) = row.stable.map(version_no) else {
        set_stable(cx, tx, by, &deployment, version, "first version").await?;
        return Ok(None);
    };
    if stable == version {
        return Err(Problem::conflict(format!("Version {version} is the stable version of {deployment} already.")));
    }
    if let Some(open) = tx.rollout_open_of(&deployment).await.or_problem(doing)? {
        return Err(Problem::conflict(format!("A rollout of version {} is open in {deployment}; end it first.", open.canary)));
    }
    let plan = plan.unwrap_or_default();
    plan::check(&plan)?;
    let contract: Contract =
        serde_json::from_str(&registered.contract).map_err(|_| Problem::internal("The stored contract cannot be read."))?;
    let plan = plan::fitted(plan, &contract);
    let (id, now) = (RolloutId(cx.new_id()), cx.now());
    let opened = RolloutRow {
        id: id.0.clone(),
        deployment: deployment.0.clone(),
        model: model.0.clone(),
        stable: i64::from(stable.0),
        canary: i64::from(version.0),
        state: RolloutState::Running.word().into(),
        step: 0,
        plan: json(&plan),
        reason: "Just started.".into(),
        steps: json(&vec![StepTime { entered: now, left: None }]),
        marks: "[]".into(),
        looks: 0,
        approval: approval.map(|approval| approval.0),
        started_at: now.0,
        started_by: by.id.clone(),
        started_by_name: by.name.clone(),
        updated_at: now.0,
        ended_at: None,
    };
    match tx.rollout_insert(&opened).await {
        Err(store::Error::Conflict(_)) => {
            return Err(Problem::conflict(format!("Another rollout of {deployment} was started just now.")));
        }
        other => other.or_problem(doing)?,
    }
    let weight = plan.steps.first().map_or(0.0, |step| step.weight);
    let summary =
        format!("Started the rollout of version {version} of {model} in {deployment} at {weight}%, replacing version {stable}");
    let detail =
        values!({"deployment": deployment, "canary": version, "stable": stable, "plan": plan, "approval": opened.approval});
    tx.audit(entry(cx, by, "rollout.started", ("rollout", id.as_str()), summary, detail)).await.or_problem(doing)?;
    Ok(Some(id))
}

/// Opens a rollout without an approval, for those who may sign one off themselves.
pub async fn start(
    cx: &Ctx,
    who: &Actor,
    deployment: &DeploymentName,
    version: VersionNo,
    plan: Option<RolloutPlan>,
    reason: &str,
) -> Outcome<Option<RolloutSummary>> {
    if !(who.role.may(Act::DriveRollout) && who.role.may(Act::Approve)) {
        return Err(Problem::needs_approval(format!(
            "A rollout of {deployment} starts when its promotion is approved: ask for the promotion of version {version}."
        )));
    }
    if reason.trim().is_empty() {
        return Err(Problem::field("reason", "Say why: it is kept in the audit log."));
    }
    let doing = "Starting the rollout";
    let model = deployments::brief_one(cx, deployment).await?.settings.model;
    deployments::ensure_loadable(cx, deployment, version).await?;
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    let start = Start { deployment: deployment.clone(), model, version, plan, approval: None, by: who };
    let id = start_in_tx(cx, &mut tx, start).await?;
    let summary = format!("Without an approval: {}", reason.trim());
    tx.audit(entry(cx, who, "rollout.not_approved", ("deployment", deployment.as_str()), summary, values!({"version": version})))
        .await
        .or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    deployments::reload_one(cx, deployment).await?;
    cx.announce(Topic::Deployment { deployment: deployment.clone() });
    match id {
        None => Ok(None),
        Some(id) => {
            cx.announce(Topic::Rollout { rollout: id.clone(), deployment: deployment.clone() });
            super::summary_of(cx, &id).await.map(Some)
        }
    }
}

/// Brings into memory what a committed transaction has started.
pub async fn poke(cx: &Ctx) {
    if let Err(problem) = deployments::sync(cx).await {
        tracing::error!(%problem, "what was started is not loaded yet; the reconciler tries again");
    }
}
