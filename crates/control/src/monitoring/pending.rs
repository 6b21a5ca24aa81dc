//! From one answered request to what is counted and logged of it, held until the next flush.

use super::counts::Counts;
use super::log;
use super::pages::Pages;
use super::spans::FINE;
use super::tally::Tally;
use super::window::{Features, Operations, Stretch, ms};
use crate::deployments::{Book, Known, version_no};
use crate::registry::VersionBaseline;
use contract::rollout::Arm;
use contract::{DeploymentName, Millis, RolloutId, VersionNo};
use serving::records::Columns;
use serving::{Label, Outcome as Answered, Record, RowAnswer, Waiting};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use store::pages::PageRow;
use store::predictions::PredictionRow;

/// Rows of the prediction log that one flush writes one by one, about; the rest is packed into pages. Written singly, a row costs more
/// than its answer did.
const SINGLE: usize = 2_000;
/// Rows of one flush whose values are looked at together, about. How features go together is known well enough from five hundred rows a
/// second.
const DEAR: usize = 1_000;

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

/// What is being counted for one key.
#[derive(Default)]
struct Counting {
    operations: Operations,
    /// Counted over a baseline that has been replaced since.
    before: Features,
    tally: Option<Tally>,
}

impl Counting {
    fn over(&mut self, baseline: &Arc<VersionBaseline>) -> &mut Tally {
        if let Some(old) = self.tally.take_if(|tally| !tally.is_over(baseline)) {
            self.before.merge(&old.features());
        }
        self.tally.get_or_insert_with(|| Tally::new(baseline.clone()))
    }

    fn stretch(self) -> Stretch {
        let Self { operations, mut before, tally } = self;
        let features = match tally.map(Tally::features) {
            Some(features) if before == Features::default() => features,
            Some(features) => {
                before.merge(&features);
                before
            }
            None => before,
        };
        Stretch { operations, features }
    }
}

/// What has been taken in since the last flush.
#[derive(Default)]
pub struct Pending {
    /// What the last request was counted in, and the next one nearly always is: found without a hash and without a copy of its key.
    latest: Option<(Key, Counting)>,
    stretches: HashMap<Key, Counting>,
    pub parts: HashMap<Part, Counts>,
    pub log: Vec<PredictionRow>,
    pages: Pages,
    /// Somebody waits for the commit.
    pub durable: Vec<Waiting>,
    /// Rows since the last flush, and in the stretch before it: of every so many rows one is written singly or counted as a whole, that it
    /// will be about [`SINGLE`] and [`DEAR`] if this stretch is as busy.
    rows: usize,
    rows_before: usize,
    dear: usize,
    /// Memory of the records that were taken, bytes.
    held: usize,
    /// How many of these count side by side and share what is done for one row in so many; 0 is one.
    beside: usize,
}

impl Pending {
    /// One of so many that are flushed together.
    pub fn one_of(beside: usize) -> Self {
        Self { beside, ..Self::default() }
    }

    /// Rows that this part may treat out of `all`.
    fn share(&self, all: usize) -> usize {
        (all / self.beside.max(1)).max(1)
    }

    /// Everything, leaving an empty one that goes on as busy as this one was.
    pub fn hand_over(&mut self) -> Pending {
        let next = Pending { rows_before: self.rows, beside: self.beside, ..Pending::default() };
        std::mem::replace(self, next)
    }

    /// Takes over what waits to be written in a part whose sums are absorbed.
    pub fn adopt(&mut self, part: Pending) {
        self.log.extend(part.log);
        self.pages.adopt(part.pages);
        self.durable.extend(part.durable);
    }

    /// Memory of the records that were taken since the last flush, bytes.
    pub fn held(&self) -> usize {
        self.held
    }

    pub fn is_empty(&self) -> bool {
        self.latest.is_none()
            && self.stretches.is_empty()
            && self.log.is_empty()
            && self.pages.is_empty()
            && self.durable.is_empty()
    }

    /// Counts a record, and keeps its rows for the log.
    pub fn take(&mut self, book: &Book, mut record: Record) {
        let waiting = record.take_waiting();
        let Some(known) = book.get(&record.deployment) else { return };
        let columns = record.columns();
        let answers = record.answers().and_then(|answers| answers.ok()).unwrap_or_default();
        let one = One::new(&known, &record, &answers, &columns);
        let version = record.served.version;
        self.rows += answers.len();
        self.held += record.memory();
        let (dear, single) = (self.share(DEAR), self.share(SINGLE));
        let single = self.rows.is_multiple_of(self.rows_before.div_ceil(single).max(1)) && self.log.len() < 2 * single;
        let dear = self.rows.is_multiple_of(self.rows_before.div_ceil(dear).max(1)) && self.dear < 2 * dear;
        self.dear += if dear { answers.len() } else { 0 };
        let (key, mut counting) = self.counting(&record);
        one.count(&mut counting.operations.counts);
        counting.operations.add_times(&record.spent);
        if let Some(baseline) = known.versions.get(&version).and_then(|version| version.baseline.as_ref()) {
            let tally = counting.over(baseline);
            tally.add(&columns);
            tally.add_rows(&record, &answers, &columns, dear);
            if record.outcome.ok() {
                tally.add_answers(&answers);
            }
        }
        self.latest = Some((key, counting));
        if let Some(rollout) = &known.rollout
            && record.arm != Arm::Pilot
            && let Some(step) = rollout.step_at(record.at)
        {
            let part = Part { rollout: rollout.id.clone(), step, arm: record.arm };
            one.count(self.parts.entry(part).or_default());
        }
        if single {
            self.log.extend(log::rows(&record, &answers, &columns));
        } else {
            self.pages.add(&record, &answers, &columns);
        }
        self.durable.extend(waiting);
    }

    /// Takes out what a record is counted in.
    fn counting(&mut self, record: &Record) -> (Key, Counting) {
        let (version, start) = (record.served.version, record.at.floor_to(FINE));
        let same = |key: &Key| {
            key.start == start && key.version == version && key.arm == record.arm && key.deployment == record.deployment
        };
        match self.latest.take() {
            Some((key, counting)) if same(&key) => (key, counting),
            other => {
                self.stretches.extend(other);
                let key = Key { deployment: record.deployment.clone(), version, arm: record.arm, start };
                let counting = self.stretches.remove(&key).unwrap_or_default();
                (key, counting)
            }
        }
    }

    fn all(&self) -> impl Iterator<Item = (&Key, &Counting)> {
        self.stretches.iter().chain(self.latest.iter().map(|(key, counting)| (key, counting)))
    }

    /// The key that had the most requests.
    pub fn busiest(&self) -> Option<Key> {
        self.all().max_by_key(|(_, counting)| counting.operations.counts.requests).map(|(key, _)| key.clone())
    }

    /// Counts records that were dropped before they came here.
    pub fn dropped(&mut self, key: Key, n: u64) {
        self.stretches.extend(self.latest.take());
        self.stretches.entry(key).or_default().operations.counts.dropped += n;
    }

    /// Whose statistics have changed.
    pub fn touched(&self) -> BTreeSet<DeploymentName> {
        self.all().map(|(key, _)| key.deployment.clone()).collect()
    }

    /// Everything that was counted since the last call; a new stretch begins.
    pub fn stretches(&mut self) -> impl Iterator<Item = (Key, Stretch)> {
        self.rows_before = std::mem::take(&mut self.rows);
        (self.dear, self.held) = (0, 0);
        self.stretches.extend(self.latest.take());
        self.stretches.drain().map(|(key, counting)| (key, counting.stretch()))
    }

    /// Pages that wait to be written, with ids from `id`.
    pub fn close_pages(&mut self, id: impl Fn() -> String) -> &[PageRow] {
        self.pages.close(id)
    }

    /// The log is written.
    pub fn forget_log(&mut self) {
        self.log.clear();
        self.pages.forget();
    }

    /// Gives up the oldest rows of the log but for `waiting` of each kind, and counts them as dropped where they belong. How many.
    pub fn give_up_log(&mut self, waiting: usize) -> u64 {
        let over = self.log.len().saturating_sub(waiting);
        let single = self.log.drain(..over).map(|row| (row.deployment, row.version, row.arm, row.at, 1));
        let packed = self.pages.give_up(waiting).map(|page| (page.deployment, page.version, page.arm, page.first_at, page.rows));
        let lost: Vec<_> = single.chain(packed).collect();
        let mut sum = 0;
        for (deployment, version, arm, at, rows) in lost {
            let rows = u64::try_from(rows).unwrap_or_default();
            sum += rows;
            let Some(arm) = Arm::parse(&arm) else { continue };
            let (deployment, version) = (DeploymentName(deployment), version_no(version));
            self.dropped(Key { deployment, version, arm, start: Millis(at).floor_to(FINE) }, rows);
        }
        sum
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
    fn new(known: &Known, record: &'r Record, answers: &'r [RowAnswer], columns: &Columns<'_>) -> Self {
        let broken = columns.broken_rows();
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
