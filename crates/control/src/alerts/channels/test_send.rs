//! A message to see whether a channel works: it goes the same way as all others.

use super::unknown;
use crate::alerts::runbook::runbook;
use crate::audit::entry;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::alerting::{AlertEvent, AlertMessage};
use contract::role::Act;
use contract::{AlertId, ChannelId, DeliveryId, Problem, urls};
use serde_json::json;
use store::alert_deliveries::DeliveryRow;

/// Enqueues it; the log says what became of it. `Conflict` where the channel is turned off.
pub async fn test_send(cx: &Ctx, who: &Actor, id: &ChannelId) -> Outcome<DeliveryId> {
    who.must(Act::Register)?;
    let doing = "Sending a test";
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    let channel = tx.channel_held(id).await.or_problem(doing)?.ok_or_else(|| unknown(id))?;
    if channel.enabled == 0 {
        return Err(Problem::conflict(format!("“{}” is turned off: nothing is sent to it.", channel.name)));
    }
    let now = cx.now();
    let message = AlertMessage {
        event: AlertEvent::Test,
        alert: AlertId(String::new()),
        deployment: "slipway".into(),
        kind: None,
        subject: String::new(),
        severity: "watch".into(),
        headline: format!("A test of the channel {}", channel.name),
        sentence: format!("{} sent it to see whether alerts arrive here. Nothing is wrong.", who.name),
        sure: String::new(),
        since: now,
        at: now,
        changed_before: None,
        runbook: runbook("").into(),
        runbook_url: String::new(),
        chart_url: format!("{}{}", cx.site.address, urls::FLEET),
        alert_url: format!("{}{}", cx.site.address, urls::channel(id)),
        environment: cx.site.environment.clone(),
        acknowledged_by: String::new(),
        note: String::new(),
    };
    let delivery = DeliveryRow {
        id: format!("msg_{}", cx.new_id()),
        alert: String::new(),
        deployment: String::new(),
        channel: channel.id.clone(),
        event: AlertEvent::Test.word().into(),
        step: 0,
        message: json!(message).to_string(),
        state: "waiting".into(),
        tries: 0,
        due_at: now.0,
        leased_until: None,
        created_at: now.0,
        ended_at: None,
    };
    tx.delivery_enqueue(&delivery).await.or_problem(doing)?;
    let summary = format!("Sent a test to the channel “{}”", channel.name);
    tx.audit(entry(cx, who, "channel.tested", ("channel", channel.id), summary, json!({ "delivery": delivery.id })))
        .await
        .or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    Ok(DeliveryId(delivery.id))
}
