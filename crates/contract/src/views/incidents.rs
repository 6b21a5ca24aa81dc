//! Incidents: trouble that people deal with, beside everything that changed before it.

use super::alerts::{AlertKind, AlertLine};
use super::common::Allowed;
use super::parts::{Answer, Change, Series};
use crate::ids::*;
use crate::time::Millis;
use crate::verdict::State;
use serde::{Deserialize, Serialize};

/// How far people have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentState {
    Open,
    /// Nothing fires any more, or somebody says that the harm has ended; why it happened is still to be found.
    Mitigated,
    Resolved,
}

impl IncidentState {
    pub const ALL: [IncidentState; 3] = [Self::Open, Self::Mitigated, Self::Resolved];

    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Mitigated => "mitigated",
            Self::Resolved => "resolved",
        }
    }
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// What somebody does in an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentRole {
    /// Decides.
    Commander,
    /// Does.
    Operations,
    /// Tells those who are affected.
    Communications,
    Observer,
}

impl IncidentRole {
    pub const ALL: [IncidentRole; 4] = [Self::Commander, Self::Operations, Self::Communications, Self::Observer];

    pub fn word(self) -> &'static str {
        match self {
            Self::Commander => "commander",
            Self::Operations => "operations",
            Self::Communications => "communications",
            Self::Observer => "observer",
        }
    }
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }
}

/// What kind of change it was, as far as it matters for causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CauseKind {
    /// Another version answers, or a part of the requests goes to another one.
    Version,
    /// How the deployment is served or watched.
    Settings,
    /// What raises an alert.
    Threshold,
    /// What a version expects of its inputs.
    Contract,
    Alias,
    Policy,
    Approval,
    DataRun,
    Training,
    /// Another system was released or changed.
    Outside,
    /// The shape or meaning of data.
    Schema,
    /// More or other users.
    Traffic,
}

impl CauseKind {
    /// As a noun, for lists.
    pub fn words(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Settings => "settings",
            Self::Threshold => "threshold",
            Self::Contract => "contract",
            Self::Alias => "alias",
            Self::Policy => "policy",
            Self::Approval => "approval",
            Self::DataRun => "data run",
            Self::Training => "training",
            Self::Outside => "outside change",
            Self::Schema => "schema",
            Self::Traffic => "traffic",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncidentsView {
    pub answer: Answer,
    /// Open and mitigated ones first, then the newest.
    pub incidents: Vec<IncidentLine>,
    /// Names for the form that opens one by hand.
    pub deployments: Vec<DeploymentName>,
    pub may_open: Allowed,
    pub updated_at: Millis,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncidentLine {
    pub id: IncidentId,
    pub number: i64,
    pub deployment: DeploymentName,
    pub title: String,
    pub phase: IncidentState,
    pub severity: State,
    pub started_at: Millis,
    pub mitigated_at: Option<Millis>,
    pub resolved_at: Option<Millis>,
    /// Empty: nobody leads it.
    pub commander: String,
    pub alerts: usize,
}

/// One incident, whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncidentView {
    pub line: IncidentLine,
    pub answer: Answer,
    pub opened_at: Millis,
    pub opened_by: String,
    pub model: ModelName,
    pub owner: String,
    pub alerts: Vec<AlertLine>,
    /// What may have caused it, likeliest first.
    pub suspects: Vec<Suspect>,
    /// Alerts, changes, notes and acts, newest first.
    pub timeline: Vec<TimelineEntry>,
    pub people: Vec<Person>,
    /// Those who can be asked in, by name.
    pub candidates: Vec<(UserId, String)>,
    pub impact: String,
    pub cause: String,
    pub numbers: Numbers,
    /// What went wrong, over time: from before the start until its end.
    pub chart: IncidentChart,
    pub may_handle: Allowed,
    pub may_resolve: Allowed,
    /// The version that a rollback goes to; `None` where there is none.
    pub rollback_to: Option<VersionNo>,
    pub may_roll_back: Allowed,
    /// What a rollback does, as a sentence.
    pub rollback_effect: String,
    pub updated_at: Millis,
}

/// What the numbers of the chart count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChartUnit {
    Milliseconds,
    Share,
    PerSecond,
    Plain,
}

/// The chart at the top of an incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncidentChart {
    pub title: String,
    pub sentence: String,
    pub unit: ChartUnit,
    pub from: Millis,
    pub to: Millis,
    pub series: Vec<Series>,
    pub limit: Option<f64>,
    pub changes: Vec<Change>,
}

/// Requests from the start until the end, or now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Numbers {
    pub requests: u64,
    pub failed: u64,
    pub by_fallback: u64,
    pub slow: u64,
    /// Milliseconds; `None` without requests.
    pub p99_ms: Option<f64>,
    /// Predictions a second.
    pub per_second: f64,
}

/// A change that may have caused it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suspect {
    pub change: Change,
    pub kind: CauseKind,
    /// From 0 to 1: closeness times how often this kind of change causes this kind of trouble. For the order, not a probability.
    pub score: f64,
    /// `version, 13 min before the first alert`
    pub because: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    Alert,
    /// An alert has ended.
    Cleared,
    Change,
    Note,
    /// Somebody did something in the incident.
    Act,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimelineEntry {
    pub at: Millis,
    pub kind: EntryKind,
    pub state: Option<State>,
    pub text: String,
    /// Evidence of an alert; empty where there is none.
    pub detail: String,
    pub who: String,
    pub url: Option<String>,
    /// Milliseconds after the start; negative before it.
    pub distance: i64,
    /// Place among the suspected causes, from 1.
    pub suspect: Option<usize>,
    pub alert: Option<AlertKind>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub id: UserId,
    pub name: String,
    pub role: IncidentRole,
    pub since: Millis,
}
