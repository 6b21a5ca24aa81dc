//! What is declared about alerts: limits of a deployment, channels, routes, silences; and the message that a channel is sent.

use crate::ids::*;
use crate::time::Millis;
use crate::views::alerts::AlertKind;
use crate::views::parts::Change;
use serde::{Deserialize, Serialize};

/// Where the rules of a deployment begin to fire, besides those that have a setting of their own. Shares are from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AlertLimits {
    /// Share of failed requests from which somebody should look; five times it is bad.
    pub error_share: f64,
    /// Share of requests that something else than the model answered from which somebody should look; ten times it is bad.
    pub degraded_share: f64,
    /// How far realised accuracy may lie below its value on held-back data; for errors with a unit, half of the relative rise.
    pub quality_margin: f64,
    /// Rise of the share of missing values that matters. This and the next two: where the training data have (nearly) none, a far smaller
    /// rise is enough as long as the limit is the one that it is otherwise.
    pub missing_rise: f64,
    /// Share of values that the reference did not have that matters.
    pub unseen_rise: f64,
    /// Share of numbers outside the range of the reference that matters.
    pub out_of_range_rise: f64,
    /// Share of the reference that has other values than the one that a number stands still at, from which that matters.
    pub stuck_share: f64,
    /// Change of a predicted class's share that matters.
    pub share_margin: f64,
}

impl Default for AlertLimits {
    fn default() -> Self {
        Self {
            error_share: 0.01,
            degraded_share: 0.01,
            quality_margin: 0.03,
            missing_rise: 0.05,
            unseen_rise: 0.02,
            out_of_range_rise: 0.02,
            stuck_share: 0.2,
            share_margin: 0.05,
        }
    }
}

impl AlertLimits {
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// How a channel is spoken to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelKind {
    /// JSON by POST, signed as Standard Webhooks says.
    #[default]
    Webhook,
    /// A Slack incoming webhook.
    Slack,
    /// PagerDuty Events API, version 2.
    Pagerduty,
    /// Mail by SMTP.
    Email,
}

impl ChannelKind {
    pub const ALL: [ChannelKind; 4] = [Self::Webhook, Self::Slack, Self::Pagerduty, Self::Email];

    pub fn word(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Slack => "slack",
            Self::Pagerduty => "pagerduty",
            Self::Email => "email",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Webhook => "Webhook",
            Self::Slack => "Slack",
            Self::Pagerduty => "PagerDuty",
            Self::Email => "E-mail",
        }
    }
}

/// The least severity that a channel is told of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Least {
    /// Only what is bad.
    #[default]
    Bad,
    /// Everything.
    Watch,
}

impl Least {
    pub fn word(self) -> &'static str {
        if self == Self::Bad { "bad" } else { "watch" }
    }

    pub fn parse(word: &str) -> Self {
        if word == "watch" { Self::Watch } else { Self::Bad }
    }
}

/// How a mail server is spoken to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailSecurity {
    /// Begins in the clear and must go on under TLS (usually port 587).
    #[default]
    Starttls,
    /// TLS from the first byte (usually port 465).
    Tls,
    /// In the clear: only within a network that is trusted.
    None,
}

impl MailSecurity {
    pub const ALL: [MailSecurity; 3] = [Self::Starttls, Self::Tls, Self::None];

    pub fn word(self) -> &'static str {
        match self {
            Self::Starttls => "starttls",
            Self::Tls => "tls",
            Self::None => "none",
        }
    }

    /// The port that is usual for it.
    pub fn port(self) -> u16 {
        match self {
            Self::Starttls => 587,
            Self::Tls => 465,
            Self::None => 25,
        }
    }
}

/// What may be shown of where a channel leads. Which of it counts is up to the kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChannelTarget {
    /// Webhook: the address that is posted to. PagerDuty: where its Events API is; `https://events.pagerduty.com` where it is empty.
    pub url: String,
    /// E-mail: who gets it, separated by commas.
    pub to: String,
    /// E-mail: the sender.
    pub from: String,
    /// E-mail: name of the mail server.
    pub host: String,
    /// E-mail: its port; the usual one for the security where it is left out.
    pub port: Option<u16>,
    pub security: MailSecurity,
    /// E-mail: who signs in; nobody where it is empty.
    pub user: String,
}

/// A channel as it is made or changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SaveChannel {
    pub name: String,
    pub kind: ChannelKind,
    #[serde(flatten)]
    pub target: ChannelTarget,
    /// Never shown again: the webhook's key (`whsec_…`; made where it is empty), Slack's address, PagerDuty's routing key, the mail
    /// server's password. Empty on a change: it stays.
    pub secret: String,
    pub least: Least,
    /// Off: nothing is sent to it.
    pub disabled: bool,
}

/// One step of a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteStep {
    pub channel: ChannelId,
    /// Minutes after the first message, without an acknowledgement, at which this channel is told. 0: at once.
    pub after_minutes: u32,
}

/// Silence: what it matches is recorded and shown, and not delivered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SaveSilence {
    /// Empty: every deployment.
    pub deployment: String,
    /// Empty: every kind.
    pub kind: String,
    /// A feature, a class, a version; empty: any.
    pub subject: String,
    /// How long from now, minutes.
    pub minutes: u32,
    pub reason: String,
}

/// What became of an alert that somebody is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AlertEvent {
    Triggered,
    /// It was something to watch, and is bad now.
    Worsened,
    /// Nobody has acknowledged it in time.
    Escalated,
    Acknowledged,
    Resolved,
    /// A message to see whether a channel works.
    Test,
}

impl AlertEvent {
    pub const ALL: [AlertEvent; 6] =
        [Self::Triggered, Self::Worsened, Self::Escalated, Self::Acknowledged, Self::Resolved, Self::Test];

    pub fn word(self) -> &'static str {
        match self {
            Self::Triggered => "triggered",
            Self::Worsened => "worsened",
            Self::Escalated => "escalated",
            Self::Acknowledged => "acknowledged",
            Self::Resolved => "resolved",
            Self::Test => "test",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.word() == word)
    }

    /// Whether it asks for somebody, rather than telling how it went on.
    pub fn calls(self) -> bool {
        matches!(self, Self::Triggered | Self::Worsened | Self::Escalated | Self::Test)
    }
}

/// What a channel is told of an alert: what, since when, how sure, what changed just before, what to do, and where to look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlertMessage {
    pub event: AlertEvent,
    /// Empty in a test.
    pub alert: AlertId,
    pub deployment: DeploymentName,
    pub kind: Option<AlertKind>,
    pub subject: String,
    /// `bad` or `watch`.
    pub severity: String,
    pub headline: String,
    pub sentence: String,
    /// How sure it is, as a sentence; empty where nothing was estimated.
    pub sure: String,
    pub since: Millis,
    /// When this event happened.
    pub at: Millis,
    pub changed_before: Option<Change>,
    /// What to do first, in a few sentences.
    pub runbook: String,
    /// The team's own runbook, where the deployment names one.
    pub runbook_url: String,
    /// The chart at that time, absolute.
    pub chart_url: String,
    /// The alert among all alerts, absolute.
    pub alert_url: String,
    pub environment: String,
    /// Who has acknowledged it; empty for nobody.
    pub acknowledged_by: String,
    pub note: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_round_trip() {
        assert!(ChannelKind::ALL.into_iter().all(|kind| ChannelKind::parse(kind.word()) == Some(kind)));
        assert!(AlertEvent::ALL.into_iter().all(|event| AlertEvent::parse(event.word()) == Some(event)));
        assert!([Least::Bad, Least::Watch].into_iter().all(|least| Least::parse(least.word()) == least));
    }

    #[test]
    fn limits_that_are_left_out_are_the_sensible_ones() {
        let limits: AlertLimits = serde_json::from_str(r#"{"error_share":0.02}"#).unwrap();
        assert_eq!(limits, AlertLimits { error_share: 0.02, ..AlertLimits::default() });
        assert!(!limits.is_default() && AlertLimits::default().is_default());
    }
}
