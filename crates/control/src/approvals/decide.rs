//! The decision: signed by somebody else, on the evidence they saw, and what follows from it in the same transaction.

use super::get::{case, decision_word, number, registered_by};
use super::{get, policy, unknown};
use crate::audit::entry;
use crate::rollouts::{self, Start};
use crate::{Actor, Ctx, IntoProblem, Outcome, deployments, identity};
use contract::inputs::{Decide, Decision};
use contract::live::Topic;
use contract::role::Act;
use contract::rollout::RolloutPlan;
use contract::views::approvals::{ApprovalState, ApprovalView, Evidence};
use contract::{ApprovalId, DeploymentName, ModelName, Problem, RolloutId};
use serde_json::json;
use store::Tx;
use store::approvals::{ApprovalRow, SignOffRow};

/// Approves, rejects, or asks for changes. With the last signature the rollout starts, or the first version becomes stable.
///
/// `Forbidden` for who asked or registered, and for roles that do not sign; `Invalid` without comment or with a wrong password;
/// `Conflict` if it was decided, has expired, or the evidence is not what the person saw.
pub async fn decide(cx: &Ctx, who: &Actor, id: &ApprovalId, input: Decide) -> Outcome<ApprovalView> {
    who.must(Act::Approve)?;
    let doing = "Deciding";
    let comment = input.comment.trim();
    if comment.is_empty() || comment.chars().count() > 5_000 {
        return Err(Problem::field("comment", "Write a comment of up to 5,000 characters: it is kept with the decision."));
    }
    let row = cx.store.db.approval(id.as_str()).await.or_problem(doing)?.ok_or_else(|| unknown(id))?;
    // Cheap refusals come before the password is checked.
    check(cx, &row, who, &input).await?;
    if policy::ASKS_PASSWORD {
        let password = input.password.as_deref().unwrap_or_default();
        if password.is_empty() {
            return Err(Problem::field("password", "Enter your password again: a signature asks for it."));
        }
        if !identity::check_own_password(cx, &who.id, password).await? {
            return Err(Problem::field("password", "This is not your password."));
        }
    }
    let replaces = replaces(&row)?;
    let target = deployments::brief_one(cx, &DeploymentName::from(row.deployment.as_str())).await?;
    if input.decision == Decision::Approve && target.stable != replaces {
        return Err(Problem::conflict(format!(
            "The stable version of {} has changed since the evidence was made. Ask again, on fresh evidence.",
            target.name
        )));
    }

    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    let held = tx.approval_for_update(id.as_str()).await.or_problem(doing)?.ok_or_else(|| unknown(id))?;
    if held.state != ApprovalState::Open.word() {
        return Err(Problem::conflict("Somebody else has decided this just now."));
    }
    let signed = SignOffRow {
        approval: held.id.clone(),
        user_id: who.id.clone(),
        name: who.name.clone(),
        role: who.role.word().into(),
        decision: decision_word(input.decision).into(),
        comment: comment.to_owned(),
        evidence_hash: held.evidence_hash.clone(),
        at: cx.now().0,
    };
    match tx.insert_sign_off(&signed).await {
        Err(store::Error::Conflict(_)) => return Err(Problem::conflict("You have signed this request.")),
        other => other.or_problem(doing)?,
    }
    let (state, rollout) = match input.decision {
        Decision::Approve => (ApprovalState::Approved, start(cx, &mut tx, who, &held).await?),
        Decision::RequestChanges => (ApprovalState::ChangesRequested, None),
        Decision::Reject => (ApprovalState::Rejected, None),
    };
    if !tx.end_approval(&held.id, state.word(), rollout.as_ref().map(RolloutId::as_str), cx.now()).await.or_problem(doing)? {
        return Err(Problem::conflict("Somebody else has decided this just now."));
    }
    let (action, did) = match input.decision {
        Decision::Approve => ("approval.approved", "Approved"),
        Decision::RequestChanges => ("approval.changes_requested", "Asked for changes before"),
        Decision::Reject => ("approval.rejected", "Rejected"),
    };
    let summary = format!("{did} the promotion of version {} of {} in {}", held.version, held.model, held.deployment);
    let detail = json!({
        "statement": held.statement, "evidence": held.evidence_hash, "version": held.version_hash, "comment": comment, "rollout": rollout,
        "asked_by": held.asked_by_name,
    });
    tx.audit(entry(cx, who, action, ("approval", held.id.clone()), summary, detail)).await.or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;

    let model = ModelName(held.model);
    if input.decision == Decision::Approve {
        rollouts::poke(cx).await;
        let deployment = DeploymentName(held.deployment);
        if let Some(rollout) = rollout {
            cx.announce(Topic::Rollout { rollout, deployment: deployment.clone() });
        }
        cx.announce(Topic::Deployment { deployment });
    }
    cx.announce(Topic::Approval { approval: id.clone(), model });
    get(cx, who, id).await
}

/// What refuses a decision before anything is written.
async fn check(cx: &Ctx, row: &ApprovalRow, who: &Actor, input: &Decide) -> Outcome<()> {
    let signed = cx.store.db.sign_offs(&row.id).await.or_problem("Reading the signatures")?;
    let registered_by = registered_by(cx, row).await?;
    let case = case(cx, row, &signed, who, &registered_by);
    let allowed = policy::may_sign(who, case);
    if let (false, Some(why)) = (allowed.ok, allowed.why_not) {
        let stands = case.state == ApprovalState::Open && !case.expired;
        return Err(if stands { Problem::forbidden(why) } else { Problem::conflict(why) });
    }
    if input.evidence_hash != row.evidence_hash {
        return Err(Problem::conflict("The evidence is not the one that you saw. Read it again before you sign."));
    }
    Ok(())
}

async fn start(cx: &Ctx, tx: &mut Tx, who: &Actor, row: &ApprovalRow) -> Outcome<Option<RolloutId>> {
    let plan: Option<RolloutPlan> = match &row.plan {
        Some(json) => Some(serde_json::from_str(json).map_err(|error| {
            tracing::error!(%error, approval = row.id, "a stored plan cannot be read");
            Problem::internal("The stored plan cannot be read.")
        })?),
        None => None,
    };
    let start = Start {
        deployment: DeploymentName(row.deployment.clone()),
        model: ModelName(row.model.clone()),
        version: number(row.version),
        plan,
        approval: Some(ApprovalId(row.id.clone())),
        by: who,
    };
    rollouts::start_in_tx(cx, tx, start).await
}

/// The version that the evidence says would be replaced.
fn replaces(row: &ApprovalRow) -> Outcome<Option<contract::VersionNo>> {
    let evidence: Evidence = serde_json::from_str(&row.evidence).map_err(|error| {
        tracing::error!(%error, approval = row.id, "stored evidence cannot be read");
        Problem::internal("The stored evidence cannot be read.")
    })?;
    Ok(evidence.changes.replaces)
}
