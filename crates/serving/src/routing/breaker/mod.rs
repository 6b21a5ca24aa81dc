//! The circuit breaker of one version in one deployment: a version that fails is left alone for a while, so that its callers
//! get the next best answer at once, and it gets rest.

mod state;

pub use state::Standing;

use crate::model::InferError;
use state::{Admission, Ended, Limits, State};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Shared by the requests to one version. It lives and dies with the loaded model: a version that is loaded anew starts closed.
#[derive(Debug)]
pub struct Breaker {
    /// `churn:3`, for the log.
    of: String,
    state: Mutex<State>,
    /// What its times count from.
    since: Instant,
}

/// A request that was let through. Dropping it without an end says nothing about the version.
#[derive(Debug)]
pub struct Pass<'b> {
    breaker: &'b Breaker,
    probe: bool,
    ended: Ended,
    /// Its end has been counted already.
    settled: bool,
}

impl Breaker {
    pub(crate) fn new(of: String, now: Instant) -> Breaker {
        Breaker { of, state: Mutex::new(State::new(Limits::default())), since: now }
    }

    /// Lets a request through, or says after how long another try is worth it.
    pub(crate) fn admit(&self, now: Instant) -> Result<Pass<'_>, Duration> {
        match self.state().admit(now.saturating_duration_since(self.since)) {
            Admission::Through => Ok(Pass::new(self, false)),
            Admission::Probe => Ok(Pass::new(self, true)),
            Admission::Refused { after } => Err(after),
        }
    }

    pub fn standing(&self) -> Standing {
        self.state().standing()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn settle(&self, probe: bool, ended: Ended) {
        let mut state = self.state();
        if state.settle(self.since.elapsed(), probe, ended) {
            let standing = state.standing();
            drop(state);
            tracing::warn!(version = self.of, ?standing, "the circuit breaker of a version has changed");
        }
    }
}

impl<'b> Pass<'b> {
    fn new(breaker: &'b Breaker, probe: bool) -> Self {
        Self { breaker, probe, ended: Ended::Nothing, settled: false }
    }

    /// Counts a failure now: the model's run hangs. Whatever comes of it later decides nothing any more.
    pub(crate) fn hangs(&mut self) {
        self.settled = true;
        self.breaker.settle(self.probe, Ended::Failed);
    }

    /// Counts the end of the request. A model that fails on values that are missing or not finite may be right to: that is no
    /// reason to keep everybody else from it.
    pub(crate) fn ended<T>(mut self, answer: &Result<T, InferError>, input_is_finite: impl FnOnce() -> bool) {
        self.ended = match answer {
            Ok(_) => Ended::Answered,
            Err(InferError::TookTooLong { .. } | InferError::Closed) => Ended::Failed,
            Err(InferError::Failed(_)) if input_is_finite() => Ended::Failed,
            Err(_) => Ended::Nothing,
        };
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if !self.settled {
            self.breaker.settle(self.probe, self.ended);
        }
    }
}
