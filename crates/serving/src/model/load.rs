//! From the bytes of a file to a model that answers.

use super::gather::Gathering;
use super::memory::Growth;
use super::queue::Queue;
use super::session::Runner;
use super::worker::{Stats, work};
use super::{Model, Shared, Tuning, at_once, probe};
use crate::inspect::{Limits, OnnxInfo, Rejected, inspect};
use crate::runtime::Runtime;
use contract::{DataType, TensorSpec};
use ort::session::Session;
use ort::session::builder::{GraphOptimizationLevel, PrepackedWeights};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How a model is run.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadOptions {
    /// Sessions, each with a thread of its own: as many as requests that should compute at once.
    pub sessions: usize,
    /// Rows of waiting requests that may share a run.
    pub max_batch: usize,
    /// Rows that may go before a request; past it, it is refused.
    pub queue_rows: usize,
    /// What an answer may take; see [`Tuning`].
    pub latency_budget: Option<Duration>,
    pub priority_levels: u8,
    /// Threads inside one operator. 1 is best for small models, and many sessions make use of the cores then.
    pub intra_threads: usize,
    /// Whether runs that are known to be short may be done on the caller's own thread while nothing waits.
    pub at_once: bool,
    /// A run that takes longer is stopped.
    pub run_limit: Duration,
    pub limits: Limits,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self {
            sessions: std::thread::available_parallelism().map_or(2, |n| n.get().min(8)),
            max_batch: Tuning::default().max_batch,
            queue_rows: Tuning::default().queue_rows,
            latency_budget: Tuning::default().latency_budget,
            priority_levels: Tuning::default().priority_levels,
            intra_threads: 1,
            at_once: true,
            run_limit: Duration::from_secs(30),
            limits: Limits::default(),
        }
    }
}

impl LoadOptions {
    #[must_use]
    pub fn tuned(self, tuning: Tuning) -> Self {
        let Tuning { max_batch, queue_rows, latency_budget, priority_levels } = tuning;
        Self { max_batch, queue_rows, latency_budget, priority_levels, ..self }
    }

    fn tuning(&self) -> Tuning {
        Tuning {
            max_batch: self.max_batch,
            queue_rows: self.queue_rows,
            latency_budget: self.latency_budget,
            priority_levels: self.priority_levels,
        }
    }
}

/// Why a file did not become a model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// The file is not acceptable.
    #[error(transparent)]
    Rejected(#[from] Rejected),
    /// The runtime refuses it: a graph that does not fit together, an operator it does not have.
    #[error("ONNX Runtime cannot run this file: {0}")]
    Runtime(String),
    /// Ours: no thread, no memory.
    #[error("the model could not be started: {0}")]
    System(String),
}

impl Runtime {
    /// Inspects, tries (where a trial is set) and loads `bytes`. Blocks for as long as the runtime needs to prepare the graph: call it off the async threads.
    pub fn load(&self, bytes: &[u8], options: LoadOptions) -> Result<Arc<Model>, LoadError> {
        let info = inspect(bytes, &options.limits)?;
        if let Some(trials) = &self.trials {
            trials.run(bytes)?;
        }
        let outputs = served_outputs(&info);
        let names: Arc<[String]> = outputs.iter().map(|spec| spec.name.clone()).collect();
        let classes: Arc<[String]> = info.classes.clone().into();
        let weights = catch_unwind(PrepackedWeights::new).map_err(|_| LoadError::System("no room for shared weights".into()))?;
        let growth = Growth::begin();
        let mut runners = Vec::with_capacity(options.sessions.max(1));
        for _ in 0..options.sessions.max(1) {
            let session = catch_unwind(AssertUnwindSafe(|| self.session(bytes, &weights, &options)))
                .unwrap_or_else(|_| Err("it made the runtime's binding panic".into()))
                .map_err(LoadError::Runtime)?;
            runners.push(Runner::new(session, names.clone(), classes.clone()).map_err(LoadError::System)?);
        }
        let memory = growth.end(info.size, runners.len());
        let stats = Stats::default();
        let mut batchable = info.batched();
        if batchable && let Some(runner) = runners.first_mut() {
            let tried = probe::row_wise(runner, &info.inputs);
            batchable = tried != probe::RowWise::No;
            if tried == probe::RowWise::Yes {
                probe::measure(runner, &info.inputs, options.max_batch, |rows, spent| stats.learn(rows, spent));
            }
        }
        let sessions = runners.len();
        let shared = Arc::new(Shared {
            at_once: options.at_once && at_once::is_predictable(&info),
            inputs: info.inputs.clone(),
            outputs,
            queue: Queue::new(sessions, options.tuning()),
            gathering: Gathering::default(),
            batchable: AtomicBool::new(batchable),
            run_limit: options.run_limit,
            divides: info.operators.contains_key("Div") || info.operators.contains_key("Mod"),
            stats,
            sessions,
            watches: runners.iter().map(Runner::watch).collect(),
            runners: runners.into_iter().map(Mutex::new).collect(),
            memory,
            broken: None,
            kill: AtomicBool::new(false),
            info,
        });
        let mut model = Model { shared: shared.clone(), workers: Vec::new() };
        for slot in 0..sessions {
            let shared = shared.clone();
            let spawned = std::thread::Builder::new().name("onnx-session".into()).spawn(move || work(slot, &shared));
            model.workers.push(spawned.map_err(|error| LoadError::System(error.to_string()))?);
        }
        Ok(Arc::new(model))
    }

    fn session(&self, bytes: &[u8], weights: &PrepackedWeights, options: &LoadOptions) -> Result<Session, String> {
        let words = |error: ort::Error<_>| error.message().to_owned();
        let session = Session::builder(&self.environment)
            .map_err(|error| error.message().to_owned())?
            .with_env_allocators()
            .map_err(words)?
            .with_optimization_level(GraphOptimizationLevel::All)
            .map_err(words)?
            .with_intra_threads(options.intra_threads.max(1))
            .map_err(words)?
            .with_inter_threads(1)
            .map_err(words)?
            .with_prepacked_weights(weights)
            .map_err(words)?
            .commit_from_memory(bytes);
        session.map_err(|error| super::session::tidy(error.message()))
    }
}

/// Tensors as declared, class maps as matrices `[n, classes]`; an output of any other type is left out.
fn served_outputs(info: &OnnxInfo) -> Vec<TensorSpec> {
    let columns = if info.classes.is_empty() { -1 } else { info.classes.len() as i64 };
    let maps = info.non_tensor_outputs.iter().filter(|output| output.class_scores);
    let maps = maps.map(|output| TensorSpec { name: output.name.clone(), datatype: DataType::Fp32, shape: vec![-1, columns] });
    info.outputs.iter().cloned().chain(maps).collect()
}
