//! From one answered request to what is counted and logged of it, held until the next flush.

use super::counts::Counts;
use super::log;
use super::spans::FINE;
use super::window::{Stretch, ms};
use crate::deployments::{Book, Known};
use contract::deployment::Recording;
use contract::rollout::Arm;
use contract::{DeploymentName, Millis, RolloutId, VersionNo};
use serving::{Label, Outcome as Answered, Record, RowAnswer, Value};
use std::collections::{BTreeSet, HashMap};
use store::predictions::PredictionRow;

/// Rows of the prediction log that one flush writes; past it the log keeps every second, third … row, the counts keep all.
const LOGGED: usize = 5_000;

/// Whose statistics, and from when on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    pub deployment: DeploymentName,
    pub version: VersionNo,
    pub arm: Arm,
    /// Start of the fine window.
    pub start: Millis,
}

/// Whose part in a rollout.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Part {
    pub rollout: RolloutId,
    pub step: usize,
    pub arm: Arm,
}

/// What has been taken in since the last flush.
#[derive(Default)]
pub struct Pending {
    pub stretches: HashMap<Key, Stretch>,
    pub parts: HashMap<Part, Counts>,
    pub log: Vec<PredictionRow>,
    /// Somebody waits for the commit.
    pub durable: Vec<Record>,
    seen: u64,
}

impl Pending {
    pub fn is_empty(&self) -> bool {
        self.stretches.is_empty() && self.log.is_empty() && self.durable.is_empty()
    }

    /// Counts a record, and keeps its rows for the log.
    pub fn take(&mut self, book: &Book, record: Record) {
        let Some(known) = book.get(&record.deployment) else { return };
        let columns = record.features();
        let answers = record.answers().and_then(|answers| answers.ok()).unwrap_or_default();
        let one = One::new(&known, &record, &answers, &columns);
        let version = record.served.version;
        let key = Key { deployment: record.deployment.clone(), version, arm: record.arm, start: record.at.floor_to(FINE) };
        let stretch = self.stretches.entry(key).or_default();
        one.count(&mut stretch.operations.counts);
        stretch.operations.add_times(&record.spent);
        if let Some(baseline) = known.versions.get(&version).and_then(|version| version.baseline.as_deref()) {
            for (feature, column) in record.served.contract.features.iter().zip(&columns) {
                stretch.features.add_column(baseline, &feature.name, column);
            }
            stretch.features.rows.add(baseline, &record, &answers, |row| {
                columns.iter().map(|column| column.get(row).cloned().unwrap_or(Value::Missing)).collect()
            });
            if record.outcome.ok() {
                answers.iter().filter_map(|answer| answer.score).for_each(|score| stretch.features.add_score(baseline, score));
                answers
                    .iter()
                    .filter_map(|answer| answer.label.value())
                    .for_each(|value| stretch.features.add_label(baseline, value));
            }
        }
        if let Some(rollout) = &known.rollout
            && record.arm != Arm::Pilot
            && let Some(step) = rollout.step_at(record.at)
        {
            let part = Part { rollout: rollout.id.clone(), step, arm: record.arm };
            one.count(self.parts.entry(part).or_default());
        }
        self.seen += 1;
        let every = 1 + self.log.len() / LOGGED;
        if self.seen.is_multiple_of(every as u64) {
            self.log.extend(log::rows(&record, &answers, &columns));
        }
        if known.settings.recording == Recording::Durable {
            self.durable.push(record);
        }
    }
}

/// What one request adds to any sum.
struct One<'r> {
    record: &'r Record,
    answers: &'r [RowAnswer],
    failed: bool,
    slow: bool,
    /// Rows that broke the contract.
    broken: usize,
}

impl<'r> One<'r> {
    fn new(known: &Known, record: &'r Record, answers: &'r [RowAnswer], columns: &[Vec<Value>]) -> Self {
        let violations = record.violations(columns);
        let broken = violations.iter().map(|violation| violation.row).collect::<BTreeSet<usize>>().len();
        let failed = matches!(record.outcome, Answered::Failed { .. });
        let slow = ms(record.spent.total) > known.settings.p99_limit_ms;
        Self { record, answers, failed, slow, broken }
    }

    fn count(&self, counts: &mut Counts) {
        let (record, batch) = (self.record, self.record.spent.batch_rows);
        counts.requests += 1;
        counts.failed += u64::from(self.failed);
        counts.fallback += u64::from(matches!(record.outcome, Answered::Fallback { .. }));
        counts.slow += u64::from(self.slow);
        counts.rows += record.rows as u64;
        counts.violations += self.broken as u64;
        if batch > 0 {
            counts.runs += record.rows as f64 / batch as f64;
            counts.run_rows += record.rows as u64;
        }
        // What a fallback answered says nothing about the version that should have.
        for answer in self.answers.iter().filter(|_| record.outcome.ok()) {
            match &answer.label {
                Label::Class(class) => counts.add_label(class, 1),
                Label::Value(value) => counts.values.push(*value),
            }
        }
    }
}
