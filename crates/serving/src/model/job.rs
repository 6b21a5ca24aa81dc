//! One waiting request and what comes back for it.

use super::Priority;
use super::hang::Began;
use crate::tensor::Tensor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Named tensors, in the model's order once they are checked.
pub type Named = Vec<(String, Tensor)>;

/// Where the time of one request went inside the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// From the queue's entrance to the start of the run.
    pub queued: Duration,
    /// Putting the batch together and lending it to the runtime.
    pub compute_input: Duration,
    /// The run itself.
    pub compute: Duration,
    /// Copying outputs and taking the batch apart.
    pub compute_output: Duration,
    /// Rows that shared the run.
    pub batch_rows: usize,
    /// The first request of its run: adding these up counts runs.
    pub leads_run: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub outputs: Named,
    pub timings: Timings,
}

/// Why a model did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InferError {
    /// The bound of the queue.
    #[error("too many rows wait; try again in {} s", whole_seconds(*retry_after))]
    Overloaded { retry_after: Duration },
    /// The answer would come after the deadline, or later than is of use: said at once, so that the caller can do something else.
    #[error("the answer is expected in {:.1} s only, which is too late; try again in {} s", expected.as_secs_f64(), whole_seconds(*retry_after))]
    TooLate { expected: Duration, retry_after: Duration },
    #[error("the request's deadline has passed")]
    DeadlineExceeded,
    /// A value that no model can take: text that is not text.
    #[error("{message}")]
    BadInput { field: String, message: String },
    /// This model's runtime calls the values wrong: an index out of bounds, say. Another version may take them.
    #[error("the model cannot take these values: {0}")]
    Refused(String),
    /// The run was stopped because it took longer than a run may take.
    #[error("the model did not finish within {} s", limit.as_secs_f64())]
    TookTooLong { limit: Duration },
    #[error("the model failed: {0}")]
    Failed(String),
    #[error("the model is being unloaded")]
    Closed,
}

/// A time as the header Retry-After has it: whole seconds, not less than it takes, and at least 1.
pub fn whole_seconds(time: Duration) -> u64 {
    (time.as_secs() + u64::from(time.subsec_nanos() > 0)).max(1)
}

/// Who hears the answer.
pub(super) enum Reply {
    Channel(oneshot::Sender<Result<Answer, InferError>>),
    /// One of those that share a run on a caller's thread: `None` tells it to go the usual way.
    Gathered(oneshot::Sender<Option<Result<Answer, InferError>>>),
    Call(Box<dyn FnOnce(Result<Answer, InferError>) + Send>),
}

pub(super) struct Job {
    pub inputs: Arc<Named>,
    pub rows: usize,
    pub priority: Priority,
    pub queued: Instant,
    pub deadline: Option<Instant>,
    /// Told when its run begins, where somebody wants to know.
    pub began: Option<Arc<Began>>,
    pub reply: Reply,
}

impl Job {
    /// Nobody waits for the answer any more.
    pub fn abandoned(&self) -> bool {
        match &self.reply {
            Reply::Channel(sender) => sender.is_closed(),
            Reply::Gathered(sender) => sender.is_closed(),
            Reply::Call(_) => false,
        }
    }

    /// A run of so many rows begins that it is part of; `None`: it waits for another one.
    pub fn begins(&self, run: Option<(Instant, usize)>) {
        if let Some(began) = &self.began {
            began.set(run);
        }
    }

    pub fn answer(self, answer: Result<Answer, InferError>) {
        match self.reply {
            // The receiver may have gone in the meantime, which is its right.
            Reply::Channel(sender) => drop(sender.send(answer)),
            Reply::Gathered(sender) => drop(sender.send(Some(answer))),
            // Whatever goes wrong there is no matter of the other requests of the run.
            Reply::Call(then) => {
                if catch_unwind(AssertUnwindSafe(|| then(answer))).is_err() {
                    tracing::error!("whoever waited for an answer panicked when it came");
                }
            }
        }
    }

    /// Nothing comes of the shared run: the caller goes the usual way, where it is told of a run that hangs and of its deadline.
    pub fn send_on(self) {
        match self.reply {
            Reply::Gathered(sender) => drop(sender.send(None)),
            _ => self.answer(Err(InferError::Closed)),
        }
    }

    /// Whether rows of `other` can stand in one run with ours.
    pub fn fits(&self, other: &Job) -> bool {
        self.inputs.len() == other.inputs.len()
            && self.inputs.iter().zip(other.inputs.iter()).all(|((_, ours), (_, theirs))| ours.fits(theirs))
    }
}
