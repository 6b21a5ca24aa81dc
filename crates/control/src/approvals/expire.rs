//! Requests that nobody decided in time.

use crate::audit::entry;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::live::Topic;
use contract::views::approvals::ApprovalState;
use contract::{ApprovalId, ModelName};
use serde_json::json;

/// Ends what has expired; how many. A reconciler: doing it again changes nothing.
pub async fn expire(cx: &Ctx) -> Outcome<usize> {
    let (doing, mut ended) = ("Ending expired requests", 0);
    let due = cx.store.db.open_approvals().await.or_problem(doing)?;
    for row in due.into_iter().filter(|row| row.expires_at <= cx.now().0) {
        let mut tx = cx.store.db.begin().await.or_problem(doing)?;
        if !tx.end_approval(&row.id, ApprovalState::Expired.word(), None, cx.now()).await.or_problem(doing)? {
            continue;
        }
        let summary = format!("The request to promote version {} of {} in {} expired", row.version, row.model, row.deployment);
        let detail = json!({"asked_by": row.asked_by_name});
        tx.audit(entry(cx, &Actor::system(), "approval.expired", ("approval", row.id.clone()), summary, detail))
            .await
            .or_problem(doing)?;
        tx.commit().await.or_problem(doing)?;
        cx.announce(Topic::Approval { approval: ApprovalId(row.id), model: ModelName(row.model) });
        ended += 1;
    }
    Ok(ended)
}
