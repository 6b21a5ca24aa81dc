//! Which version is stable: the first one after its approval, and going back to one that was.

use super::{list::version_no, reload_one, unknown};
use crate::audit::entry;
use crate::registry::champion_in;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::inputs::{DriveRollout, RolloutAct};
use contract::live::Topic;
use contract::role::Act;
use contract::views::deployment::DeploymentSummary;
use contract::{DeploymentName, ModelName, Problem, VersionNo};
use serde_json::json;
use store::Tx;

/// What an audit entry says where a version became stable; going back reads these.
const STABLE_SET: &str = "deployment.stable_set";

/// Makes a version stable and the model's champion, inside the caller's transaction. The caller reloads after the commit.
pub async fn set_stable(
    cx: &Ctx,
    tx: &mut Tx,
    who: &Actor,
    name: &DeploymentName,
    version: VersionNo,
    reason: &str,
) -> Outcome<()> {
    let doing = "Changing the stable version";
    let row = tx.deployment_held(name).await.or_problem(doing)?.ok_or_else(|| unknown(name))?;
    let model = ModelName::from(row.model.as_str());
    tx.deployment_stable(name, version, cx.now()).await.or_problem(doing)?;
    champion_in(cx, tx, who, &model, version).await?;
    let before = row.stable.map(version_no);
    let summary = match before {
        Some(before) => format!("Version {version} of {model} answers for {name} instead of version {before}"),
        None => format!("Version {version} of {model} is the first that answers for {name}"),
    };
    let detail = json!({"version": version, "before": before, "reason": reason});
    tx.audit(entry(cx, who, STABLE_SET, ("deployment", name.as_str()), summary, detail)).await.or_problem(doing)?;
    Ok(())
}

/// Goes back to a version that was stable here before (`None`: the last one). An open rollout ends with it.
pub async fn roll_back(
    cx: &Ctx,
    who: &Actor,
    name: &DeploymentName,
    to: Option<VersionNo>,
    reason: &str,
) -> Outcome<DeploymentSummary> {
    who.must(Act::StopRollout)?;
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Problem::field("reason", "Say why: it is kept in the audit log."));
    }
    let doing = "Rolling back";
    let row = cx.store.db.deployment(name).await.or_problem(doing)?.ok_or_else(|| unknown(name))?;
    if let Some(open) = cx.store.db.rollout_open_of(name).await.or_problem(doing)? {
        let drive = DriveRollout { act: RolloutAct::RollBack, reason: reason.to_owned() };
        crate::rollouts::drive(cx, who, &open.id.as_str().into(), drive).await?;
        if to.is_none() || to == row.stable.map(version_no) {
            return super::get(cx, who, name).await;
        }
    }
    let Some(to) = to.or(row.previous.map(version_no)) else {
        return Err(Problem::conflict(format!("{name} has had no other stable version to go back to.")));
    };
    if row.stable.map(version_no) == Some(to) {
        return Err(Problem::conflict(format!("Version {to} is the stable version of {name} already.")));
    }
    if !was_stable(cx, name, to).await? {
        return Err(Problem::needs_approval(format!(
            "Version {to} has never been stable in {name}: ask for its promotion instead."
        )));
    }
    super::reload::ensure_loadable(cx, name, to).await?;
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    set_stable(cx, &mut tx, who, name, to, reason).await?;
    let summary = format!("Rolled {name} back to version {to}: {reason}");
    let detail = json!({"to": to, "from": row.stable, "reason": reason});
    tx.audit(entry(cx, who, "deployment.rolled_back", ("deployment", name.as_str()), summary, detail)).await.or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    reload_one(cx, name).await?;
    cx.announce(Topic::Deployment { deployment: name.clone() });
    super::get(cx, who, name).await
}

async fn was_stable(cx: &Ctx, name: &DeploymentName, version: VersionNo) -> Outcome<bool> {
    let kept = cx.store.db.audit_of("deployment", name.as_str(), 10_000).await.or_problem("Reading the history")?;
    Ok(kept.iter().filter(|entry| entry.action == STABLE_SET).any(|entry| {
        let detail: serde_json::Value = serde_json::from_str(&entry.detail).unwrap_or_default();
        detail["version"] == json!(version)
    }))
}
