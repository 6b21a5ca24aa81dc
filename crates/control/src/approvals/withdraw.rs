//! Taking a request back.

use super::get::{case, registered_by};
use super::{get, policy, unknown};
use crate::audit::entry;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::live::Topic;
use contract::role::Act;
use contract::views::approvals::{ApprovalState, ApprovalView};
use contract::{ApprovalId, ModelName, Problem};
use serde_json::json;

/// Ends an open request without a decision.
pub async fn withdraw(cx: &Ctx, who: &Actor, id: &ApprovalId, reason: &str) -> Outcome<ApprovalView> {
    who.must(Act::View)?;
    let doing = "Withdrawing the request";
    let row = cx.store.db.approval(id.as_str()).await.or_problem(doing)?.ok_or_else(|| unknown(id))?;
    let registered_by = registered_by(cx, &row).await?;
    let allowed = policy::may_withdraw(who, case(cx, &row, &[], who, &registered_by));
    if let (false, Some(why)) = (allowed.ok, allowed.why_not) {
        let open = row.state == ApprovalState::Open.word();
        return Err(if open { Problem::forbidden(why) } else { Problem::conflict(why) });
    }
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    if !tx.end_approval(id.as_str(), ApprovalState::Withdrawn.word(), None, cx.now()).await.or_problem(doing)? {
        return Err(Problem::conflict("It was decided just now."));
    }
    let summary = format!("Withdrew the request to promote version {} of {} in {}", row.version, row.model, row.deployment);
    tx.audit(entry(cx, who, "approval.withdrawn", ("approval", row.id), summary, json!({"reason": reason.trim()})))
        .await
        .or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    cx.announce(Topic::Approval { approval: id.clone(), model: ModelName(row.model) });
    get(cx, who, id).await
}
