//! Putting messages into the outbox, inside the transaction that changes the alert: either both happen or neither.

use super::route::{Reach, Standing, due};
use crate::alerts::message::{Setting, message};
use crate::alerts::silences;
use crate::{Ctx, IntoProblem, Outcome};
use contract::alerting::{AlertEvent, ChannelKind, Least, RouteStep};
use contract::{DeliveryId, Millis};
use serde_json::json;
use std::collections::BTreeSet;
use store::Tx;
use store::alert_channels::ChannelRow;
use store::alert_deliveries::DeliveryRow;
use store::alerts::AlertRow;

const DOING: &str = "Enqueuing messages";

/// Tells whoever is due of an open alert, as it stands now: when it opens, when it turns bad, when a silence has ended, and when nobody
/// has acknowledged it in time. Calling it again enqueues nothing twice; how many messages it enqueued.
pub async fn call_in(cx: &Ctx, tx: &mut Tx, row: &AlertRow) -> Outcome<usize> {
    let channels = tx.channels().await.or_problem(DOING)?;
    if channels.is_empty() || row.resolved_at.is_some() {
        return Ok(0);
    }
    let now = cx.now();
    let sent = tx.deliveries_of(&row.id).await.or_problem(DOING)?;
    let silences = tx.silences(now).await.or_problem(DOING)?;
    let route = tx.alert_route(&row.deployment).await.or_problem(DOING)?;
    let route: Option<Vec<RouteStep>> = route.and_then(|route| serde_json::from_str(&route.steps).ok());
    let bad = row.severity != Least::Watch.word();
    let standing = Standing {
        bad,
        since: Millis(row.since),
        silenced: silences::covering(&silences, row, now).is_some(),
        acknowledged: row.acknowledged_by.is_some(),
        first_sent: sent.first().map(|first| Millis(first.created_at)),
        now,
    };
    let reach: Vec<Reach> = channels.iter().filter(|channel| channel.enabled == 1).map(reach).collect();
    let mut enqueued = 0;
    for (step, channel) in due(&standing, route.as_deref(), &reach) {
        let step = i64::try_from(step).unwrap_or(i64::MAX);
        let told = sent.iter().filter(|one| one.channel == channel.as_str() && one.step == step);
        let (mut calls, mut as_bad) = (0, false);
        for one in told.filter(|one| AlertEvent::parse(&one.event).is_some_and(AlertEvent::calls)) {
            calls += 1;
            as_bad |= one.event == AlertEvent::Worsened.word() || severity_of(one) != Least::Watch.word();
        }
        let event = match (calls, step) {
            (0, 0) => AlertEvent::Triggered,
            (0, _) => AlertEvent::Escalated,
            _ if bad && !as_bad => AlertEvent::Worsened,
            _ => continue,
        };
        enqueued += usize::from(put(cx, tx, row, event, (&channel.0, step), cx.now()).await?);
    }
    Ok(enqueued)
}

/// Tells those who were called how it went on. A mail inbox is not told that somebody else has seen it.
pub async fn tell_in(cx: &Ctx, tx: &mut Tx, row: &AlertRow, event: AlertEvent) -> Outcome<usize> {
    tell_at(cx, tx, row, event, cx.now()).await
}

/// The same, sent at `due` unless it is taken back before.
pub async fn tell_at(cx: &Ctx, tx: &mut Tx, row: &AlertRow, event: AlertEvent, due: Millis) -> Outcome<usize> {
    let sent = tx.deliveries_of(&row.id).await.or_problem(DOING)?;
    if sent.is_empty() {
        return Ok(0);
    }
    let channels = tx.channels().await.or_problem(DOING)?;
    let called: BTreeSet<&str> = sent.iter().map(|one| one.channel.as_str()).collect();
    let wants = |channel: &&ChannelRow| {
        channel.enabled == 1
            && called.contains(channel.id.as_str())
            && !(event == AlertEvent::Acknowledged && channel.kind == ChannelKind::Email.word())
    };
    let mut enqueued = 0;
    for channel in channels.iter().filter(wants) {
        enqueued += usize::from(put(cx, tx, row, event, (&channel.id, 0), due).await?);
    }
    Ok(enqueued)
}

async fn put(
    cx: &Ctx,
    tx: &mut Tx,
    row: &AlertRow,
    event: AlertEvent,
    (channel, step): (&str, i64),
    due: Millis,
) -> Outcome<bool> {
    let known = cx.book.get(&row.deployment.as_str().into());
    let setting = Setting {
        address: &cx.site.address,
        environment: &cx.site.environment,
        runbook_url: known.as_ref().map_or("", |known| known.settings.runbook_url.as_str()),
    };
    let at = cx.now();
    let message = message(row, event, at, &setting);
    let delivery = DeliveryRow {
        id: DeliveryId(format!("msg_{}", cx.new_id())).0,
        alert: row.id.clone(),
        deployment: row.deployment.clone(),
        channel: channel.to_owned(),
        event: event.word().into(),
        step,
        message: json!(message).to_string(),
        state: super::WAITING.into(),
        tries: 0,
        due_at: due.0,
        leased_until: None,
        created_at: at.0,
        ended_at: None,
    };
    tx.delivery_enqueue(&delivery).await.or_problem(DOING)
}

/// The severity that a message said.
fn severity_of(delivery: &DeliveryRow) -> String {
    let message: Option<contract::alerting::AlertMessage> = serde_json::from_str(&delivery.message).ok();
    message.map(|message| message.severity).unwrap_or_default()
}

fn reach(channel: &ChannelRow) -> Reach {
    Reach { id: channel.id.as_str().into(), least: Least::parse(&channel.least), made_at: Millis(channel.created_at) }
}
