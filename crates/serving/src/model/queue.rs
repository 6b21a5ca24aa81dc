//! The bounded queue before a model: lanes by priority, and one behind them for background work. A batch is what piled up while the last
//! one ran; a free session waits for more only where [`super::batch`] says that it pays.

use super::batch::{Look, wait_for};
use super::cost::{Ahead, Line, left};
use super::job::{InferError, Job};
use super::lanes::Lanes;
use super::{Priority, Tuning};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A wait of this many latency budgets is of no use to anybody: requests without a deadline are refused past it.
const BUDGETS: u32 = 100;
/// How far the mean gap between rows goes towards the newest one.
const NEWEST: f64 = 0.1;

pub struct Queue {
    state: Mutex<State>,
    arrived: Condvar,
    waiting_rows: AtomicUsize,
    /// As tuned, for those who need not wait for the lock.
    max_batch: AtomicUsize,
    /// Background jobs that may run at once, so that a session stays free for live requests where there are several.
    max_background: usize,
}

struct State {
    tuning: Tuning,
    lanes: Lanes,
    background: VecDeque<Job>,
    /// What each session runs; `None`: it is idle.
    running: Vec<Option<Run>>,
    /// Which of them run on a caller's thread.
    lent: Vec<bool>,
    /// When the last live row came, and the mean time between rows, seconds.
    last: Option<Instant>,
    gap: f64,
    closed: bool,
}

#[derive(Clone, Copy)]
struct Run {
    since: Instant,
    rows: usize,
    background: bool,
}

/// Jobs that share one run.
pub struct Batch {
    pub jobs: Vec<Job>,
    pub rows: usize,
}

impl State {
    fn background_running(&self) -> usize {
        self.running.iter().flatten().filter(|run| run.background).count()
    }

    /// Seconds until each session is free.
    fn free(&self, now: Instant, line: Line) -> impl Iterator<Item = f64> + Clone + '_ {
        self.running.iter().map(move |run| run.map_or(0.0, |run| left(line.run(run.rows), (now - run.since).as_secs_f64())))
    }

    fn note_arrival(&mut self, now: Instant, rows: usize) {
        let rows = rows.max(1) as f64;
        self.gap = match self.last {
            None => f64::INFINITY,
            Some(last) => {
                let gap = now.saturating_duration_since(last).as_secs_f64() / rows;
                if self.gap.is_finite() { self.gap + NEWEST * (gap - self.gap) } else { gap }
            }
        };
        self.last = Some(now);
    }
}

impl Queue {
    pub fn new(sessions: usize, tuning: Tuning) -> Self {
        let tuning = tuning.bounded();
        let state = State {
            tuning,
            lanes: Lanes::new(usize::from(tuning.priority_levels)),
            background: VecDeque::new(),
            running: vec![None; sessions.max(1)],
            lent: vec![false; sessions.max(1)],
            last: None,
            gap: f64::INFINITY,
            closed: false,
        };
        Self {
            state: Mutex::new(state),
            arrived: Condvar::new(),
            waiting_rows: AtomicUsize::new(0),
            max_batch: AtomicUsize::new(tuning.max_batch),
            max_background: sessions.saturating_sub(1).max(1),
        }
    }

    pub fn tune(&self, tuning: Tuning) {
        let tuning = tuning.bounded();
        self.max_batch.store(tuning.max_batch, Ordering::Relaxed);
        let mut state = self.lock();
        state.tuning = tuning;
        state.lanes.set_levels(usize::from(tuning.priority_levels));
    }

    pub fn max_batch(&self) -> usize {
        self.max_batch.load(Ordering::Relaxed)
    }

    pub fn waiting_rows(&self) -> usize {
        self.waiting_rows.load(Ordering::Relaxed)
    }

    pub fn latency_budget(&self) -> Option<Duration> {
        self.lock().tuning.latency_budget
    }

    /// The shortest time that a session has been at its run, if each has been at it for longer than one of so many rows may take.
    pub fn all_hang(&self, now: Instant, may_take: impl Fn(usize) -> Duration) -> Option<Duration> {
        let state = self.lock();
        let taken = |run: &Option<Run>| {
            let run = run.as_ref()?;
            Some(now.saturating_duration_since(run.since)).filter(|taken| *taken >= may_take(run.rows))
        };
        state.running.iter().map(taken).min()?
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a job in, or refuses it with the time after which another try makes sense.
    ///
    /// Full is counted over what goes before the job, so that the less urgent never keep the urgent out. A job that alone is larger than
    /// the bound is let in when nothing goes before it: otherwise it could never be served. While a session is idle nothing is refused for
    /// being too late: the model would learn nothing more, and one slow run would close it for good.
    pub fn push(&self, job: Job, batchable: bool, line: Line) -> Result<(), InferError> {
        self.admit(job, batchable, line).map_err(|(refusal, _)| refusal)
    }

    /// The same, giving back the job that is not let in.
    pub fn admit(&self, job: Job, batchable: bool, line: Line) -> Result<(), (InferError, Job)> {
        let mut state = self.lock();
        if state.closed {
            return Err((InferError::Closed, job));
        }
        if job.priority == Priority::Background {
            state.background.push_back(job);
        } else {
            let now = job.queued;
            let rows = job.rows.max(1);
            state.note_arrival(now, rows);
            let lane = job.priority.lane(state.lanes.levels());
            let (ahead, requests) = state.lanes.ahead(lane);
            let idle = requests == 0 && state.running.iter().any(Option::is_none);
            if !idle && let Some(refusal) = refused(&state, &job, lane, (ahead, requests), batchable, line) {
                return Err((refusal, job));
            }
            self.waiting_rows.fetch_add(rows, Ordering::Relaxed);
            state.lanes.push(lane, job);
        }
        // One of those that sleep may be the thread of a session that is lent, which cannot take it.
        let any_lent = state.lent.contains(&true);
        drop(state);
        if any_lent {
            self.arrived.notify_all();
        } else {
            self.arrived.notify_one();
        }
        Ok(())
    }

    /// An idle session for a run of `rows` rows on the caller's own thread, while nothing waits that would have to go first. It comes back
    /// when the loan is dropped.
    pub fn borrow(&self, rows: usize, now: Instant) -> Option<Loan<'_>> {
        let mut state = self.lock();
        if state.closed || state.lanes.turn().is_some() {
            return None;
        }
        let slot = state.running.iter().position(Option::is_none)?;
        state.note_arrival(now, rows);
        state.running[slot] = Some(Run { since: now, rows, background: false });
        state.lent[slot] = true;
        Some(Loan { queue: self, slot })
    }

    /// The next jobs for session `slot` to run together; waits for one. `None` once the queue is closed and empty. Calling it says that
    /// the session's last run has ended.
    pub fn next(&self, slot: usize, batchable: bool, line: impl Fn() -> Line) -> Option<Batch> {
        let mut state = self.lock();
        let lent = |state: &State| state.lent.get(slot).copied().unwrap_or(false);
        let ended = if lent(&state) { None } else { state.running.get_mut(slot).and_then(Option::take) };
        if ended.is_some_and(|run| run.background) && !state.background.is_empty() {
            // Another one may start, also where this session turns to a live request.
            self.arrived.notify_all();
        }
        let mut free_since: Option<Instant> = None;
        loop {
            if lent(&state) {
                state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            if let Some(lane) = state.lanes.turn() {
                let wait =
                    if batchable && !state.closed { self.gather(&state, slot, lane, &mut free_since, line()) } else { None };
                if let Some(wait) = wait {
                    state = self.arrived.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0;
                    continue;
                }
                if let Some(batch) = self.live(&mut state, lane, batchable) {
                    begin(&mut state, slot, batch.rows, false);
                    return Some(batch);
                }
                continue;
            }
            free_since = None;
            if state.background_running() < self.max_background
                && let Some(job) = state.background.pop_front()
            {
                if let Some(job) = alive(job) {
                    begin(&mut state, slot, job.rows, true);
                    return Some(Batch { rows: job.rows, jobs: vec![job] });
                }
                continue;
            }
            if state.closed && state.background.is_empty() {
                return None;
            }
            state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// How long to wait for more before a batch is begun with `lane`.
    fn gather(&self, state: &State, slot: usize, lane: usize, free_since: &mut Option<Instant>, line: Line) -> Option<Duration> {
        // Without these the clock need not be read.
        let (budget, head) = (state.tuning.latency_budget?, state.lanes.front(lane)?);
        if !line.sure || head.rows == 0 {
            return None;
        }
        let now = Instant::now();
        let since = *free_since.get_or_insert(now);
        let others = state.free(now, line).enumerate().filter(|(i, _)| *i != slot).map(|(_, free)| free);
        let quiet = state.last.map_or(f64::INFINITY, |last| now.saturating_duration_since(last).as_secs_f64());
        let look = Look {
            rows: state.lanes.rows(),
            max_batch: state.tuning.max_batch,
            age: now.saturating_duration_since(head.queued).as_secs_f64(),
            waited: now.saturating_duration_since(since).as_secs_f64(),
            gap: state.gap,
            quiet,
            other_free: others.fold(f64::INFINITY, f64::min),
            budget: Some(budget.as_secs_f64()),
            deadline: head.deadline.map(|deadline| deadline.saturating_duration_since(now).as_secs_f64()),
        };
        wait_for(look, line).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
    }

    fn live(&self, state: &mut State, lane: usize, batchable: bool) -> Option<Batch> {
        state.lanes.took(lane);
        let first = loop {
            if let Some(job) = alive(self.pop(state, lane)?) {
                break job;
            }
        };
        let mut batch = Batch { rows: first.rows, jobs: vec![first] };
        let max = state.tuning.max_batch;
        // A request without rows runs alone: there would be nothing to tell its share from. Room that is left goes to the other lanes.
        let others = (0..state.lanes.levels()).filter(|other| *other != lane);
        for lane in std::iter::once(lane).chain(others) {
            while batchable && batch.rows > 0 && batch.rows < max {
                let Some(next) = state.lanes.front(lane) else { break };
                let dead = next.abandoned() || past(next);
                if !dead && (next.rows == 0 || batch.rows + next.rows > max || !batch.jobs[0].fits(next)) {
                    break;
                }
                let Some(next) = self.pop(state, lane).and_then(alive) else { continue };
                batch.rows += next.rows;
                batch.jobs.push(next);
            }
        }
        Some(batch)
    }

    fn pop(&self, state: &mut State, lane: usize) -> Option<Job> {
        let job = state.lanes.pop(lane)?;
        self.waiting_rows.fetch_sub(job.rows.max(1), Ordering::Relaxed);
        Some(job)
    }

    /// Nothing more is let in; what waits is still answered.
    pub fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_all();
    }
}

/// A session that is lent.
pub struct Loan<'q> {
    queue: &'q Queue,
    pub slot: usize,
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        state.running[self.slot] = None;
        state.lent[self.slot] = false;
        let awaited = state.closed || state.lanes.turn().is_some() || !state.background.is_empty();
        drop(state);
        if awaited {
            self.queue.arrived.notify_all();
        }
    }
}

fn begin(state: &mut State, slot: usize, rows: usize, background: bool) {
    if let Some(running) = state.running.get_mut(slot) {
        *running = Some(Run { since: Instant::now(), rows, background });
    }
}

/// Why a job is not let in, with the time until all that waits is expected to be done.
fn refused(
    state: &State,
    job: &Job,
    lane: usize,
    (rows, requests): (usize, usize),
    batchable: bool,
    line: Line,
) -> Option<InferError> {
    let (now, tuning) = (job.queued, &state.tuning);
    let ahead = |(rows, requests)| Ahead { rows, requests, max_batch: tuning.max_batch, shared: batchable };
    let free = state.free(now, line);
    let retry_after = || {
        let drain = ahead(state.lanes.ahead(state.lanes.levels().max(lane))).drain(line, free.clone());
        Duration::try_from_secs_f64(drain).unwrap_or(Duration::ZERO).clamp(Duration::from_millis(50), Duration::from_secs(3_600))
    };
    if rows > 0 && rows + job.rows.max(1) > tuning.queue_rows {
        return Some(InferError::Overloaded { retry_after: retry_after() });
    }
    let allowed = match (job.deadline, tuning.latency_budget) {
        (Some(deadline), _) => deadline.saturating_duration_since(now).as_secs_f64(),
        (None, Some(budget)) => budget.saturating_mul(BUDGETS).as_secs_f64(),
        (None, None) => return None,
    };
    let done = line.known().then(|| ahead((rows, requests)).wait(line, free.clone()) + line.run(job.rows))?;
    (done > allowed).then(|| InferError::TooLate {
        expected: Duration::try_from_secs_f64(done).unwrap_or(Duration::MAX),
        retry_after: retry_after(),
    })
}

fn past(job: &Job) -> bool {
    job.deadline.is_some_and(|deadline| deadline <= Instant::now())
}

/// The job, unless nobody waits for it or its time has passed: then it never reaches the model.
pub(super) fn alive(job: Job) -> Option<Job> {
    if job.abandoned() {
        return None;
    }
    if past(&job) {
        job.answer(Err(InferError::DeadlineExceeded));
        return None;
    }
    Some(job)
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
