//! The latency page of a deployment: how fast, how much, how often it failed, and where the time goes. All times in milliseconds.

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
    /// Length of one point.
    pub span_ms: i64,
    /// Every percentile is within this share of the exact one.
    pub relative_error: f64,
    /// Newest version first, each in each arm that it answered in.
    pub versions: Vec<VersionLatency>,
    /// Over all versions and arms that answered callers.
    pub parts: Parts,
    /// Where the time goes: the finding, and the shares.
    pub parts_title: String,
    pub parts_sentence: String,
    /// Mean of each part over time, in the order of [`Parts::named`].
    pub parts_over_time_ms: Vec<Vec<Point>>,
    /// What Slipway adds to ONNX Runtime, as a sentence; says what is missing where nothing was measured.
    pub overhead_sentence: String,
    pub throughput_per_second: Vec<Point>,
    /// Rows of a run, mean.
    pub batch_rows: Vec<Point>,
    /// What the batches are like, as a sentence.
    pub batches_sentence: String,
    pub failed: Vec<Point>,
    pub by_fallback: Vec<Point>,
    pub totals: LatencyTotals,
    pub changes: Vec<Change>,
}

/// One version in one arm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VersionLatency {
    pub version: VersionNo,
    pub arm: Arm,
    pub p50_over_time_ms: Vec<Point>,
    pub p95_over_time_ms: Vec<Point>,
    pub p99_over_time_ms: Vec<Point>,
    /// From the request's head to its encoded answer; of every request.
    pub total: Quantiles,
    pub parts: Parts,
    pub requests: u64,
    pub requests_per_second: f64,
    /// Runs by their rows, ascending without gaps.
    pub batches: Vec<Batches>,
    pub mean_batch_rows: Option<f64>,
    /// Estimate for all sessions of the version; `None` where it is not loaded.
    pub memory_bytes: Option<u64>,
}

/// Percentiles over the whole range; `None` where there is too little to speak of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    pub n: u64,
    pub mean_ms: Option<f64>,
    pub p50_ms: Option<f64>,
    pub p95_ms: Option<f64>,
    pub p99_ms: Option<f64>,
    /// From 1,000 requests on.
    pub p999_ms: Option<f64>,
    pub max_ms: Option<f64>,
}

/// Where the time of the requests that a run of the model answered went. The four means add up to the mean of the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Parts {
    /// The body on its way, and its decoding.
    pub wait: Quantiles,
    /// In the model's queue.
    pub queue: Quantiles,
    /// In ONNX Runtime alone.
    pub compute: Quantiles,
    /// Checks, conversions, hand-overs between threads, encoding.
    pub rest: Quantiles,
    /// All but `compute`: what Slipway adds to ONNX Runtime.
    pub overhead: Quantiles,
}

impl Parts {
    /// The four parts by name, in the order in which they happen.
    pub fn named(&self) -> [(&'static str, &Quantiles); 4] {
        [("wait", &self.wait), ("queue", &self.queue), ("compute", &self.compute), ("rest", &self.rest)]
    }
}

/// Runs of the model with this many rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batches {
    pub fewest_rows: u64,
    pub most_rows: u64,
    pub runs: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LatencyTotals {
    pub requests: u64,
    pub failed: u64,
    pub by_fallback: u64,
    /// Share of requests that failed or were answered by a fallback; `None` without requests.
    pub degraded_share: Option<f64>,
    /// Requests that were slower than the limit.
    pub slow: u64,
    /// Rows that broke the contract's ranges, categories or nullability.
    pub violations: u64,
    pub requests_per_second: f64,
}
