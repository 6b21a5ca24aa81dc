//! What became of the requests: latencies of those that were answered, counts of the others by what went wrong.

use crate::client::Failure;
use crate::sketch::Sketch;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

#[derive(Default)]
pub struct Seen {
    pub latencies: Sketch,
    errors: BTreeMap<String, u64>,
    /// Answers that were compared with the right one.
    checked: u64,
    /// From the start of measuring to its end.
    pub took: Duration,
}

impl Seen {
    pub fn answered(&mut self, since: Instant) {
        self.latencies.record(since.elapsed().as_nanos() as u64);
    }

    pub fn failed(&mut self, failure: &Failure) {
        self.count(failure.to_string(), 1);
    }

    pub fn count(&mut self, what: String, n: u64) {
        *self.errors.entry(what).or_default() += n;
    }

    pub fn failures(&self) -> u64 {
        self.errors.values().sum()
    }

    pub fn checked(&mut self) {
        self.checked += 1;
    }

    pub fn report(&self) -> Value {
        let latencies = &self.latencies;
        json!({
            "answered": latencies.count(),
            "checked": self.checked,
            "errors": self.errors,
            "seconds": self.took.as_secs_f64(),
            "per_second": latencies.count() as f64 / self.took.as_secs_f64().max(1e-9),
            "mean_ms": latencies.mean_ms(),
            "p50_ms": latencies.quantile_ms(0.5),
            "p90_ms": latencies.quantile_ms(0.9),
            "p99_ms": latencies.quantile_ms(0.99),
            "p999_ms": latencies.quantile_ms(0.999),
            "max_ms": latencies.max_ms(),
        })
    }
}
