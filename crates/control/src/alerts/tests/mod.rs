//! Alerts on their way: real receivers on this machine, that fail, hang up, redirect, and check what they are sent.

mod delivery;
mod duty;
mod mail;
mod receiver;

use super::rules::Firing;
use super::tick::raise;
use super::{channels, outbox};
use crate::testing::{contexts, person};
use crate::{Actor, Ctx, TestClock};
use contract::alerting::{AlertEvent, ChannelTarget, SaveChannel};
use contract::verdict::State;
use contract::views::alerts::AlertKind;
use contract::{AlertId, ChannelId, Role};
use serde_json::json;
use std::sync::Arc;
use store::alerts::AlertRow;

fn engineer() -> Actor {
    person("ada", Role::Engineer)
}

/// Contexts whose messages may reach this machine.
async fn near() -> Vec<(Ctx, Arc<TestClock>)> {
    contexts().await.into_iter().map(|(cx, clock)| (cx.with_outbound(super::Outbound { private: true }), clock)).collect()
}

async fn channel(cx: &Ctx, input: SaveChannel) -> ChannelId {
    channels::create(cx, &engineer(), input).await.expect("a good channel").line.id
}

fn webhook(name: &str, url: &str) -> SaveChannel {
    SaveChannel {
        name: name.into(),
        target: ChannelTarget { url: url.into(), ..ChannelTarget::default() },
        ..SaveChannel::default()
    }
}

fn firing(state: State) -> Firing {
    Firing {
        kind: AlertKind::Errors,
        subject: String::new(),
        state,
        headline: "12.0% of requests fail".into(),
        sentence: "120 of 1,000 requests got no answer; 1.0% is the limit.".into(),
        numbers: json!({ "failed": 120, "requests": 1_000 }),
    }
}

/// Opens an alert of `churn`, with whatever follows in the same transaction.
async fn open(cx: &Ctx, state: State) -> AlertId {
    let mut tx = cx.store.db.begin().await.unwrap();
    let id = raise(cx, &mut tx, &"churn".into(), &firing(state)).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// Changes an open alert as the reconciler does.
async fn change(cx: &Ctx, id: &AlertId, to: impl Fn(AlertRow) -> AlertRow) {
    let mut tx = cx.store.db.begin().await.unwrap();
    let row = to(tx.alert_held(id).await.unwrap().unwrap());
    tx.alert_update(&row).await.unwrap();
    if row.resolved_at.is_some() {
        outbox::tell_in(cx, &mut tx, &row, AlertEvent::Resolved).await.unwrap();
    } else {
        outbox::call_in(cx, &mut tx, &row).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn resolve(cx: &Ctx, id: &AlertId) {
    let now = cx.now().0;
    change(cx, id, |row| AlertRow { resolved_at: Some(now), ..row }).await;
}

/// Event and state of everything in the outbox, oldest first.
async fn sent(cx: &Ctx) -> Vec<(String, String)> {
    let mut rows = cx.store.db.deliveries(None, 100).await.unwrap();
    rows.reverse();
    rows.into_iter().map(|row| (row.event, row.state)).collect()
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(event, state)| ((*event).to_owned(), (*state).to_owned())).collect()
}
