//! Channels as they are shown, and the log of what was sent to them.

use super::unknown;
use crate::alerts::outbox::{DELIVERED, FAILED, TRIES, WAITING};
use crate::alerts::send::fresh_secret;
use crate::words::counted;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::alerting::{AlertEvent, AlertMessage, ChannelKind, ChannelTarget, Least};
use contract::role::Act;
use contract::verdict::State;
use contract::views::channels::{AttemptLine, ChannelLine, ChannelView, ChannelsView, DeliveryLine};
use contract::views::common::{Allowed, When};
use contract::views::parts::Answer;
use contract::{ChannelId, Millis, urls};
use std::collections::BTreeMap;
use store::alert_channels::ChannelRow;
use store::alert_deliveries::{AttemptRow, DeliveryRow};

/// Messages of a log that are shown.
const SHOWN: i64 = 50;
const DOING: &str = "Listing channels";

pub async fn channels(cx: &Ctx, who: &Actor) -> Outcome<ChannelsView> {
    who.must(Act::View)?;
    let rows = cx.store.db.channels().await.or_problem(DOING)?;
    let now = cx.now();
    let channels: Vec<ChannelLine> = rows.into_iter().map(|row| line(row, now)).collect();
    let log = deliveries(cx, who, None).await?;
    let counts: BTreeMap<String, i64> = cx.store.db.deliveries_by_state().await.or_problem(DOING)?.into_iter().collect();
    let count = |state: &str| counts.get(state).copied().and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
    Ok(ChannelsView {
        answer: answer(&channels, &log, count(WAITING), count(FAILED)),
        channels,
        log,
        may_change: may_change(who),
        suggested_secret: if who.role.may(Act::Register) { fresh_secret() } else { String::new() },
        private_allowed: cx.outbound.private,
        updated_at: now,
    })
}

pub async fn channel(cx: &Ctx, who: &Actor, id: &ChannelId) -> Outcome<ChannelView> {
    who.must(Act::View)?;
    let row = cx.store.db.channel(id.as_str()).await.or_problem(DOING)?.filter(|row| row.removed_at.is_none());
    let row = row.ok_or_else(|| unknown(id))?;
    Ok(ChannelView {
        line: line(row, cx.now()),
        log: deliveries(cx, who, Some(id)).await?,
        may_change: may_change(who),
        private_allowed: cx.outbound.private,
        updated_at: cx.now(),
    })
}

/// The newest messages, each with all of its tries; of one channel or of all.
pub async fn deliveries(cx: &Ctx, who: &Actor, id: Option<&ChannelId>) -> Outcome<Vec<DeliveryLine>> {
    who.must(Act::View)?;
    let doing = "Reading the delivery log";
    let now = cx.now();
    let names: BTreeMap<String, String> = cx.store.db.channel_names().await.or_problem(doing)?.into_iter().collect();
    let id = id.map(ChannelId::as_str);
    let mut tries: BTreeMap<String, Vec<AttemptLine>> = BTreeMap::new();
    for row in cx.store.db.attempts(id, SHOWN).await.or_problem(doing)? {
        tries.entry(row.delivery.clone()).or_default().push(attempt(row, now));
    }
    let rows = cx.store.db.deliveries(id, SHOWN).await.or_problem(doing)?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let attempts = tries.remove(&row.id).unwrap_or_default();
            delivery(row, &names, attempts, now)
        })
        .collect())
}

fn may_change(who: &Actor) -> Allowed {
    if who.role.may(Act::Register) {
        Allowed::yes()
    } else {
        Allowed::no(format!("Your role is {}; engineers and administrators change channels.", who.role))
    }
}

pub(super) fn line(row: ChannelRow, now: Millis) -> ChannelLine {
    let kind = ChannelKind::parse(&row.kind).unwrap_or_default();
    let target: ChannelTarget = serde_json::from_str(&row.target).unwrap_or_default();
    let leads_to = match kind {
        ChannelKind::Webhook => target.url.clone(),
        ChannelKind::Slack => "the channel that its webhook belongs to".into(),
        ChannelKind::Pagerduty if target.url.is_empty() => "events.pagerduty.com".into(),
        ChannelKind::Pagerduty => target.url.clone(),
        ChannelKind::Email => target.to.clone(),
    };
    ChannelLine {
        url: urls::channel(&row.id.as_str().into()),
        id: row.id.into(),
        name: row.name,
        kind,
        leads_to,
        target,
        has_secret: !row.secret.is_empty(),
        least: Least::parse(&row.least),
        enabled: row.enabled == 1,
        made: When::new(Millis(row.created_at), now),
    }
}

fn attempt(row: AttemptRow, now: Millis) -> AttemptLine {
    AttemptLine {
        n: u64::try_from(row.n).unwrap_or(0),
        at: When::new(Millis(row.at), now),
        ms: u64::try_from(row.ms).unwrap_or(0),
        delivered: row.delivered == 1,
        status: row.status,
        answer: row.answer,
    }
}

fn delivery(row: DeliveryRow, names: &BTreeMap<String, String>, attempts: Vec<AttemptLine>, now: Millis) -> DeliveryLine {
    let message: Option<AlertMessage> = serde_json::from_str(&row.message).ok();
    let sent_now = row.leased_until.is_some_and(|until| until > now.0);
    let (state, state_words) = match (row.state.as_str(), attempts.len()) {
        (DELIVERED, 1) => (State::Ok, "Delivered".into()),
        (DELIVERED, n) => (State::Ok, format!("Delivered at try {n}")),
        (FAILED, n) => (State::Bad, format!("Given up after {}", counted(n as u64, "try").replace("trys", "tries"))),
        _ if sent_now => (State::Unknown, "Being sent".into()),
        (_, 0) => (State::Unknown, "Waiting".into()),
        (_, _) => (State::Watch, format!("Try {} of {TRIES} {}", row.tries + 1, When::new(Millis(row.due_at), now).ago)),
    };
    DeliveryLine {
        id: row.id.into(),
        channel: row.channel.as_str().into(),
        channel_name: names.get(&row.channel).cloned().unwrap_or_default(),
        event: AlertEvent::parse(&row.event).unwrap_or(AlertEvent::Test),
        deployment: row.deployment.as_str().into(),
        headline: message.map(|message| message.headline).unwrap_or_default(),
        may_repeat: row.state != WAITING || !sent_now,
        at: When::new(Millis(row.created_at), now),
        alert: row.alert.into(),
        delivery_state: row.state,
        state,
        state_words,
        attempts,
    }
}

fn answer(channels: &[ChannelLine], log: &[DeliveryLine], waiting: u64, failed: u64) -> Answer {
    let on = channels.iter().filter(|channel| channel.enabled).count();
    if channels.is_empty() {
        return Answer::new(
            State::Watch,
            "Nobody is told",
            "Alerts are recorded and shown here. Add a channel so that somebody hears of them.",
        );
    }
    if on == 0 {
        return Answer::new(State::Watch, "Every channel is turned off", "Alerts are recorded and shown, and nobody is told.");
    }
    let broken = log.iter().find(|one| one.state == State::Bad);
    if let Some(broken) = broken {
        let last = broken.attempts.last().map(|last| format!(" The last answer: {}.", last.status)).unwrap_or_default();
        return Answer::new(
            State::Bad,
            format!("{} did not get a message", broken.channel_name),
            format!("{} given up so far.{last} Mend the channel, then send it again.", counted(failed, "message")),
        );
    }
    let sentence = if waiting == 0 {
        "Everything that was sent has arrived.".into()
    } else {
        format!("{} on the way.", counted(waiting, "message"))
    };
    Answer::new(State::Ok, format!("{} of {} told of alerts", on, counted(channels.len() as u64, "channel")), sentence)
}
