//! What the inbox and the approval page load and do: each a few lines over `control::approvals`.

use crate::page_error::Outcome;
use contract::ApprovalId;
use contract::inputs::Decision;
use contract::views::approvals::ApprovalView;
use contract::views::inbox::InboxView;
use leptos::prelude::*;

#[server]
pub async fn load_inbox() -> Outcome<InboxView> {
    let (cx, who) = crate::session::reader().await?;
    let mut happening = control::alerts::happening(&cx, &who).await?;
    happening.extend(control::rollouts::happening(&cx, &who).await?);
    Ok(control::approvals::inbox(&cx, &who, happening).await?)
}

#[server]
pub async fn load_approval(id: ApprovalId) -> Outcome<ApprovalView> {
    let (cx, who) = crate::session::reader().await?;
    Ok(control::approvals::get(&cx, &who, &id).await?)
}

/// Signs, asks for changes or rejects; refused when the evidence is not what the person saw.
#[server]
pub async fn decide(
    csrf: String,
    id: ApprovalId,
    decision: Decision,
    comment: String,
    evidence_hash: String,
    password: Option<String>,
) -> Outcome<()> {
    let (cx, who) = crate::session::act(&csrf).await?;
    let input = contract::inputs::Decide { decision, comment, evidence_hash, password };
    control::approvals::decide(&cx, &who, &id, input).await?;
    leptos_axum::redirect(&contract::urls::approval(&id));
    Ok(())
}

#[server]
pub async fn withdraw(csrf: String, id: ApprovalId, reason: String) -> Outcome<()> {
    let (cx, who) = crate::session::act(&csrf).await?;
    control::approvals::withdraw(&cx, &who, &id, &reason).await?;
    leptos_axum::redirect(&contract::urls::approval(&id));
    Ok(())
}
