//! Approvals as lines of lists.

use super::get::{number, state, title};
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::role::Act;
use contract::views::approvals::{ApprovalLine, Evidence};
use contract::views::common::When;
use contract::{ApprovalId, DeploymentName, Millis, ModelName, RolloutId, VersionNo};
use store::approvals::ApprovalRow;

/// The newest 500, open and decided.
pub async fn list(cx: &Ctx, who: &Actor) -> Outcome<Vec<ApprovalLine>> {
    who.must(Act::View)?;
    let rows = cx.store.db.approvals(500).await.or_problem("Listing approvals")?;
    Ok(rows.into_iter().map(|row| line(row, cx.now())).collect())
}

/// The newest approval about a version, for its page.
pub async fn latest(cx: &Ctx, model: &ModelName, version: VersionNo) -> Outcome<Option<ApprovalLine>> {
    let row = cx.store.db.latest_approval(model, version).await.or_problem("Reading the approval")?;
    Ok(row.map(|row| line(row, cx.now())))
}

pub(super) fn line(row: ApprovalRow, now: Millis) -> ApprovalLine {
    let evidence: Option<Evidence> = serde_json::from_str(&row.evidence).ok();
    ApprovalLine {
        title: title(&row, evidence.as_ref().is_some_and(|evidence| evidence.changes.replaces.is_none())),
        detail: evidence.map(|evidence| evidence.gates.summary).unwrap_or_default(),
        state: state(&row),
        model: ModelName(row.model),
        version: number(row.version),
        deployment: DeploymentName(row.deployment),
        asked_by: row.asked_by_name,
        asked: When::new(Millis(row.asked_at), now),
        expires: When::new(Millis(row.expires_at), now),
        rollout: row.rollout.map(RolloutId),
        id: ApprovalId(row.id),
    }
}
