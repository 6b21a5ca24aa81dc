//! The statistics of one stretch of time of one deployment, version and arm: what is flushed, stored, read and merged.

use super::counts::Counts;
use super::runs::Runs;
use super::whole_rows::WholeRows;
use contract::time::HOUR;
use serde::{Deserialize, Serialize};
use serving::Spent;
use stats::bins::Window;
use stats::sketch::LatencySketch;
use stats::usual::At;
use std::collections::BTreeMap;

/// Counts and latencies, milliseconds. Windows of before the time was split in four lack the later sketches; those are empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Operations {
    pub counts: Counts,
    /// Of every request.
    pub total: LatencySketch,
    /// The parts of the requests that a run of the model answered. In each of these, they add up to the total.
    pub wait: LatencySketch,
    pub queue: LatencySketch,
    pub compute: LatencySketch,
    pub rest: LatencySketch,
    /// The total of those requests without `compute`: quantiles of a difference are not the difference of quantiles.
    pub overhead: LatencySketch,
    pub runs: Runs,
}

impl Operations {
    /// Counts where the time of one request went.
    pub fn add_times(&mut self, spent: &Spent) {
        self.total.record(ms(spent.total));
        if spent.batch_rows == 0 {
            // No run answered it: it failed, or something else did. There is no computing to compare with.
            return;
        }
        self.wait.record(ms(spent.wait));
        self.queue.record(ms(spent.queued));
        self.compute.record(ms(spent.compute));
        self.rest.record(ms(spent.rest()));
        self.overhead.record(ms(spent.overhead()));
        if spent.leads_run {
            self.runs.add(spent.batch_rows);
        }
    }

    pub fn merge(&mut self, other: &Self) {
        self.counts.add(&other.counts);
        self.total.merge(&other.total);
        self.wait.merge(&other.wait);
        self.queue.merge(&other.queue);
        self.compute.merge(&other.compute);
        self.rest.merge(&other.rest);
        self.overhead.merge(&other.overhead);
        self.runs.merge(&other.runs);
    }
}

/// Milliseconds of a duration.
pub fn ms(duration: std::time::Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Per feature, counts over the frozen bins of the version's baseline; the score's beside them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Features {
    pub by_name: BTreeMap<String, Window>,
    pub score: Option<Window>,
    /// Predicted values of a regression.
    pub label: Option<Window>,
    pub rows: WholeRows,
    /// When the rows were.
    #[serde(skip)]
    pub times: Times,
}

/// Rows by the hour in which they were counted, `None` where a window is longer than that. It follows from where windows lie: whoever
/// reads them says so, nothing is stored, and it is no part of what two windows have in common.
#[derive(Clone, Debug, Default)]
pub struct Times(BTreeMap<Option<i64>, u64>);

impl PartialEq for Times {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Times {
    fn add(&mut self, other: &Self) {
        other.0.iter().for_each(|(hour, rows)| *self.0.entry(*hour).or_default() += rows);
    }

    /// The middle of each hour, in milliseconds, and how many rows it had.
    pub fn list(&self) -> Vec<At> {
        self.0.iter().map(|(hour, rows)| (hour.map(|hour| hour * HOUR + HOUR / 2), *rows)).collect()
    }
}

impl Features {
    /// Windows that were counted over another baseline are left out: they cannot be compared.
    pub fn merge(&mut self, other: &Self) {
        for (name, window) in &other.by_name {
            match self.by_name.get_mut(name) {
                Some(mine) => drop(mine.merge(window)),
                None => drop(self.by_name.insert(name.clone(), window.clone())),
            }
        }
        merge_one(&mut self.score, &other.score);
        merge_one(&mut self.label, &other.label);
        self.rows.merge(&other.rows);
        self.times.add(&other.times);
    }

    /// As counted in a window of `span` milliseconds from `start`.
    pub fn placed(mut self, start: i64, span: i64) -> Self {
        let all = self.by_name.values().chain(&self.label).chain(&self.score);
        let rows = all.map(|window| window.n() + window.missing()).max().unwrap_or(0);
        self.times = Times(BTreeMap::from([((span <= HOUR).then(|| start.div_euclid(HOUR)), rows)]));
        self
    }
}

fn merge_one(mine: &mut Option<Window>, theirs: &Option<Window>) {
    match (mine, theirs) {
        (Some(mine), Some(theirs)) => drop(mine.merge(theirs)),
        (mine @ None, Some(theirs)) => *mine = Some(theirs.clone()),
        _ => {}
    }
}

impl Features {
    /// About how much memory it takes, bytes.
    fn memory(&self) -> usize {
        let of = |window: &Window| match window {
            Window::Numeric(numbers) => 8 * (numbers.counts.len() + numbers.sums.len()) + 128,
            Window::Categorical(categories) => {
                8 * categories.counts.len() + categories.unseen.keys().map(|name| name.len() + 48).sum::<usize>() + 128
            }
        };
        let named: usize = self.by_name.iter().map(|(name, window)| name.len() + of(window)).sum();
        let others: usize = [&self.score, &self.label].into_iter().flatten().map(of).sum();
        let joint = self.rows.joint.as_ref().map_or(0, |joint| 8 * (joint.sums.len() + joint.products.len()));
        named + others + joint
    }
}

/// Both halves of a window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stretch {
    pub operations: Operations,
    pub features: Features,
}

impl Stretch {
    pub fn merge(&mut self, other: &Self) {
        self.operations.merge(&other.operations);
        self.features.merge(&other.features);
    }

    /// About how much memory it takes, bytes: sketches take a few hundred buckets in all.
    pub fn memory(&self) -> usize {
        8_192 + self.features.memory()
    }
}
