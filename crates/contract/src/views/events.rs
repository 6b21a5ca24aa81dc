//! Changes outside of Slipway that other teams have told of: a data run, a release upstream, a campaign.

use crate::ids::*;
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// What has changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// Data were loaded or recomputed.
    DataRun,
    /// A model was trained again.
    Training,
    /// Another system was released.
    Deploy,
    /// A setting of another system.
    Config,
    /// The shape or meaning of data.
    Schema,
    /// More or other users: a campaign, a holiday.
    Traffic,
    #[default]
    Other,
}

impl EventKind {
    pub const ALL: [EventKind; 7] =
        [Self::DataRun, Self::Training, Self::Deploy, Self::Config, Self::Schema, Self::Traffic, Self::Other];

    pub fn word(self) -> &'static str {
        match self {
            Self::DataRun => "data_run",
            Self::Training => "training",
            Self::Deploy => "deploy",
            Self::Config => "config",
            Self::Schema => "schema",
            Self::Traffic => "traffic",
            Self::Other => "other",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// One event as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventLine {
    pub id: EventId,
    /// The system or team that tells of it.
    pub source: String,
    /// The source's own id of it; made from the rest where it gave none.
    pub key: String,
    pub kind: EventKind,
    pub title: String,
    pub at: Millis,
    pub link: Option<String>,
    /// Empty: it concerns every deployment.
    pub deployments: Vec<DeploymentName>,
    pub posted_by: String,
    pub received_at: Millis,
}
