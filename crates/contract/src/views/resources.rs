//! What the machines and the process use, per node and per version.

use super::deployment::Head;
use super::parts::{Answer, Change, Series};
use crate::ids::*;
use crate::time::Millis;
use crate::verdict::State;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResourcesView {
    /// Of the deployment that was asked for.
    pub head: Option<Head>,
    pub answer: Answer,
    pub nodes: Vec<NodeView>,
    pub versions: Vec<VersionUse>,
    /// What watching the deployment that was asked for takes.
    pub watching: Option<Watching>,
    /// Shares from which somebody should look, and from which it is bad.
    pub watch_from: f64,
    pub bad_from: f64,
    pub changes: Vec<Change>,
    pub from: Millis,
    pub to: Millis,
    /// Length of one point, milliseconds.
    pub span_ms: i64,
    pub updated_at: Millis,
}

/// What is stored to watch a deployment, and how much memory it takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Watching {
    pub parts: Vec<WatchingPart>,
    pub stored_bytes: u64,
    /// Of the windows that this process is adding to.
    pub memory_bytes: u64,
    /// A finding, and how the numbers were made.
    pub title: String,
    pub sentence: String,
}

/// One kind of what is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WatchingPart {
    /// `Windows of 10 s`
    pub name: String,
    /// How long: `3 h`.
    pub kept: String,
    pub rows: u64,
    pub bytes: u64,
    /// Bytes that a day adds as it has gone lately; `None` where that cannot be told.
    pub day_bytes: Option<u64>,
}

/// One machine, or one container.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeView {
    pub node: String,
    /// Of the last minutes.
    pub gauges: Vec<Gauge>,
    /// Shares over time: processor, memory, disk, GPUs.
    pub shares: Vec<Series>,
    /// Bytes a second that the process reads and writes.
    pub storage: Vec<Series>,
    /// Bytes that are resident.
    pub memory_bytes: Vec<Series>,
}

/// Something that has a limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gauge {
    /// `Processor`, `Memory`, `Disk`, `GPU 0, memory`
    pub name: String,
    /// Share of the limit that is used, 0 to 1; `None` where it was not measured.
    pub share: Option<f64>,
    /// `1.4 of 2 processors, 0.9 by Slipway`
    pub words: String,
    pub state: State,
}

/// What one version used over the range, on all nodes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VersionUse {
    pub deployment: DeploymentName,
    pub version: VersionNo,
    /// Rows that wait, mean and most; `None` where it was not in memory.
    pub queue_mean: Option<f64>,
    pub queue_most: Option<f64>,
    /// Share of the queue that is full, now.
    pub queue_share: Option<f64>,
    pub state: State,
    /// Seconds in runs of the model.
    pub compute_seconds: f64,
    /// Share of the compute time of all versions; `None` where nothing ran.
    pub compute_share: Option<f64>,
    /// Sessions' worth of time in runs, over time.
    pub compute_over_time: Vec<crate::views::parts::Point>,
    /// Estimate for all its sessions; `None` where it is not in memory of this process.
    pub memory_bytes: Option<u64>,
}
