//! Channels of alerts, and the log of what was sent to them. No view holds a secret.

use super::common::{Allowed, When};
use super::parts::Answer;
use crate::alerting::{AlertEvent, ChannelKind, ChannelTarget, Least};
use crate::ids::*;
use crate::time::Millis;
use crate::verdict::State;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelsView {
    pub answer: Answer,
    /// In the order in which they were made.
    pub channels: Vec<ChannelLine>,
    /// Newest first.
    pub log: Vec<DeliveryLine>,
    pub may_change: Allowed,
    /// A key that was made for this page alone, to begin a webhook with; empty for those who may not make one.
    pub suggested_secret: String,
    /// Whether channels may lead into private networks.
    pub private_allowed: bool,
    pub updated_at: Millis,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelView {
    pub line: ChannelLine,
    /// Newest first.
    pub log: Vec<DeliveryLine>,
    pub may_change: Allowed,
    pub private_allowed: bool,
    pub updated_at: Millis,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelLine {
    pub id: ChannelId,
    pub name: String,
    pub kind: ChannelKind,
    /// Where it leads, as far as that may be shown.
    pub leads_to: String,
    pub target: ChannelTarget,
    pub has_secret: bool,
    pub least: Least,
    pub enabled: bool,
    pub made: When,
    pub url: String,
}

/// A channel as it was saved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewChannel {
    #[serde(flatten)]
    pub line: ChannelLine,
    /// The key that was made for a webhook; shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// One message and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeliveryLine {
    /// What receivers get as `webhook-id`.
    pub id: DeliveryId,
    pub channel: ChannelId,
    pub channel_name: String,
    /// Empty for a test.
    pub alert: AlertId,
    pub deployment: DeploymentName,
    pub event: AlertEvent,
    pub headline: String,
    /// `waiting`, `delivered` or `failed`.
    pub delivery_state: String,
    pub state: State,
    pub state_words: String,
    pub at: When,
    /// Whether it can be sent again now.
    pub may_repeat: bool,
    /// The first try first.
    pub attempts: Vec<AttemptLine>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptLine {
    pub n: u64,
    pub at: When,
    /// How long it took, milliseconds.
    pub ms: u64,
    pub delivered: bool,
    /// `200 OK`, `timed out` …
    pub status: String,
    /// The first bytes of the answer, or what went wrong.
    pub answer: String,
}
