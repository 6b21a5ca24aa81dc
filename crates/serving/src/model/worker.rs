//! A session's thread: takes what waits, runs it, hands the answers back, and never dies of it.

use super::Shared;
use super::cost::{Cost, Line};
use super::job::{Answer, InferError, Job, Named, Timings};
use super::queue::Batch;
use super::session::{Runner, Spent};
use crate::tensor::concat;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
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
    runs: Mutex<Runs>,
    /// The cost line, for readers that must not wait: seconds as bits. The two parts may be of two runs, which does no harm.
    per_run: AtomicU64,
    per_row: AtomicU64,
    sure: AtomicBool,
    restarts: AtomicU64,
}

#[derive(Default)]
struct Runs {
    batches: BTreeMap<usize, BatchStats>,
    cost: Cost,
}

impl Stats {
    pub fn line(&self) -> Line {
        let seconds = |bits: &AtomicU64| f64::from_bits(bits.load(Ordering::Relaxed));
        Line { per_run: seconds(&self.per_run), per_row: seconds(&self.per_row), sure: self.sure.load(Ordering::Relaxed) }
    }

    pub fn batches(&self) -> Vec<BatchStats> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner).batches.values().copied().collect()
    }

    pub fn restarts(&self) -> u64 {
        self.restarts.load(Ordering::Relaxed)
    }

    /// Learns from a run that no request asked for.
    pub fn learn(&self, rows: usize, spent: Spent) {
        self.learn_in(&mut self.runs.lock().unwrap_or_else(PoisonError::into_inner), rows, spent);
    }

    fn learn_in(&self, runs: &mut Runs, rows: usize, spent: Spent) {
        runs.cost.add(rows, spent.input + spent.compute + spent.output);
        let line = runs.cost.line();
        self.per_run.store(line.per_run.to_bits(), Ordering::Relaxed);
        self.per_row.store(line.per_row.to_bits(), Ordering::Relaxed);
        self.sure.store(line.sure, Ordering::Relaxed);
    }

    fn add(&self, rows: usize, spent: Spent) {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        self.learn_in(&mut runs, rows, spent);
        let batches = &mut runs.batches;
        // Odd sizes beyond the usual ones share the last entry, so that the list stays short.
        let key = if batches.len() < 512 || batches.contains_key(&rows) { rows } else { usize::MAX };
        let entry = batches.entry(key).or_insert(BatchStats { rows: key, ..BatchStats::default() });
        entry.runs += 1;
        entry.compute_input += spent.input;
        entry.compute += spent.compute;
        entry.compute_output += spent.output;
    }
}

/// Serves until the queue is closed and empty. A panic costs the requests of its run, never the session.
pub(super) fn work(slot: usize, shared: &Shared) {
    while let Err(panic) = catch_unwind(AssertUnwindSafe(|| serve_all(slot, shared))) {
        let message = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("without words");
        shared.stats.restarts.fetch_add(1, Ordering::Relaxed);
        tracing::error!(message, slot, "a session's thread panicked and is started again; the requests of its run are lost");
    }
}

/// Does what `run` does on a caller's own thread: a panic there is a failure of the model, as on a thread of its own, and not the end of
/// the caller's request. `None` if it panicked.
pub(super) fn caught<T>(shared: &Shared, run: impl FnOnce() -> T) -> Option<T> {
    let ran = catch_unwind(AssertUnwindSafe(|| {
        die_if_told(shared);
        run()
    }));
    ran.inspect_err(|_| tracing::error!("a run on a caller's thread panicked; its requests are answered as failed")).ok()
}

fn die_if_told(shared: &Shared) {
    if shared.kill.load(Ordering::Relaxed) && shared.kill.swap(false, Ordering::Relaxed) {
        panic!("killed to see what becomes of its requests");
    }
}

fn serve_all(slot: usize, shared: &Shared) {
    while let Some(batch) = shared.queue.next(slot, shared.batchable.load(Ordering::Relaxed), || shared.stats.line()) {
        die_if_told(shared);
        if let Some(mut runner) = shared.runner(slot) {
            serve(&mut runner, shared, batch);
        }
    }
}

/// Runs a batch and answers its jobs.
pub(super) fn serve(runner: &mut Runner, shared: &Shared, batch: Batch) {
    let rows = batch.rows;
    match <[Job; 1]>::try_from(batch.jobs) {
        Ok([job]) => alone(runner, shared, job),
        Err(jobs) => match together(runner, shared, &jobs, rows) {
            Some(answers) => jobs.into_iter().zip(answers).for_each(|(job, answer)| job.answer(Ok(answer))),
            // One bad row must not fail its neighbours.
            None => {
                jobs.iter().for_each(|job| job.begins(None));
                jobs.into_iter().for_each(|job| alone(runner, shared, job));
            }
        },
    }
}

fn alone(runner: &mut Runner, shared: &Shared, job: Job) {
    if job.abandoned() {
        return;
    }
    let queued = job.queued.elapsed();
    job.begins(Some((Instant::now(), job.rows)));
    let answer = runner.run(&job.inputs, shared.run_limit).map(|(outputs, spent)| {
        shared.stats.add(job.rows, spent);
        Answer { outputs, timings: timings(queued, spent, job.rows, true) }
    });
    job.answer(answer);
}

/// Answers on the caller's own thread, if a session is idle and nothing waits; `None` otherwise.
pub(super) fn at_once(shared: &Shared, inputs: &Named, rows: usize) -> Option<Result<Answer, InferError>> {
    let asked = Instant::now();
    let loan = shared.queue.borrow(rows, asked)?;
    let mut runner = shared.runner(loan.slot)?;
    let answer = caught(shared, || {
        runner.run(inputs, shared.run_limit).map(|(outputs, spent)| {
            shared.stats.add(rows, spent);
            Answer { outputs, timings: timings(Duration::ZERO, spent, rows, true) }
        })
    });
    // The session is free before its place is.
    drop(runner);
    drop(loan);
    Some(answer.unwrap_or_else(|| Err(super::lost())))
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
    jobs.iter().for_each(|job| job.begins(Some((start, rows))));
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
    Some(
        answers
            .map(|(i, (job, outputs))| Answer { outputs, timings: timings(start - job.queued, spent, rows, i == 0) })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use crate::model::session::Spent;
    use crate::model::{InferError, LoadOptions, Model, Named, Notice, Priority};
    use crate::runtime::Runtime;
    use crate::tensor::{Data, Tensor};
    use std::path::Path;
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    #[expect(clippy::disallowed_methods, reason = "a test is told where the library is as the program is")]
    fn double() -> (Arc<Model>, Arc<Named>) {
        let library = std::env::var_os("ORT_DYLIB_PATH")
            .expect("ORT_DYLIB_PATH must name libonnxruntime: run `cargo xtask setup`, or set it");
        let file = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/double.onnx")).expect("a small model");
        let runtime = Runtime::start(Path::new(&library)).expect("it starts");
        let model = runtime.load(&file, LoadOptions { sessions: 1, ..LoadOptions::default() }).expect("it loads");
        let row = Arc::new(vec![("x".to_owned(), Tensor::new([1, 2], Data::F32(vec![1.0, 2.0])).expect("shape"))]);
        // What a run costs is known for certain, and that it pays to share one.
        let spent = |us: u64| Spent { compute: Duration::from_micros(us), ..Spent::default() };
        for _ in 0..400 {
            model.shared.stats.learn(1, spent(12));
            model.shared.stats.learn(8, spent(19));
        }
        assert!(model.shared.at_once && model.cost().sure, "{:?}", model.cost());
        (model, row)
    }

    #[tokio::test]
    async fn a_panic_on_a_callers_own_thread_is_a_failure_and_no_more() {
        let (model, row) = double();
        for together in [1, 8] {
            let mut most = 0;
            for _ in 0..200 {
                model.kill_next_thread();
                let ask = |_| {
                    let (model, row) = (model.clone(), row.clone());
                    tokio::spawn(async move { model.infer(row, Priority::Live, None).await })
                };
                let asked: Vec<_> = (0..together).map(ask).collect();
                let mut failed = 0;
                for one in asked {
                    match one.await.expect("no panic comes through") {
                        Ok(_) => {}
                        Err(InferError::Failed(_)) => failed += 1,
                        other => panic!("{other:?}"),
                    }
                }
                most = most.max(failed);
            }
            assert!(most >= together.min(2), "{most} of {together} that shared a run");
        }
        assert!(model.infer(row, Priority::Live, None).await.is_ok());
        assert_eq!(model.restarts(), 0, "no thread of the model had anything to do with it");
    }

    #[tokio::test]
    async fn callers_that_do_not_get_their_shared_run_hear_of_their_deadline() {
        let (model, row) = double();
        for round in 0..13 {
            // Somebody else has the only session.
            let loan = loop {
                // Those of the last round may still be on their way out.
                match model.shared.queue.borrow(1, Instant::now()) {
                    Some(loan) => break loan,
                    None => tokio::time::sleep(Duration::from_millis(1)).await,
                }
            };
            let ask = |_| {
                let (model, row) = (model.clone(), row.clone());
                tokio::spawn(async move {
                    let mut heard = Vec::new();
                    let deadline = Some(Instant::now() + Duration::from_millis(60));
                    let answer = model.infer_watched(row, Priority::Live, deadline, |notice| heard.push(notice)).await;
                    (answer, heard)
                })
            };
            let callers: Vec<_> = (0..3).map(ask).collect();
            for caller in callers {
                let (answer, heard) = caller.await.expect("no panic");
                assert_eq!(answer, Err(InferError::DeadlineExceeded));
                assert!(heard.contains(&Notice::LastCall), "round {round}: {heard:?}");
            }
            drop(loan);
        }
    }

    #[test]
    fn a_thread_that_panics_is_started_again_with_its_session() {
        let (model, row) = double();
        for (round, priority) in [Priority::Live, Priority::Background, Priority::Live].into_iter().enumerate() {
            model.kill_next_thread();
            let lost = model.infer_blocking(row.clone(), priority);
            assert!(matches!(&lost, Err(InferError::Failed(why)) if why.contains("started again")), "{lost:?}");
            let answer = model.infer_blocking(row.clone(), priority).expect("the only session lives");
            assert_eq!(answer.outputs[0].1.data(), &Data::F32(vec![3.0, 5.0]));
            assert_eq!(model.restarts(), round as u64 + 1);
        }
    }
}
