//! The worker of the outbox: takes what is due under a lease, sends it outside of any transaction, and writes down what became of it.
//! Killed in between, its lease runs out and another try is made with the same id: at least once, never lost.

use super::backoff::{After, Try, after};
use super::{DELIVERED, FAILED, WAITING};
use crate::alerts::send::{Line, Said, send};
use crate::{Ctx, IntoProblem, Outcome, blocking};
use contract::alerting::{AlertMessage, ChannelKind};
use contract::live::Topic;
use contract::time::{DAY, SECOND};
use contract::{AlertId, Millis};
use sha2::{Digest, Sha256};
use store::alert_channels::ChannelRow;
use store::alert_deliveries::{AttemptRow, DeliveryRow};

/// How long one delivery is held, ms: several times what one try may take.
const LEASE: i64 = 60 * SECOND;
/// How many are sent at one time: a receiver that hangs holds up this many at most.
const AT_ONCE: usize = 16;
/// How long deliveries are kept after they ended, ms.
const KEPT: i64 = 90 * DAY;

const DOING: &str = "Sending messages";

/// Sends what is due; how many tries were made.
pub async fn deliver(cx: &Ctx) -> Outcome<usize> {
    let mut tries = 0;
    loop {
        let claimed = claim(cx).await?;
        if claimed.is_empty() {
            return Ok(tries);
        }
        tries += claimed.len();
        for outcome in futures::future::join_all(claimed.into_iter().map(|delivery| one(cx, delivery))).await {
            outcome?;
        }
    }
}

/// Forgets what ended long ago; how many deliveries there were.
pub async fn forget(cx: &Ctx) -> Outcome<u64> {
    let doing = "Forgetting old messages";
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    let gone = tx.deliveries_forget(Millis(cx.now().0 - KEPT)).await.or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    Ok(gone)
}

async fn claim(cx: &Ctx) -> Outcome<Vec<DeliveryRow>> {
    let now = cx.now();
    let mut claimed = Vec::new();
    let mut tx = cx.store.db.begin().await.or_problem(DOING)?;
    while claimed.len() < AT_ONCE {
        match tx.delivery_claim(now, now + LEASE).await.or_problem(DOING)? {
            Some(delivery) => claimed.push(delivery),
            None => break,
        }
    }
    tx.commit().await.or_problem(DOING)?;
    Ok(claimed)
}

async fn one(cx: &Ctx, delivery: DeliveryRow) -> Outcome<()> {
    let channel = cx.store.db.channel(&delivery.channel).await.or_problem(DOING)?;
    let started = std::time::Instant::now();
    let said = match channel.as_ref().map(|channel| line(cx, channel, &delivery)) {
        Some(Ok((line, message))) => blocking(move || send(&line, &message)).await?,
        Some(Err(why)) => refused(why),
        None => refused("The channel is gone.".into()),
    };
    let ms = i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX);
    write(cx, delivery, &said, ms).await
}

/// What will never work, whatever is tried.
fn refused(why: String) -> Said {
    Said { delivered: false, status: "not sent".into(), answer: why, gone: true, retry_after_s: None }
}

fn line(cx: &Ctx, channel: &ChannelRow, delivery: &DeliveryRow) -> Result<(Line, AlertMessage), String> {
    if channel.enabled == 0 {
        return Err("The channel is turned off.".into());
    }
    let message = serde_json::from_str(&delivery.message).map_err(|error| format!("The message cannot be read: {error}."))?;
    let line = Line {
        kind: ChannelKind::parse(&channel.kind).ok_or_else(|| format!("There is no kind of channel “{}”.", channel.kind))?,
        target: serde_json::from_str(&channel.target).map_err(|error| format!("The channel cannot be read: {error}."))?,
        secret: channel.secret.clone(),
        outbound: cx.outbound,
        delivery: delivery.id.as_str().into(),
        at: cx.now(),
    };
    Ok((line, message))
}

async fn write(cx: &Ctx, delivery: DeliveryRow, said: &Said, ms: i64) -> Outcome<()> {
    let now = cx.now();
    let outcome = Try { delivered: said.delivered, gone: said.gone, retry_after_s: said.retry_after_s };
    let mut tx = cx.store.db.begin().await.or_problem(DOING)?;
    let attempt = AttemptRow {
        delivery: delivery.id.clone(),
        n: 0,
        at: now.0,
        ms,
        delivered: i64::from(said.delivered),
        status: said.status.clone(),
        answer: said.answer.clone(),
    };
    tx.attempt_add(&attempt).await.or_problem(DOING)?;
    // It may have been given up, or sent again by hand, while it was on its way.
    let held = tx.delivery_held(&delivery.id.as_str().into()).await.or_problem(DOING)?;
    if held.is_some_and(|held| held.state == WAITING && held.leased_until == delivery.leased_until) {
        let (state, due_at) = match after(outcome, delivery.tries, jitter(&delivery)) {
            After::Delivered => (DELIVERED, delivery.due_at),
            After::Again(wait) => (WAITING, now.0 + wait),
            After::GivenUp => (FAILED, delivery.due_at),
        };
        let ended_at = (state != WAITING).then_some(now.0);
        let row = DeliveryRow { state: state.into(), due_at, leased_until: None, ended_at, ..delivery.clone() };
        tx.delivery_update(&row).await.or_problem(DOING)?;
        if state == FAILED {
            tracing::error!(
                delivery = delivery.id,
                channel = delivery.channel,
                status = said.status,
                answer = said.answer,
                "a message was given up"
            );
        }
    }
    tx.commit().await.or_problem(DOING)?;
    cx.announce(Topic::Alert { alert: AlertId(delivery.alert), deployment: delivery.deployment.as_str().into() });
    Ok(())
}

/// From 0 to 1, spread evenly over deliveries and tries, and the same for the same: what happened can be told again.
fn jitter(delivery: &DeliveryRow) -> f64 {
    let hash = Sha256::digest(format!("{} {}", delivery.id, delivery.tries));
    f64::from(u16::from_be_bytes([hash[0], hash[1]])) / f64::from(u16::MAX)
}
