//! One approval, from what was stored.

use super::policy::{self, Case};
use super::unknown;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::inputs::Decision;
use contract::role::Act;
use contract::views::approvals::{ApprovalState, ApprovalView, Evidence, SignOff};
use contract::views::common::When;
use contract::{ApprovalId, BlobHash, DeploymentName, Millis, ModelName, Problem, Role, RolloutId, VersionNo};
use store::approvals::{ApprovalRow, SignOffRow};

pub async fn get(cx: &Ctx, who: &Actor, id: &ApprovalId) -> Outcome<ApprovalView> {
    who.must(Act::View)?;
    let doing = "Reading the approval";
    let row = cx.store.db.approval(id.as_str()).await.or_problem(doing)?.ok_or_else(|| unknown(id))?;
    let signed = cx.store.db.sign_offs(id.as_str()).await.or_problem(doing)?;
    let registered_by = registered_by(cx, &row).await?;
    let case = case(cx, &row, &signed, who, &registered_by);
    let (may_sign, may_withdraw) = (policy::may_sign(who, case), policy::may_withdraw(who, case));
    let evidence: Evidence = serde_json::from_str(&row.evidence).map_err(|error| {
        tracing::error!(%error, approval = row.id, "stored evidence cannot be read");
        Problem::internal("The stored evidence cannot be read.")
    })?;
    let (asked, expires, now) =
        (When::new(Millis(row.asked_at), cx.now()), When::new(Millis(row.expires_at), cx.now()), cx.now());
    let state = state(&row);
    let lead = match (state, may_sign.ok) {
        (ApprovalState::Open, true) => "For your signature",
        (state, _) => state.words(),
    };
    let until = if state == ApprovalState::Open { format!(" · expires {}", expires.words) } else { String::new() };
    Ok(ApprovalView {
        title: title(&row, evidence.changes.replaces.is_none()),
        kicker: format!("{lead} · asked by {} {}{until}", row.asked_by_name, asked.words),
        model: ModelName(row.model),
        version: number(row.version),
        deployment: DeploymentName(row.deployment),
        state,
        asked_by: row.asked_by_name,
        asked,
        expires,
        reason: row.reason,
        evidence,
        evidence_hash: BlobHash(row.evidence_hash),
        version_hash: BlobHash(row.version_hash),
        statement: row.statement,
        sign_offs: signed.into_iter().map(|row| sign_off(row, now)).collect(),
        needed: policy::SIGNATURES as u32,
        may_sign,
        may_withdraw,
        asks_password: policy::ASKS_PASSWORD,
        rollout: row.rollout.map(RolloutId),
        id: ApprovalId(row.id),
    })
}

/// What the policy looks at.
pub(super) fn case<'a>(cx: &Ctx, row: &'a ApprovalRow, signed: &[SignOffRow], who: &Actor, registered_by: &'a str) -> Case<'a> {
    Case {
        state: state(row),
        expired: row.expires_at <= cx.now().0,
        asked_by: &row.asked_by,
        registered_by,
        has_signed: signed.iter().any(|sign_off| sign_off.user_id == who.id),
    }
}

/// Who registered the version that is asked about; nobody's id if it is gone.
pub(super) async fn registered_by(cx: &Ctx, row: &ApprovalRow) -> Outcome<String> {
    let version =
        cx.store.db.version(&ModelName::from(row.model.as_str()), number(row.version)).await.or_problem("Reading the version")?;
    Ok(version.map(|version| version.registered_by).unwrap_or_default())
}

pub(super) fn state(row: &ApprovalRow) -> ApprovalState {
    ApprovalState::parse(&row.state).unwrap_or(ApprovalState::Withdrawn)
}

pub(super) fn number(version: i64) -> VersionNo {
    VersionNo(u32::try_from(version).unwrap_or(0))
}

pub(super) fn title(row: &ApprovalRow, first: bool) -> String {
    if first {
        format!("Make version {} of {} the first version of {}", row.version, row.model, row.deployment)
    } else {
        format!("Make version {} of {} the champion of {}", row.version, row.model, row.deployment)
    }
}

pub(super) fn decision_word(decision: Decision) -> &'static str {
    match decision {
        Decision::Approve => "approve",
        Decision::RequestChanges => "request_changes",
        Decision::Reject => "reject",
    }
}

fn sign_off(row: SignOffRow, now: Millis) -> SignOff {
    let decision =
        [Decision::Approve, Decision::RequestChanges, Decision::Reject].into_iter().find(|d| decision_word(*d) == row.decision);
    SignOff {
        name: row.name,
        role: Role::parse(&row.role).unwrap_or(Role::Viewer),
        decision: decision.unwrap_or(Decision::Reject),
        at: When::new(Millis(row.at), now),
        comment: row.comment,
    }
}
