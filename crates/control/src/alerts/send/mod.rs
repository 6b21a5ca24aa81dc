//! Sending one message over one channel, once. These block: they run off the async threads.

mod email;
mod guard;
mod http;
mod pagerduty;
mod slack;
mod webhook;

pub(super) use email::check as check_mail;
pub(super) use guard::{check_literal, is_plain_text_allowed};
pub(super) use webhook::{fresh_secret, key};

use contract::alerting::{AlertMessage, ChannelKind, ChannelTarget};
use contract::{DeliveryId, Millis};
use std::time::Duration;

/// How long one try may take in all: looking up the name, connecting, sending, and the answer.
const LIMIT: Duration = Duration::from_secs(10);
/// How much of an answer is kept in the log, bytes.
const KEPT: usize = 512;

/// Where connections of ours may lead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outbound {
    /// Also into private networks and to this machine, and in the clear. Never to link-local addresses, where clouds keep what
    /// must not be read.
    pub private: bool,
}

/// One channel, as it is spoken to.
#[derive(Clone)]
pub struct Line {
    pub kind: ChannelKind,
    pub target: ChannelTarget,
    pub secret: String,
    pub outbound: Outbound,
    /// Stays the same however often it is sent, so that the receiver can tell a repetition.
    pub delivery: DeliveryId,
    /// Now.
    pub at: Millis,
}

/// What became of one try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub delivered: bool,
    /// `200 OK`, `timed out` …
    pub status: String,
    /// The first bytes of the answer, or what went wrong, as a sentence.
    pub answer: String,
    /// The receiver wants nothing more: no further try.
    pub gone: bool,
    /// When the receiver wants to be asked again, seconds.
    pub retry_after_s: Option<u64>,
}

impl Said {
    /// It was not even asked, or did not answer.
    fn failed(status: impl Into<String>, why: impl Into<String>) -> Self {
        Self { delivered: false, status: status.into(), answer: shortened(&why.into()), gone: false, retry_after_s: None }
    }
}

/// Sends it. What goes wrong is an answer too.
pub fn send(line: &Line, message: &AlertMessage) -> Said {
    match line.kind {
        ChannelKind::Webhook => webhook::send(line, message),
        ChannelKind::Slack => slack::send(line, message),
        ChannelKind::Pagerduty => pagerduty::send(line, message),
        ChannelKind::Email => email::send(line, message),
    }
}

/// At most [`KEPT`] bytes, cut between letters.
fn shortened(text: &str) -> String {
    let mut end = text.len().min(KEPT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

/// How it begins, in one or two words.
fn beginning(message: &AlertMessage) -> &'static str {
    use contract::alerting::AlertEvent::*;
    match (message.event, message.severity.as_str()) {
        (Resolved, _) => "Resolved",
        (Acknowledged, _) => "Acknowledged",
        (Test, _) => "Test",
        (Escalated, _) => "Nobody has acknowledged this",
        (_, "watch") => "Watch",
        _ => "Bad",
    }
}

/// When it was first seen, and how long that is ago, in UTC.
fn since(message: &AlertMessage) -> String {
    let moment = message.since.rfc3339();
    let lasted = contract::time::span_words(message.at - message.since);
    format!("{} UTC, {lasted} ago", moment[..16].replace('T', " "))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use contract::alerting::AlertEvent;
    use contract::views::alerts::AlertKind;
    use contract::views::parts::Change;

    pub fn message(event: AlertEvent) -> AlertMessage {
        AlertMessage {
            event,
            alert: "a1".into(),
            deployment: "churn".into(),
            kind: Some(AlertKind::Errors),
            subject: String::new(),
            severity: "bad".into(),
            headline: "12.0% of requests fail <now>".into(),
            sentence: "120 of 1,000 requests got no answer; 1.0% is the limit.".into(),
            sure: "The whole 99% interval lies above the limit.".into(),
            since: Millis::parse("2026-03-17T14:00:00Z").expect("a time"),
            at: Millis::parse("2026-03-17T14:20:00Z").expect("a time"),
            changed_before: Some(Change {
                at: Millis::parse("2026-03-17T13:55:00Z").expect("a time"),
                text: "Rolled out version 3".into(),
                who: "Ada".into(),
                url: None,
            }),
            runbook: "Look at which version fails. Roll back if it is the canary.".into(),
            runbook_url: "https://wiki.example/churn".into(),
            chart_url: "https://slipway.example/fleet/churn/latency".into(),
            alert_url: "https://slipway.example/alerts#a1".into(),
            environment: "production".into(),
            acknowledged_by: String::new(),
            note: String::new(),
        }
    }

    #[test]
    fn what_is_kept_of_an_answer_is_short_and_whole() {
        assert_eq!(shortened("short"), "short");
        let long = "ä".repeat(KEPT);
        assert_eq!(shortened(&long).chars().count(), KEPT / 2);
    }

    #[test]
    fn since_when_in_words() {
        assert_eq!(since(&message(AlertEvent::Triggered)), "2026-03-17 14:00 UTC, 20 min ago");
    }
}
