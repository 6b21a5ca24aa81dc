//! The latency page of a deployment: how fast, how much, how often it failed, and where the time goes.

use super::deployment::Head;
use super::parts::{Answer, Change, Point};
use crate::ids::VersionNo;
use crate::rollout::Arm;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LatencyView {
    pub head: Head,
    pub answer: Answer,
    pub p99_limit_ms: f64,
    /// Length of one point, milliseconds.
    pub span: i64,
    pub versions: Vec<VersionLatency>,
    /// Median milliseconds of the parts of an answer, over all versions.
    pub parts: Vec<LatencyPart>,
    /// Requests a second.
    pub throughput: Vec<Point>,
    /// Rows per executed batch, mean.
    pub batch_rows: Vec<Point>,
    pub errors: Vec<Point>,
    pub fallbacks: Vec<Point>,
    pub totals: LatencyTotals,
    pub changes: Vec<Change>,
}

/// One version, milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VersionLatency {
    pub version: VersionNo,
    pub arm: Option<Arm>,
    pub p50: Vec<Point>,
    pub p95: Vec<Point>,
    pub p99: Vec<Point>,
    /// Over the whole range.
    pub p50_ms: Option<f64>,
    pub p95_ms: Option<f64>,
    pub p99_ms: Option<f64>,
    pub requests: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LatencyPart {
    /// `Waiting in the queue`, `Computing`, `Everything else`.
    pub name: String,
    pub p50_ms: Option<f64>,
    pub p99_ms: Option<f64>,
    pub over_time: Vec<Point>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LatencyTotals {
    pub requests: u64,
    pub failed: u64,
    pub by_fallback: u64,
    /// Requests that were slower than the limit.
    pub slow: u64,
    /// Rows that broke the contract's ranges, categories or nullability.
    pub violations: u64,
    pub per_second: f64,
}
