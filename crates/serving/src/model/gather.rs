//! Rows of several callers in one run, on the thread of one of them.
//!
//! Requests that are ready at the same time on one thread would run a small model one after the other. Instead the first of them lets the
//! others go first, then runs the rows of all at once ("flat combining", Hendler, Incze, Shavit and Tzafrir, SPAA 2010): sixteen rows cost
//! such a model little more than one, and no other thread has to be woken. Where nobody is ever ready at the same time, nobody waits.

use super::Shared;
use super::cost::Line;
use super::job::{Answer, InferError, Job, Named, Reply};
use super::queue::{Batch, alive};
use super::{Priority, worker};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::oneshot::{self, Receiver};

/// Rows at which a run begins without waiting for its leader's turn.
const FULL: usize = 32;
/// Longest expected run on a caller's thread, seconds.
const LONGEST: f64 = 500e-6;
/// A run has to cost this much beside its rows, seconds: handing an answer from one caller to another costs about as much.
const WORTH: f64 = 1e-6;
/// Requests of a run, on average, below which gathering is only tried now and then.
const ALONE: f64 = 1.3;
/// Where it is only tried: one turn in so many. A prime, since callers come in rounds: of sixteen it must not always be the last that tries.
const TRY: u32 = 13;
/// How far the average goes towards the newest run.
const NEWEST: f64 = 0.1;

/// What has come together for the next run.
#[derive(Default)]
pub(super) struct Gathering(Mutex<State>);

#[derive(Default)]
struct State {
    jobs: Vec<Job>,
    rows: usize,
    /// Requests of a run, on average.
    mates: f64,
    turns: u32,
}

enum Joined {
    /// It runs alone.
    Not,
    /// It leads the next run.
    First,
    Another,
    /// It makes the run full, which begins now.
    Last(Vec<Job>),
}

impl State {
    fn take(&mut self) -> Vec<Job> {
        if !self.jobs.is_empty() {
            self.mates += NEWEST * (self.jobs.len() as f64 - self.mates);
        }
        self.rows = 0;
        std::mem::take(&mut self.jobs)
    }
}

impl Gathering {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn join(&self, rows: usize, most: usize, job: impl FnOnce() -> Job) -> Joined {
        let mut state = self.lock();
        if state.jobs.is_empty() {
            state.turns = state.turns.wrapping_add(1);
            if state.mates < ALONE && !state.turns.is_multiple_of(TRY) {
                return Joined::Not;
            }
        }
        let job = job();
        if state.rows + rows > most || state.jobs.first().is_some_and(|first| !first.fits(&job)) {
            return Joined::Not;
        }
        state.rows += rows;
        state.jobs.push(job);
        match state.jobs.len() {
            _ if state.rows >= most => Joined::Last(state.take()),
            1 => Joined::First,
            _ => Joined::Another,
        }
    }
}

/// Whoever leads the next run. Where it is given up before its turn, what has gathered goes the usual way.
struct Lead<'m>(Option<&'m Shared>);

impl Lead<'_> {
    async fn turn(mut self) {
        tokio::task::yield_now().await;
        if let Some(shared) = self.0.take() {
            run(shared, shared.gathering.lock().take());
        }
    }
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        if let Some(shared) = self.0.take() {
            let jobs = shared.gathering.lock().take();
            jobs.into_iter().for_each(Job::send_on);
        }
    }
}

/// Answers together with whoever is ready at the same time; `None` where the request should go alone.
pub(super) async fn gathered(
    shared: &Shared,
    inputs: &Arc<Named>,
    rows: usize,
    priority: Priority,
    deadline: Option<Instant>,
    line: Line,
) -> Option<Result<Answer, InferError>> {
    let most = most_rows(line, shared.queue.max_batch());
    if !line.sure || line.per_run < WORTH || rows == 0 || rows * 2 > most {
        return None;
    }
    let mut waiting: Option<Receiver<_>> = None;
    let joined = shared.gathering.join(rows, most, || {
        let (sender, receiver) = oneshot::channel();
        waiting = Some(receiver);
        Job {
            inputs: inputs.clone(),
            rows,
            priority,
            queued: Instant::now(),
            deadline,
            began: None,
            reply: Reply::Gathered(sender),
        }
    });
    match joined {
        Joined::Not => return None,
        Joined::First => Lead(Some(shared)).turn().await,
        Joined::Another => {}
        Joined::Last(jobs) => run(shared, jobs),
    }
    let answer = match deadline {
        Some(deadline) => match tokio::time::timeout_at(deadline.into(), waiting?).await {
            Ok(answer) => answer,
            Err(_) => return Some(Err(InferError::DeadlineExceeded)),
        },
        None => waiting?.await,
    };
    answer.unwrap_or_else(|_| Some(Err(super::lost())))
}

/// Rows that a caller's thread may be held for.
fn most_rows(line: Line, max_batch: usize) -> usize {
    let rows = (LONGEST - line.per_run) / line.per_row.max(1e-9);
    (rows.max(1.0) as usize).min(FULL).min(max_batch)
}

/// Runs `jobs` on this thread, if a session is idle.
fn run(shared: &Shared, jobs: Vec<Job>) {
    let jobs: Vec<Job> = jobs.into_iter().filter_map(alive).collect();
    if jobs.is_empty() {
        return;
    }
    let rows = jobs.iter().map(|job| job.rows).sum();
    let Some(loan) = shared.queue.borrow(rows, Instant::now()) else {
        return jobs.into_iter().for_each(Job::send_on);
    };
    if let Some(mut runner) = shared.runner(loan.slot) {
        // Those whose answer is lost hear it, the caller on whose thread this is among them.
        let _ = worker::caught(shared, || worker::serve(&mut runner, shared, Batch { jobs, rows }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::{Data, Tensor};

    fn job(columns: usize) -> Job {
        let tensor = Tensor::new([1, columns], Data::F32(vec![0.0; columns])).expect("shape");
        Job {
            inputs: Arc::new(vec![("x".into(), tensor)]),
            rows: 1,
            priority: Priority::Live,
            queued: Instant::now(),
            deadline: None,
            began: None,
            reply: Reply::Call(Box::new(drop)),
        }
    }

    /// The first call that gathers at all.
    fn first(gathering: &Gathering) -> u32 {
        (1..=TRY).find(|_| matches!(gathering.join(1, 4, || job(2)), Joined::First)).expect("it is tried")
    }

    #[test]
    fn it_is_tried_now_and_then_and_goes_on_where_others_come() {
        let gathering = Gathering::default();
        for _ in 0..3 {
            first(&gathering);
            assert_eq!(gathering.lock().take().len(), 1, "nobody came");
        }
        for _ in 0..12 {
            first(&gathering);
            assert!(matches!(gathering.join(1, 4, || job(2)), Joined::Another));
            assert_eq!(gathering.lock().take().len(), 2);
        }
        assert!(matches!(gathering.join(1, 4, || job(2)), Joined::First), "somebody came every time");
    }

    #[test]
    fn a_run_is_full_at_its_bound_and_takes_only_what_fits() {
        let gathering = Gathering::default();
        first(&gathering);
        assert!(matches!(gathering.join(1, 4, || job(3)), Joined::Not), "another width");
        assert!(matches!(gathering.join(4, 4, || job(2)), Joined::Not), "too many rows");
        assert!(matches!(gathering.join(1, 4, || job(2)), Joined::Another));
        assert!(matches!(gathering.join(1, 4, || job(2)), Joined::Another));
        let Joined::Last(jobs) = gathering.join(1, 4, || job(2)) else { panic!("it is full") };
        assert_eq!(jobs.len(), 4);
        assert!(gathering.lock().take().is_empty(), "its leader finds nothing left");
    }

    #[test]
    fn a_long_model_gathers_few_rows() {
        let line = |per_run, per_row| Line { per_run, per_row, sure: true };
        for (line, max_batch, most) in
            [(line(4e-6, 2e-6), 64, 32), (line(4e-6, 2e-6), 8, 8), (line(20e-6, 40e-6), 64, 12), (line(900e-6, 1e-6), 64, 1)]
        {
            assert_eq!(most_rows(line, max_batch), most, "{line:?}");
        }
    }
}
