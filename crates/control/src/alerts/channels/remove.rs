//! Taking a channel out of use.

use super::unknown;
use crate::audit::entry;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::ChannelId;
use contract::role::Act;
use serde_json::json;

/// Removes it and forgets its secret. Messages that wait for it are given up; its log stays.
pub async fn remove(cx: &Ctx, who: &Actor, id: &ChannelId) -> Outcome<()> {
    who.must(Act::Register)?;
    let doing = "Removing the channel";
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    let row = tx.channel_held(id).await.or_problem(doing)?.ok_or_else(|| unknown(id))?;
    tx.channel_remove(id, cx.now()).await.or_problem(doing)?;
    let summary = format!("Removed the channel “{}”", row.name);
    tx.audit(entry(cx, who, "channel.removed", ("channel", id.as_str()), summary, json!({ "kind": row.kind })))
        .await
        .or_problem(doing)?;
    tx.commit().await.or_problem(doing)
}
