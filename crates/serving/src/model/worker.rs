//! A session's thread: takes what waits, runs it, hands the answers back, and never dies of it.

use super::job::{Answer, InferError, Job, Named, Timings};
use super::queue::Batch;
use super::session::{Runner, Spent};
use super::{Priority, Shared};
use crate::tensor::concat;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Runs of one size since the model was loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchStats {
    pub rows: usize,
    pub runs: u64,
    pub compute_input: Duration,
    pub compute: Duration,
    pub compute_output: Duration,
}

#[derive(Default)]
pub(crate) struct Stats {
    /// Moving average of the time per row, nanoseconds.
    per_row_ns: AtomicU64,
    batches: Mutex<BTreeMap<usize, BatchStats>>,
}

impl Stats {
    pub fn per_row(&self) -> Duration {
        Duration::from_nanos(self.per_row_ns.load(Ordering::Relaxed))
    }

    pub fn batches(&self) -> Vec<BatchStats> {
        self.batches.lock().unwrap_or_else(PoisonError::into_inner).values().copied().collect()
    }

    fn add(&self, rows: usize, spent: Spent) {
        let now = (spent.input + spent.compute + spent.output).as_nanos() as u64 / rows.max(1) as u64;
        let before = self.per_row_ns.load(Ordering::Relaxed);
        // An eighth of the way to the newest; lost updates between threads do no harm.
        self.per_row_ns.store(if before == 0 { now } else { before - before / 8 + now / 8 }, Ordering::Relaxed);
        let mut batches = self.batches.lock().unwrap_or_else(PoisonError::into_inner);
        // Odd sizes beyond the usual ones share the last entry, so that the list stays short.
        let key = if batches.len() < 512 || batches.contains_key(&rows) { rows } else { usize::MAX };
        let entry = batches.entry(key).or_insert(BatchStats { rows: key, ..BatchStats::default() });
        entry.runs += 1;
        entry.compute_input += spent.input;
        entry.compute += spent.compute;
        entry.compute_output += spent.output;
    }
}

/// Serves until the queue is closed and empty.
pub(super) fn work(mut runner: Runner, shared: &Shared) {
    while let Some(batch) = shared.queue.next(shared.batchable.load(Ordering::Relaxed)) {
        let background = batch.jobs.first().is_some_and(|job| job.priority == Priority::Background);
        serve(&mut runner, shared, batch);
        if background {
            shared.queue.background_done();
        }
    }
}

fn serve(runner: &mut Runner, shared: &Shared, batch: Batch) {
    let rows = batch.rows;
    match <[Job; 1]>::try_from(batch.jobs) {
        Ok([job]) => alone(runner, shared, job),
        Err(jobs) => match together(runner, shared, &jobs, rows) {
            Some(answers) => jobs.into_iter().zip(answers).for_each(|(job, answer)| job.answer(Ok(answer))),
            // One bad row must not fail its neighbours.
            None => jobs.into_iter().for_each(|job| alone(runner, shared, job)),
        },
    }
}

fn alone(runner: &mut Runner, shared: &Shared, job: Job) {
    if job.abandoned() {
        return;
    }
    let queued = job.queued.elapsed();
    let answer = runner.run(&job.inputs, shared.run_limit).map(|(outputs, spent)| {
        shared.stats.add(job.rows, spent);
        Answer { outputs, timings: timings(queued, spent, job.rows, true) }
    });
    job.answer(answer);
}

fn timings(queued: Duration, spent: Spent, batch_rows: usize, leads_run: bool) -> Timings {
    Timings { queued, compute_input: spent.input, compute: spent.compute, compute_output: spent.output, batch_rows, leads_run }
}

/// Answers of one run for all `jobs`; `None` if it failed or its outputs cannot be taken apart.
fn together(runner: &mut Runner, shared: &Shared, jobs: &[Job], rows: usize) -> Option<Vec<Answer>> {
    let start = Instant::now();
    let first = jobs.first()?;
    let mut inputs: Named = Vec::with_capacity(first.inputs.len());
    for (i, (name, _)) in first.inputs.iter().enumerate() {
        let parts: Vec<_> = jobs.iter().filter_map(|job| job.inputs.get(i)).map(|(_, tensor)| tensor).collect();
        inputs.push((name.clone(), concat(&parts)?));
    }
    let joined = start.elapsed();
    let (outputs, mut spent) = match runner.run(&inputs, shared.run_limit) {
        Ok(ran) => ran,
        Err(InferError::TookTooLong { .. }) => {
            tracing::warn!(rows, "a batch was stopped: its requests run one by one");
            return None;
        }
        Err(error) => {
            tracing::debug!(rows, %error, "a batch failed: its requests run one by one");
            return None;
        }
    };
    let split = Instant::now();
    if outputs.iter().any(|(_, tensor)| tensor.shape().is_empty() || tensor.rows() != rows) {
        tracing::warn!("an output has not one row per input row: requests of this model run one by one from now on");
        shared.batchable.store(false, Ordering::Relaxed);
        return None;
    }
    let mut at = 0;
    let parts: Vec<Named> = jobs
        .iter()
        .map(|job| {
            let range = at..at + job.rows;
            at = range.end;
            outputs.iter().map(|(name, tensor)| (name.clone(), tensor.slice(range.clone()))).collect()
        })
        .collect();
    spent.input += joined;
    spent.output += split.elapsed();
    shared.stats.add(rows, spent);
    let answers = jobs.iter().zip(parts).enumerate();
    Some(answers.map(|(i, (job, outputs))| Answer { outputs, timings: timings(start - job.queued, spent, rows, i == 0) }).collect())
}
