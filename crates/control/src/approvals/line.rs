//! An approval as a line of a list.

use crate::{Ctx, IntoProblem, Outcome};
use contract::views::approvals::{ApprovalLine, ApprovalState, Evidence};
use contract::views::common::When;
use contract::{ApprovalId, DeploymentName, Millis, ModelName, Problem, RolloutId, VersionNo};
use store::approvals::ApprovalRow;

/// The newest approval about a version, for other rooms.
pub async fn latest(cx: &Ctx, model: &ModelName, version: VersionNo) -> Outcome<Option<ApprovalLine>> {
    let row = cx.store.db.latest_approval(model, version).await.or_problem("Reading the approvals")?;
    row.map(|row| line(row, cx.now())).transpose()
}

pub fn line(row: ApprovalRow, now: Millis) -> Outcome<ApprovalLine> {
    let unreadable = || {
        tracing::error!(approval = row.id, "a stored approval cannot be read");
        Problem::internal("A stored approval cannot be read.")
    };
    let evidence: Evidence = serde_json::from_str(&row.evidence).map_err(|_| unreadable())?;
    let state = ApprovalState::parse(&row.state).ok_or_else(unreadable)?;
    let version = VersionNo(u32::try_from(row.version).map_err(|_| unreadable())?);
    Ok(ApprovalLine {
        title: format!("Make version {version} of {} the champion of {}", row.model, row.deployment),
        id: ApprovalId(row.id),
        model: ModelName(row.model),
        version,
        deployment: DeploymentName(row.deployment),
        detail: evidence.gates.summary,
        state,
        asked_by: row.asked_by_name,
        asked: When::new(Millis(row.asked_at), now),
        expires: When::new(Millis(row.expires_at), now),
        rollout: row.rollout.map(RolloutId),
    })
}
