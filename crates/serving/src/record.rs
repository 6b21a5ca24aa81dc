//! What was answered, handed to whoever keeps it: on the spot where that is short, else through a channel that is bounded in records and in
//! bytes, never waiting.

use crate::interpret::{RowAnswer, interpret};
use crate::model::Named;
use crate::records::{Columns, Value, Violation, decode, violations};
use crate::served::Served;
use contract::rollout::Arm;
use contract::{DeploymentName, Millis, PredictionId};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// How long a durable answer waits for a place in the channel, and then for its commit.
const DURABLE_LIMIT: Duration = Duration::from_secs(5);

/// The moment, from whoever owns time.
pub type Clock = Arc<dyn Fn() -> Millis + Send + Sync>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Answered,
    /// The chosen version did not answer, and this did: `previous`, `default`.
    Fallback {
        kind: &'static str,
        reason: String,
    },
    Failed {
        reason: String,
    },
}

impl Outcome {
    /// Whether the chosen version itself answered.
    pub fn ok(&self) -> bool {
        matches!(self, Outcome::Answered)
    }
}

/// Where a request's time went: `total` is what waiting, queueing, computing and the rest add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// From the request's head to its encoded answer, where the caller tells both; else from the router's entrance to the answer.
    pub total: Duration,
    /// Before the router: the body on its way, and its decoding.
    pub wait: Duration,
    /// In the model's queue.
    pub queued: Duration,
    /// In ONNX Runtime alone: the run that answered it, whole, whoever shared it.
    pub compute: Duration,
    /// Rows in the run that answered it; 0 if no run did.
    pub batch_rows: usize,
    /// Counted with one request of each run, so that adding up counts runs.
    pub leads_run: bool,
}

impl Spent {
    /// Checks, conversions, hand-overs between threads, encoding: what is neither waiting nor queueing nor computing.
    pub fn rest(&self) -> Duration {
        self.total.saturating_sub(self.wait).saturating_sub(self.queued).saturating_sub(self.compute)
    }

    /// What the caller waits for beyond ONNX Runtime itself.
    pub fn overhead(&self) -> Duration {
        self.total.saturating_sub(self.compute)
    }

    /// The same with waiting before it.
    pub(crate) fn after(self, wait: Duration) -> Spent {
        Spent { wait: self.wait + wait, total: self.total + wait, ..self }
    }
}

/// One request and its answer. Conversions to values per feature happen here, on the reader's side.
#[derive(Debug)]
pub struct Record {
    /// Of the request; row `i` is `prediction_id.row(i, rows)`. A shadow's record has the id of the request that it copied.
    pub prediction_id: PredictionId,
    pub deployment: DeploymentName,
    /// The version that the request was assigned to, whether it answered or not.
    pub served: Arc<Served>,
    /// The version whose answer `outputs` is; `None` for a default, or if nothing answered.
    pub answered_by: Option<Arc<Served>>,
    pub arm: Arm,
    pub at: Millis,
    pub inputs: Arc<Named>,
    pub outputs: Option<Arc<Named>>,
    pub rows: usize,
    pub outcome: Outcome,
    pub spent: Spent,
    pub routing_key: Option<String>,
    committed: Option<oneshot::Sender<()>>,
}

/// A record's fields before it is sent.
pub(crate) struct Draft {
    pub prediction_id: PredictionId,
    pub deployment: DeploymentName,
    pub served: Arc<Served>,
    pub answered_by: Option<Arc<Served>>,
    pub arm: Arm,
    pub inputs: Arc<Named>,
    pub outputs: Option<Arc<Named>>,
    pub rows: usize,
    pub outcome: Outcome,
    pub spent: Spent,
    pub routing_key: Option<String>,
}

impl Record {
    /// The values where they lie, one column per feature, in the order of the assigned version's contract.
    pub fn columns(&self) -> Columns<'_> {
        Columns::new(&self.served.contract, &self.inputs)
    }

    /// The same, kept.
    pub fn features(&self) -> Vec<Vec<Value>> {
        decode(&self.served.contract, &self.inputs)
    }

    /// What the contract does not expect among `columns`, which [`Record::features`] has made.
    pub fn violations(&self, columns: &[Vec<Value>]) -> Vec<Violation> {
        violations(&self.served.contract, columns)
    }

    /// The answers, one a row; `None` if nothing answered. A default is read by the assigned version's contract.
    pub fn answers(&self) -> Option<Result<Vec<RowAnswer>, String>> {
        let outputs = self.outputs.as_ref()?;
        Some(interpret(&self.answered_by.as_ref().unwrap_or(&self.served).contract, outputs))
    }

    /// Whoever waits for the record to be kept for good, if somebody does. Taken out, so that the record itself need not be held as long.
    pub fn take_waiting(&mut self) -> Option<Waiting> {
        self.committed.take().map(Waiting)
    }

    /// Memory that it holds, bytes.
    pub fn memory(&self) -> usize {
        let tensors = |named: &Named| named.iter().map(|(name, tensor)| name.len() + tensor.memory() + 64).sum::<usize>();
        512 + tensors(&self.inputs) + self.outputs.as_ref().map_or(0, |outputs| tensors(outputs))
    }
}

/// A caller that waits until its record is kept for good. Dropping it says that it will not be.
#[derive(Debug)]
pub struct Waiting(oneshot::Sender<()>);

impl Waiting {
    /// The record is kept: its caller may answer now.
    pub fn committed(self) {
        if self.0.send(()).is_err() {
            tracing::debug!("a record was kept after its caller had gone");
        }
    }

    /// Whether the caller has given up.
    pub fn has_gone(&self) -> bool {
        self.0.is_closed()
    }
}

/// Bounds of the channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecorderOptions {
    pub records: usize,
    pub bytes: usize,
}

impl Default for RecorderOptions {
    fn default() -> Self {
        Self { records: 65_536, bytes: 256 << 20 }
    }
}

/// Keeps records on the thread that answered. A record that is handed to another thread is read there from cold memory and freed there, which
/// costs more than counting a few values.
pub trait KeepAtOnce: Send + Sync {
    /// Keeps the record, or gives it back where that would take too long or too much. Never waits.
    fn keep(&self, record: Record) -> Result<(), Box<Record>>;
}

/// The sending end. Cheap to clone.
#[derive(Clone)]
pub struct Recorder {
    sender: mpsc::Sender<Record>,
    shared: Arc<Counts>,
    pub(crate) clock: Clock,
}

struct Counts {
    dropped: AtomicU64,
    bytes: AtomicUsize,
    max_bytes: usize,
    at_once: OnceLock<Arc<dyn KeepAtOnce>>,
}

/// The receiving end; there is one.
pub struct Records {
    receiver: mpsc::Receiver<Record>,
    shared: Arc<Counts>,
}

impl Recorder {
    pub fn new(clock: Clock, options: RecorderOptions) -> (Recorder, Records) {
        let (sender, receiver) = mpsc::channel(options.records.max(1));
        let shared = Arc::new(Counts {
            dropped: AtomicU64::new(0),
            bytes: AtomicUsize::new(0),
            max_bytes: options.bytes,
            at_once: OnceLock::new(),
        });
        (Recorder { sender, shared: shared.clone(), clock }, Records { receiver, shared })
    }

    /// Records that did not fit, since the process started.
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }

    /// From now on records go to `keeper` first; what it gives back goes through the channel. Only the first one counts.
    pub fn keep_at_once(&self, keeper: Arc<dyn KeepAtOnce>) {
        if self.shared.at_once.set(keeper).is_err() {
            tracing::warn!("records are kept by another already");
        }
    }

    /// Records on their way.
    pub fn waiting(&self) -> usize {
        self.sender.max_capacity() - self.sender.capacity()
    }

    /// Keeps the record on the spot, else sends it if there is room; counts it as dropped otherwise.
    pub(crate) fn record(&self, draft: Draft) {
        let mut record = self.stamp(draft, None);
        if let Some(keeper) = self.shared.at_once.get() {
            match keeper.keep(record) {
                Ok(()) => return,
                Err(back) => record = *back,
            }
        }
        let bytes = record.memory();
        if self.shared.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes > self.shared.max_bytes
            || self.sender.try_send(record).is_err()
        {
            self.shared.bytes.fetch_sub(bytes, Ordering::Relaxed);
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Sends the record and waits until the reader says that it is kept. `false` if that will not happen.
    pub(crate) async fn record_durably(&self, draft: Draft) -> bool {
        // The place first: a caller that leaves while it waits for one has claimed nothing.
        let Ok(Ok(place)) = tokio::time::timeout(DURABLE_LIMIT, self.sender.reserve()).await else { return false };
        let (committed, kept) = oneshot::channel();
        let record = self.stamp(draft, Some(committed));
        let bytes = record.memory();
        if self.shared.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes > self.shared.max_bytes {
            self.shared.bytes.fetch_sub(bytes, Ordering::Relaxed);
            return false;
        }
        place.send(record);
        // A reader that has gone drops the record, and its end of this with it.
        tokio::time::timeout(DURABLE_LIMIT, kept).await.is_ok_and(|kept| kept.is_ok())
    }

    fn stamp(&self, draft: Draft, committed: Option<oneshot::Sender<()>>) -> Record {
        let Draft { prediction_id, deployment, served, answered_by, arm, inputs, outputs, rows, outcome, spent, routing_key } =
            draft;
        Record {
            prediction_id,
            deployment,
            served,
            answered_by,
            arm,
            at: (self.clock)(),
            inputs,
            outputs,
            rows,
            outcome,
            spent,
            routing_key,
            committed,
        }
    }
}

impl Records {
    /// The next record; `None` once every sender is gone.
    pub async fn recv(&mut self) -> Option<Record> {
        let record = self.receiver.recv().await?;
        self.shared.bytes.fetch_sub(record.memory(), Ordering::Relaxed);
        Some(record)
    }

    /// Up to `limit` records at once, appended to `into`; waits for the first. 0 once every sender is gone.
    pub async fn recv_many(&mut self, into: &mut Vec<Record>, limit: usize) -> usize {
        let from = into.len();
        let n = self.receiver.recv_many(into, limit).await;
        let bytes: usize = into.get(from..).unwrap_or_default().iter().map(Record::memory).sum();
        self.shared.bytes.fetch_sub(bytes, Ordering::Relaxed);
        n
    }

    /// A record that is there already.
    pub fn try_recv(&mut self) -> Option<Record> {
        let record = self.receiver.try_recv().ok()?;
        self.shared.bytes.fetch_sub(record.memory(), Ordering::Relaxed);
        Some(record)
    }
}
