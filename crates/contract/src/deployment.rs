//! What a deployment declares: who owns it, how it is served and watched.

use crate::alerting::AlertLimits;
use crate::ids::{ModelName, VersionNo};
use crate::rule::Rule;
use serde::{Deserialize, Serialize};

/// How predictions are recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Recording {
    /// Through a bounded channel after the answer; drops are counted.
    #[default]
    Async,
    /// Committed before the answer.
    Durable,
    Off,
}

/// What answers when the chosen version cannot, tried in the declared order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum Fallback {
    /// The version that was stable before, or a named one.
    Previous { version: Option<VersionNo> },
    /// What a rule says, row by row.
    Rule { rule: Rule },
    /// The last answer to the same input that is kept, however old.
    Cache,
    /// A fixed answer.
    Default { label: String, score: Option<f64> },
}

/// Answers to inputs that come again are kept and given again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CacheSettings {
    /// How long an answer may be given instead of asking the model, milliseconds.
    pub ttl_ms: u64,
    /// Memory for kept answers, bytes; the ones not asked for the longest go first.
    pub max_bytes: u64,
}

/// Which detector reads the errors of live answers, outcome by outcome, and raises the alert.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConceptDetector {
    /// No false alarm in 50,000 steady outcomes, and finds a doubled error rate within some 400.
    #[default]
    Adwin,
    PageHinkley,
    /// For right and wrong only.
    Ddm,
}

impl ConceptDetector {
    pub const ALL: [ConceptDetector; 3] = [Self::Adwin, Self::PageHinkley, Self::Ddm];

    /// Its name, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Adwin => "ADWIN",
            Self::PageHinkley => "Page-Hinkley",
            Self::Ddm => "DDM",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeploymentSettings {
    pub model: ModelName,
    #[serde(default)]
    pub owner_team: String,
    #[serde(default)]
    pub description: String,
    /// Limit of the 99th percentile of latency, milliseconds.
    #[serde(default = "default_p99_limit")]
    pub p99_limit_ms: f64,
    /// Largest batch that is put together from waiting requests.
    #[serde(default = "default_max_batch")]
    pub max_batch: usize,
    /// Rows that may wait; past it requests are refused early.
    #[serde(default = "default_queue_rows")]
    pub queue_rows: usize,
    /// What an answer may take, milliseconds: a batch waits for more only within it, and requests are refused early where a wait is
    /// past all use. `p99_limit_ms` where it is not set.
    #[serde(default)]
    pub latency_budget_ms: Option<f64>,
    /// Levels of the request parameter `priority`: 1 is the most urgent, and what names none gets the one in the middle.
    #[serde(default = "default_priority_levels")]
    pub priority_levels: u8,
    /// Whether a version must answer recorded requests as it did before, before it is ready.
    #[serde(default = "yes")]
    pub golden_check: bool,
    #[serde(default)]
    pub recording: Recording,
    #[serde(default = "default_fallback")]
    pub fallback: Vec<Fallback>,
    /// Off where it is not declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<CacheSettings>,
    /// Feature whose value is the sticky routing key where the request names none.
    #[serde(default)]
    pub routing_feature: Option<String>,
    /// Wasserstein distance over the reference standard deviation from which drift counts (with evidence).
    #[serde(default = "default_drift_threshold")]
    pub drift_threshold: f64,
    /// False pages a week that the operator accepts.
    #[serde(default = "default_alert_budget")]
    pub alert_budget_per_week: f64,
    /// Length of the window over which drift is judged, seconds.
    #[serde(default = "default_drift_window")]
    pub drift_window_s: u64,
    #[serde(default)]
    pub concept_detector: ConceptDetector,
    /// Where the other rules begin to fire.
    #[serde(default, skip_serializing_if = "AlertLimits::is_default")]
    pub alert_limits: AlertLimits,
    /// The owner's own runbook: an address that alerts link to.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub runbook_url: String,
    /// Share of requests that must be answered without an error, below 1.
    #[serde(default = "default_slo_availability")]
    pub slo_availability: f64,
    /// Share of requests that must be answered within `p99_limit_ms`, below 1.
    #[serde(default = "default_slo_latency")]
    pub slo_latency: f64,
    /// After how long something is stale.
    #[serde(default)]
    pub stale: StaleLimits,
}

/// Days after which something is stale; 0 turns a limit off. What has never happened is not late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StaleLimits {
    /// Since the stable version was trained.
    pub model_days: u32,
    /// Since the last label.
    pub label_days: u32,
    /// Since the last event of kind `training`.
    pub training_days: u32,
    /// Since the last event of kind `data_run`.
    pub data_run_days: u32,
}

impl Default for StaleLimits {
    fn default() -> Self {
        Self { model_days: 90, label_days: 30, training_days: 180, data_run_days: 35 }
    }
}

impl DeploymentSettings {
    pub fn new(model: ModelName) -> Self {
        Self {
            model,
            owner_team: String::new(),
            description: String::new(),
            p99_limit_ms: default_p99_limit(),
            max_batch: default_max_batch(),
            queue_rows: default_queue_rows(),
            latency_budget_ms: None,
            priority_levels: default_priority_levels(),
            golden_check: true,
            recording: Recording::default(),
            fallback: default_fallback(),
            cache: None,
            routing_feature: None,
            drift_threshold: default_drift_threshold(),
            alert_budget_per_week: default_alert_budget(),
            drift_window_s: default_drift_window(),
            concept_detector: ConceptDetector::default(),
            alert_limits: AlertLimits::default(),
            runbook_url: String::new(),
            slo_availability: default_slo_availability(),
            slo_latency: default_slo_latency(),
            stale: StaleLimits::default(),
        }
    }
}

impl DeploymentSettings {
    /// What an answer may take, milliseconds.
    pub fn latency_budget(&self) -> f64 {
        self.latency_budget_ms.unwrap_or(self.p99_limit_ms)
    }
}

fn yes() -> bool {
    true
}
fn default_priority_levels() -> u8 {
    3
}
fn default_p99_limit() -> f64 {
    50.0
}
fn default_max_batch() -> usize {
    64
}
fn default_queue_rows() -> usize {
    2_048
}
fn default_fallback() -> Vec<Fallback> {
    vec![Fallback::Previous { version: None }]
}
fn default_drift_threshold() -> f64 {
    0.15
}
fn default_alert_budget() -> f64 {
    1.0
}
fn default_drift_window() -> u64 {
    3_600
}
fn default_slo_availability() -> f64 {
    0.999
}
fn default_slo_latency() -> f64 {
    0.99
}
