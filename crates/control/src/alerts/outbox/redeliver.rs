//! Sending a message again by hand: under the same id, so that a receiver that has it already can tell.

use super::WAITING;
use crate::audit::entry;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::role::Act;
use contract::{DeliveryId, Problem};
use serde_json::json;
use store::alert_deliveries::DeliveryRow;

/// `Conflict` while it is still being tried, or when its channel is gone.
pub async fn redeliver(cx: &Ctx, who: &Actor, id: &DeliveryId) -> Outcome<()> {
    who.must(Act::AcknowledgeAlert)?;
    let doing = "Sending the message again";
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    let row = tx
        .delivery_held(id)
        .await
        .or_problem(doing)?
        .ok_or_else(|| Problem::not_found(format!("There is no message “{id}”.")))?;
    let channel = tx.channel_held(&row.channel.as_str().into()).await.or_problem(doing)?;
    let channel = channel.ok_or_else(|| Problem::conflict("The channel that it was for has been removed."))?;
    if row.state == WAITING && row.leased_until.is_some_and(|until| until > cx.now().0) {
        return Err(Problem::conflict("It is being sent just now. Look again in a moment."));
    }
    let again = DeliveryRow { state: WAITING.into(), tries: 0, due_at: cx.now().0, leased_until: None, ended_at: None, ..row };
    tx.delivery_update(&again).await.or_problem(doing)?;
    let summary = format!("Sent a message to {} again", channel.name);
    let detail = json!({ "channel": channel.id, "alert": again.alert, "event": again.event });
    tx.audit(entry(cx, who, "delivery.repeated", ("delivery", id.as_str()), summary, detail)).await.or_problem(doing)?;
    tx.commit().await.or_problem(doing)
}
