//! Stops runs that take too long. One thread looks at all sessions of the process ten times a second.

use ort::session::{NoSelectedOutputs, RunOptions};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

const TICK: Duration = Duration::from_millis(100);

/// One session's current run.
pub(super) struct Watch {
    pub options: RunOptions<NoSelectedOutputs>,
    run: Mutex<Run>,
}

#[derive(Default)]
struct Run {
    since: Option<Instant>,
    until: Option<Instant>,
    stopped: bool,
}

static WATCHED: OnceLock<Mutex<Vec<Weak<Watch>>>> = OnceLock::new();

impl Watch {
    pub fn new() -> Result<Arc<Watch>, String> {
        let options = RunOptions::new().map_err(|error| error.to_string())?;
        let watch = Arc::new(Watch { options, run: Mutex::new(Run::default()) });
        let mut first = false;
        let watched = WATCHED.get_or_init(|| {
            first = true;
            Mutex::new(Vec::new())
        });
        watched.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&watch));
        if first {
            std::thread::Builder::new().name("onnx-watch".into()).spawn(look).map_err(|error| error.to_string())?;
        }
        Ok(watch)
    }

    /// A run begins; it is stopped when it takes longer than `limit`.
    pub fn begin(&self, limit: Duration) {
        let mut run = self.run.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        *run = Run { since: Some(now), until: now.checked_add(limit), stopped: false };
    }

    /// The run has ended. Whether it was stopped.
    pub fn end(&self) -> bool {
        let mut run = self.run.lock().unwrap_or_else(PoisonError::into_inner);
        (run.since, run.until) = (None, None);
        let stopped = std::mem::take(&mut run.stopped);
        if stopped && let Err(error) = self.options.unterminate() {
            tracing::error!(%error, "a stopped session could not be made ready again");
        }
        stopped
    }

    fn look(&self, now: Instant) {
        let mut run = self.run.lock().unwrap_or_else(PoisonError::into_inner);
        if run.until.is_some_and(|until| until <= now) && !run.stopped {
            run.stopped = self.options.terminate().is_ok();
        }
    }

    /// Stops a run that has taken longer than this: nobody wants its answer any more.
    pub fn stop_if_longer(&self, than: Duration, now: Instant) {
        let mut run = self.run.lock().unwrap_or_else(PoisonError::into_inner);
        if run.since.is_some_and(|since| now.saturating_duration_since(since) > than) && !run.stopped {
            run.stopped = self.options.terminate().is_ok();
        }
    }
}

fn look() {
    let Some(watched) = WATCHED.get() else { return };
    loop {
        std::thread::sleep(TICK);
        let now = Instant::now();
        watched
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|watch| watch.upgrade().map(|watch| watch.look(now)).is_some());
    }
}
