//! What is counted over answered requests: plain sums, so that any split of the requests adds up to the same.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Classes that are counted by name; a model with more counts the rest as [`OTHER`].
const CLASSES: usize = 200;
/// Name under which further classes are counted together.
pub const OTHER: &str = "(other)";

/// Sums over requests and rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    pub requests: u64,
    /// Requests that got no answer.
    pub failed: u64,
    /// Requests that a fallback answered.
    pub fallback: u64,
    /// Requests slower than the deployment's limit.
    pub slow: u64,
    pub rows: u64,
    /// Rows that broke the contract's ranges, categories or nullability.
    pub violations: u64,
    /// Answered requests whose record was dropped.
    pub dropped: u64,
    /// Runs of the model that these rows took part in (a row's share of its run), and the rows: their ratio is the mean batch.
    pub runs: f64,
    pub run_rows: u64,
    /// Predicted classes of rows.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, u64>,
    /// Predicted values of rows (regression).
    pub values: Moments,
}

impl Counts {
    pub fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.failed += other.failed;
        self.fallback += other.fallback;
        self.slow += other.slow;
        self.rows += other.rows;
        self.violations += other.violations;
        self.dropped += other.dropped;
        self.runs += other.runs;
        self.run_rows += other.run_rows;
        for (label, n) in &other.labels {
            self.add_label(label, *n);
        }
        self.values.add(&other.values);
    }

    pub fn add_label(&mut self, label: &str, n: u64) {
        if let Some(known) = self.labels.get_mut(label) {
            *known += n;
        } else {
            let label = if self.labels.len() < CLASSES { label } else { OTHER };
            *self.labels.entry(label.to_owned()).or_default() += n;
        }
    }

    pub fn label(&self, label: &str) -> u64 {
        self.labels.get(label).copied().unwrap_or(0)
    }

    /// Rows with a predicted class.
    pub fn labelled(&self) -> u64 {
        self.labels.values().sum()
    }

    /// Requests that failed or were answered by a fallback.
    pub fn degraded(&self) -> u64 {
        self.failed + self.fallback
    }
}

/// Count, mean and sum of squared deviations, merged after Chan, Golub and LeVeque (1979).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    pub n: u64,
    pub mean: f64,
    pub m2: f64,
}

impl Moments {
    pub fn push(&mut self, x: f64) {
        if x.is_finite() {
            self.add(&Self { n: 1, mean: x, m2: 0.0 });
        }
    }

    pub fn add(&mut self, other: &Self) {
        if other.n == 0 {
            return;
        }
        let (n, m) = (self.n as f64, other.n as f64);
        let delta = other.mean - self.mean;
        self.n += other.n;
        self.mean += delta * m / (n + m);
        self.m2 += other.m2 + delta * delta * n * m / (n + m);
    }

    /// Sample variance; `None` below two values.
    pub fn variance(&self) -> Option<f64> {
        (self.n > 1).then(|| self.m2 / (self.n - 1) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_split_has_the_same_moments() {
        let values: Vec<f64> = (0..100).map(|i| f64::from(i * i % 37) + 1e6).collect();
        let of = |values: &[f64]| {
            let mut moments = Moments::default();
            values.iter().for_each(|x| moments.push(*x));
            moments
        };
        let whole = of(&values);
        let mut split = of(&values[70..]);
        split.add(&of(&values[..13]));
        split.add(&Moments::default());
        split.add(&of(&values[13..70]));
        assert_eq!(split.n, whole.n);
        assert!((split.mean - whole.mean).abs() < 1e-6 && (split.m2 - whole.m2).abs() < 1e-4);
    }

    #[test]
    fn too_many_classes_are_counted_together() {
        let mut counts = Counts::default();
        for i in 0..1_000 {
            counts.add_label(&format!("c{i}"), 1);
        }
        assert_eq!(counts.labels.len(), CLASSES + 1);
        assert_eq!(counts.labelled(), 1_000);
    }
}
