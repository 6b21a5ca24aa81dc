//! The Alerts tab of a deployment: every rule in words, how it stands, what it would have done, and who is told.

use super::alerts::{AlertLine, SilenceLine};
use super::common::Allowed;
use super::deployment::Head;
use super::parts::Answer;
use crate::alerting::RouteStep;
use crate::ids::*;
use crate::time::Millis;
use crate::verdict::State;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeploymentAlertsView {
    pub head: Head,
    pub answer: Answer,
    /// Newest first.
    pub open: Vec<AlertLine>,
    pub monitors: Vec<MonitorLine>,
    /// Of the rule that the address names.
    pub backtest: Option<BackTest>,
    pub route: RouteView,
    pub silences: Vec<SilenceLine>,
    pub runbook_url: String,
    pub may_change: Allowed,
    pub may_acknowledge: bool,
}

/// What a limit counts, and so how it is written and typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitUnit {
    /// From 0 to 1; typed and shown as a percentage.
    Share,
    /// Standard deviations, or a distance from 0 to 1.
    Distance,
    Milliseconds,
    /// False alarms a week.
    PerWeek,
    Seconds,
}

/// One rule of a deployment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MonitorLine {
    pub deployment: DeploymentName,
    /// Kind of its alerts; or `alert_budget`, `drift_window`, which several rules share.
    pub monitor: String,
    pub name: String,
    /// When it fires, as a sentence with its numbers.
    pub words: String,
    /// Where it begins to fire; `None` where there is nothing to choose.
    pub limit: Option<Limit>,
    pub state: State,
    /// `Quiet`, `Fires: age has drifted`.
    pub state_words: String,
    /// The page with its back-test.
    pub url: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    pub value: f64,
    pub otherwise: f64,
    pub least: f64,
    pub most: f64,
    pub unit: LimitUnit,
}

impl Limit {
    /// What a person types and reads: percent for shares, minutes for seconds.
    pub fn typed(&self, value: f64) -> f64 {
        match self.unit {
            LimitUnit::Share => value * 100.0,
            LimitUnit::Seconds => value / 60.0,
            _ => value,
        }
    }

    /// The value of what was typed.
    pub fn meant(&self, typed: f64) -> f64 {
        match self.unit {
            LimitUnit::Share => typed / 100.0,
            LimitUnit::Seconds => typed * 60.0,
            _ => typed,
        }
    }

    pub fn unit_words(&self) -> &'static str {
        match self.unit {
            LimitUnit::Share => "%",
            LimitUnit::Distance => "standard deviations",
            LimitUnit::Milliseconds => "ms",
            LimitUnit::PerWeek => "a week",
            LimitUnit::Seconds => "minutes",
        }
    }
}

/// What a rule would have done over what is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BackTest {
    pub monitor: String,
    /// The limit that was tried, and the one that is set.
    pub tried: f64,
    pub current: f64,
    /// `With 0.2 it would have fired 3 times in 30 days`.
    pub headline: String,
    /// What it would be with the limit that is set, how finely was looked, and what could not be judged.
    pub sentence: String,
    pub from: Millis,
    pub to: Millis,
    /// Looks that were judged.
    pub looks: u64,
    /// With the tried limit, newest first.
    pub episodes: Vec<Episode>,
    /// How often with the limit that is set.
    pub current_fired: usize,
}

/// One stretch in which a rule would have fired.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Episode {
    pub from: Millis,
    pub to: Millis,
    pub subject: String,
    pub headline: String,
    /// The chart at that time.
    pub url: String,
}

/// Who is told of a deployment's alerts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RouteView {
    pub deployment: DeploymentName,
    /// `false`: nothing was declared, so every channel is told at once.
    pub declared: bool,
    pub steps: Vec<RouteStep>,
    /// The same as sentences.
    pub words: Vec<String>,
    /// All channels there are, to choose from: id and name.
    pub channels: Vec<(ChannelId, String)>,
}
