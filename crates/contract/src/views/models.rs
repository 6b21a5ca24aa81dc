//! The list of models, and one model with its versions.

use crate::ids::{DeploymentName, ModelName, UserId, VersionNo};
use crate::verdict::State;
use crate::views::common::{Allowed, Snippet, When};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelsView {
    /// `4 models, 9 versions; 3 are serving.`
    pub summary: String,
    pub models: Vec<ModelLine>,
    pub may_register: Allowed,
    /// How to push a first model from a script, with this server's address.
    pub snippets: Vec<Snippet>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelLine {
    pub name: ModelName,
    pub description: String,
    pub owner_team: String,
    pub versions: u32,
    pub latest: Option<VersionNo>,
    pub champion: Option<VersionNo>,
    /// Where versions of it answer requests now.
    pub serving: Vec<Served>,
    /// State of the newest version's gates, with its words.
    pub gates: GatesWord,
    pub last_activity: When,
}

/// A version that answers requests under a deployment's name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Served {
    pub deployment: DeploymentName,
    pub version: VersionNo,
    /// `stable`, `canary at 5 %`.
    pub words: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatesWord {
    pub state: State,
    /// `12 passed`, `1 failed`, `not run yet`, `running`.
    pub words: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelView {
    pub name: ModelName,
    pub description: String,
    pub owner_team: String,
    /// In plain words: what it decides, for whom, from what.
    pub purpose: String,
    pub not_for: String,
    /// `Version 3 is the champion; version 4 has passed its gates and waits for approval.`
    pub summary: String,
    pub created: When,
    pub created_by: String,
    pub tags: Vec<(String, String)>,
    pub serving: Vec<Served>,
    /// Newest first.
    pub versions: Vec<VersionLine>,
    /// Names of the metrics in `VersionLine::metrics`, in order, for the head of the table.
    pub metric_names: Vec<String>,
    pub may_register: Allowed,
    /// How to push the next version from a script.
    pub snippets: Vec<Snippet>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VersionLine {
    pub version: VersionNo,
    pub aliases: Vec<String>,
    pub notes: String,
    pub gates: GatesWord,
    /// Finished text per metric of the newest gate run on held-back data; `–` where there is none.
    pub metrics: Vec<String>,
    pub serving: Vec<Served>,
    pub registered_by: UserId,
    pub registered_by_name: String,
    pub registered: When,
    /// First twelve digits of the hash.
    pub short_hash: String,
}
