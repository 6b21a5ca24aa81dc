//! A loaded model: a pool of sessions, each owned by one thread, behind one bounded queue.

mod at_once;
mod batch;
mod broken;
mod check;
mod cost;
mod gather;
mod hang;
mod job;
mod lanes;
mod load;
mod memory;
mod probe;
mod queue;
mod session;
mod shapes;
mod tuning;
mod watch;
mod worker;

pub use check::{BadInput, check};
pub use cost::Line;
pub use hang::Notice;
pub use job::{Answer, InferError, Named, Timings, whole_seconds};
pub use load::{LoadError, LoadOptions};
pub use tuning::{Priority, Tuning};
pub use worker::BatchStats;

use crate::inspect::OnnxInfo;
use crate::tensor::Tensor;
use contract::TensorSpec;
use hang::{Began, Patience};
use job::{Job, Reply};
use queue::Queue;
use session::Runner;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// A model that answers. Dropping it answers what waits, then stops its threads.
pub struct Model {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
}

/// What the threads of one model share.
struct Shared {
    /// The sessions. Each is run by its own thread, or by a caller's where the queue has lent it: never by two.
    runners: Vec<Mutex<Runner>>,
    /// Their current runs.
    watches: Vec<Arc<watch::Watch>>,
    /// Whether short runs may be done on the caller's thread.
    at_once: bool,
    pub info: OnnxInfo,
    pub inputs: Vec<TensorSpec>,
    pub outputs: Vec<TensorSpec>,
    pub queue: Queue,
    /// Short runs that callers share.
    pub gathering: gather::Gathering,
    /// Whether rows of several requests may share a run.
    pub batchable: AtomicBool,
    pub run_limit: Duration,
    /// Whether the graph divides, so that whole numbers are looked at first.
    pub divides: bool,
    pub stats: worker::Stats,
    pub sessions: usize,
    /// By which the process grew when it was loaded.
    pub memory: u64,
    /// Why it cannot answer, if it could not be loaded.
    pub broken: Option<String>,
    /// Makes the next thread that takes a batch panic with it.
    pub kill: AtomicBool,
}

impl Shared {
    /// The session of a slot, which nobody else runs. A run that panicked leaves it usable.
    fn runner(&self, slot: usize) -> Option<MutexGuard<'_, Runner>> {
        Some(self.runners.get(slot)?.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Model {
    pub fn info(&self) -> &OnnxInfo {
        &self.shared.info
    }

    /// Inputs as declared.
    pub fn inputs(&self) -> &[TensorSpec] {
        &self.shared.inputs
    }

    /// Outputs as they are served: class maps are declared as matrices of FP32.
    pub fn outputs(&self) -> &[TensorSpec] {
        &self.shared.outputs
    }

    /// Why it cannot answer, if it could not be loaded.
    pub fn broken(&self) -> Option<&str> {
        self.shared.broken.as_deref()
    }

    /// Whether a request may hold several rows.
    pub fn batched(&self) -> bool {
        self.shared.info.batched()
    }

    /// Whether rows of several requests share a run.
    pub fn batches(&self) -> bool {
        self.shared.batchable.load(Ordering::Relaxed)
    }

    /// Rows that wait.
    pub fn waiting_rows(&self) -> usize {
        self.shared.queue.waiting_rows()
    }

    /// Runs since the model was loaded, by number of rows.
    pub fn batch_stats(&self) -> Vec<BatchStats> {
        self.shared.stats.batches()
    }

    /// Sessions of ONNX Runtime, each on a thread of its own.
    pub fn sessions(&self) -> usize {
        self.shared.sessions
    }

    /// Memory that its sessions took when they were made, measured where the system says it, and at least the file's size. What runs
    /// take for intermediate results comes on top, and is given back.
    pub fn memory_bytes(&self) -> u64 {
        self.shared.memory
    }

    /// What a run is known to cost, and whether its parts are told apart.
    pub fn cost(&self) -> Line {
        self.shared.stats.line()
    }

    /// Times that a session's thread was restarted after a panic.
    pub fn restarts(&self) -> u64 {
        self.shared.stats.restarts()
    }

    /// Changes how requests wait and share runs, from the next request on.
    pub fn tune(&self, tuning: Tuning) {
        self.shared.queue.tune(tuning);
    }

    /// Checks names, types and shapes, and puts the inputs into the declared order.
    pub fn check(&self, inputs: Named) -> Result<Named, BadInput> {
        let inputs = check(&self.shared.inputs, &self.shared.info.unranked, inputs)?;
        if self.shared.divides {
            check::overflowing(&inputs)?;
        }
        Ok(inputs)
    }

    /// Rows of a checked request.
    pub fn rows(&self, inputs: &[(String, Tensor)]) -> usize {
        if self.batched() { inputs.first().map_or(1, |(_, tensor)| tensor.rows()) } else { 1 }
    }

    /// Answers a request whose inputs have passed [`Model::check`].
    pub async fn infer(&self, inputs: Arc<Named>, priority: Priority, deadline: Option<Instant>) -> Result<Answer, InferError> {
        if let Some(answer) = self.on_this_thread(&inputs, priority, deadline).await {
            return answer;
        }
        let (sender, receiver) = oneshot::channel();
        self.submit(inputs, priority, deadline, None, Reply::Channel(sender))?;
        received(receiver, deadline).await
    }

    /// The answer without another thread, where that is the quickest: alone, or in one run with whoever is ready at the same time.
    async fn on_this_thread(
        &self,
        inputs: &Arc<Named>,
        priority: Priority,
        deadline: Option<Instant>,
    ) -> Option<Result<Answer, InferError>> {
        let (rows, line) = (self.rows(inputs), self.shared.stats.line());
        let may = self.shared.at_once
            && priority != Priority::Background
            && at_once::is_short(line, rows)
            && deadline.is_none_or(|deadline| deadline > Instant::now());
        if !may {
            return None;
        }
        // Nothing here waits, so a caller who asks again and again would keep the thread for good.
        tokio::task::coop::consume_budget().await;
        if self.batches()
            && let Some(answer) = gather::gathered(&self.shared, inputs, rows, priority, deadline, line).await
        {
            return Some(answer);
        }
        worker::at_once(&self.shared, inputs, rows)
    }

    /// The same for those who have something else to do when it does not come: `tell` hears, once each, that the run hangs and that the
    /// deadline is near. The answer is waited for all the same; dropping the future gives up.
    pub async fn infer_watched(
        &self,
        inputs: Arc<Named>,
        priority: Priority,
        deadline: Option<Instant>,
        mut tell: impl FnMut(Notice),
    ) -> Result<Answer, InferError> {
        if let Some(answer) = self.on_this_thread(&inputs, priority, deadline).await {
            return answer;
        }
        let (sender, mut receiver) = oneshot::channel();
        let (began, asked) = (Arc::new(Began::default()), Instant::now());
        if let Err(refused) = self.submit(inputs, priority, deadline, Some(began.clone()), Reply::Channel(sender)) {
            if let InferError::Overloaded { .. } | InferError::TooLate { .. } = refused
                && let Err(taken) = self.look(&began, asked, deadline.is_some())
            {
                tell(Notice::Hangs { taken });
            }
            return Err(refused);
        }
        let mut last_call = deadline.map(|deadline| hang::last_call(deadline, asked));
        let mut look = asked.checked_add(hang::LOOK);
        loop {
            let Some(until) = [deadline, last_call, look].into_iter().flatten().min() else {
                return receiver.await.unwrap_or_else(|_| Err(lost()));
            };
            if let Ok(answer) = tokio::time::timeout_at(until.into(), &mut receiver).await {
                return answer.unwrap_or_else(|_| Err(lost()));
            }
            let now = Instant::now();
            let late = now.saturating_duration_since(until) > hang::LATE;
            let ends = last_call.is_some_and(|at| at <= now);
            if look.is_some() && !late {
                match self.look(&began, now, ends) {
                    Ok(again) => look = Some(again),
                    Err(taken) => {
                        look = None;
                        tell(Notice::Hangs { taken });
                    }
                }
            } else if look.is_some() {
                look = now.checked_add(hang::LOOK);
            }
            if ends {
                last_call = None;
                tell(Notice::LastCall);
            }
            if deadline.is_some_and(|deadline| deadline <= now) {
                return Err(InferError::DeadlineExceeded);
            }
        }
    }

    /// When to look again at what a request waits for; `Err` with the time that it has taken if that hangs: its own run, or all sessions
    /// while it waits for one.
    fn look(&self, began: &Began, now: Instant, at_deadline: bool) -> Result<Instant, Duration> {
        let shared = &self.shared;
        let patience = Patience { line: shared.stats.line(), budget: shared.queue.latency_budget(), limit: shared.run_limit };
        let may_take = |rows| if at_deadline { patience.at_deadline(rows) } else { patience.run(rows) };
        let Some((began, rows)) = began.get() else {
            return shared.queue.all_hang(now, may_take).map_or(Ok(now + hang::LOOK), Err);
        };
        let taken = now.saturating_duration_since(began);
        if taken >= may_take(rows) { Err(taken) } else { Ok(began + patience.run(rows)) }
    }

    /// Makes the thread that takes the next batch panic with it, as a fault in the runtime's binding would: for trying out what becomes of
    /// its requests. A panic costs the requests of its run; the session lives.
    pub fn kill_next_thread(&self) {
        self.shared.kill.store(true, Ordering::Relaxed);
    }

    /// The same for threads that may block: tests and command-line programs.
    pub fn infer_blocking(&self, inputs: Arc<Named>, priority: Priority) -> Result<Answer, InferError> {
        let (sender, receiver) = oneshot::channel();
        self.submit(inputs, priority, None, None, Reply::Channel(sender))?;
        receiver.blocking_recv().unwrap_or_else(|_| Err(lost()))
    }

    /// The same without anybody waiting: `then` is called on the model's own thread, so it must be short.
    pub fn infer_then(
        &self,
        inputs: Arc<Named>,
        priority: Priority,
        then: impl FnOnce(Result<Answer, InferError>) + Send + 'static,
    ) -> Result<(), InferError> {
        self.submit(inputs, priority, None, None, Reply::Call(Box::new(then)))
    }

    fn submit(
        &self,
        inputs: Arc<Named>,
        priority: Priority,
        deadline: Option<Instant>,
        began: Option<Arc<Began>>,
        reply: Reply,
    ) -> Result<(), InferError> {
        if let Some(why) = &self.shared.broken {
            return Err(InferError::Failed(why.clone()));
        }
        let rows = self.rows(&inputs);
        self.shared.queue.push(
            Job { inputs, rows, priority, queued: Instant::now(), deadline, began, reply },
            self.batches(),
            self.shared.stats.line(),
        )
    }

    /// Runs each of `samples` once, so that the first real request does not pay for lazy set-up. Blocks.
    pub fn warm_up(&self, samples: &[Arc<Named>]) -> Result<(), InferError> {
        for sample in samples {
            self.infer_blocking(sample.clone(), Priority::Background)?;
        }
        Ok(())
    }
}

/// Waits for the answer, no longer than until the deadline.
async fn received(
    receiver: oneshot::Receiver<Result<Answer, InferError>>,
    deadline: Option<Instant>,
) -> Result<Answer, InferError> {
    let answer = match deadline {
        Some(deadline) => tokio::time::timeout_at(deadline.into(), receiver).await.map_err(|_| InferError::DeadlineExceeded)?,
        None => receiver.await,
    };
    answer.unwrap_or_else(|_| Err(lost()))
}

/// A request that was let in and neither answered nor refused.
fn lost() -> InferError {
    InferError::Failed("the thread that had the request failed, and was started again".into())
}

impl Drop for Model {
    fn drop(&mut self) {
        self.shared.queue.close();
        let (own, now) = (std::thread::current().id(), Instant::now());
        // Whoever still wanted the answer of a run would hold the model.
        self.shared.watches.iter().for_each(|watch| watch.stop_if_longer(hang::LEAST, now));
        // A thread that answers requests does not wait for an operator that cannot be stopped: that session's thread ends by itself.
        let until = tokio::runtime::Handle::try_current().ok().map(|_| now + hang::STOPPING);
        for worker in self.workers.drain(..) {
            while until.is_some_and(|until| !worker.is_finished() && Instant::now() < until) {
                std::thread::sleep(Duration::from_millis(1));
            }
            if until.is_some() && !worker.is_finished() {
                continue;
            }
            // The last owner may be a callback on one of our own threads, which cannot wait for itself.
            if worker.thread().id() != own && worker.join().is_err() {
                tracing::error!("a thread of a model had ended by a panic");
            }
        }
    }
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model")
            .field("inputs", &self.shared.inputs.len())
            .field("sessions", &self.shared.sessions)
            .finish_non_exhaustive()
    }
}
