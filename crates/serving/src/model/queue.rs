//! The bounded queue before a model, in two lanes. A batch is what piled up while the last one ran: there is no timer.

use super::Priority;
use super::job::{InferError, Job};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub(super) struct Queue {
    lanes: Mutex<Lanes>,
    arrived: Condvar,
    waiting_rows: AtomicUsize,
    max_batch: AtomicUsize,
    queue_rows: AtomicUsize,
    /// Background jobs that may run at once, so that a session stays free for live requests where there are several.
    max_background: usize,
}

#[derive(Default)]
struct Lanes {
    live: VecDeque<Job>,
    background: VecDeque<Job>,
    background_running: usize,
    closed: bool,
}

/// Jobs that share one run.
pub(super) struct Batch {
    pub jobs: Vec<Job>,
    pub rows: usize,
}

impl Queue {
    pub fn new(sessions: usize, max_batch: usize, queue_rows: usize) -> Self {
        Self {
            lanes: Mutex::new(Lanes::default()),
            arrived: Condvar::new(),
            waiting_rows: AtomicUsize::new(0),
            max_batch: AtomicUsize::new(max_batch.max(1)),
            queue_rows: AtomicUsize::new(queue_rows.max(1)),
            max_background: sessions.saturating_sub(1).max(1),
        }
    }

    pub fn tune(&self, max_batch: usize, queue_rows: usize) {
        self.max_batch.store(max_batch.max(1), Ordering::Relaxed);
        self.queue_rows.store(queue_rows.max(1), Ordering::Relaxed);
    }

    pub fn waiting_rows(&self) -> usize {
        self.waiting_rows.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a job in, or refuses it with the time after which another try makes sense. `per_row` is the recent time per row.
    ///
    /// A job that alone is larger than the bound is let in when nothing waits: otherwise it could never be served.
    pub fn push(&self, job: Job, per_row: impl FnOnce() -> Duration) -> Result<(), InferError> {
        let mut lanes = self.lock();
        if lanes.closed {
            return Err(InferError::Closed);
        }
        if job.priority == Priority::Background {
            lanes.background.push_back(job);
        } else {
            let waiting = self.waiting_rows.load(Ordering::Relaxed);
            let rows = job.rows.max(1);
            if waiting > 0 && waiting + rows > self.queue_rows.load(Ordering::Relaxed) {
                drop(lanes);
                let wait = per_row().saturating_mul(u32::try_from(waiting).unwrap_or(u32::MAX));
                return Err(InferError::Overloaded { retry_after: wait.clamp(Duration::from_millis(50), Duration::from_secs(60)) });
            }
            self.waiting_rows.fetch_add(rows, Ordering::Relaxed);
            lanes.live.push_back(job);
        }
        drop(lanes);
        self.arrived.notify_one();
        Ok(())
    }

    /// The next jobs to run together; waits for one. `None` once the queue is closed and empty.
    pub fn next(&self, batchable: bool) -> Option<Batch> {
        let mut lanes = self.lock();
        loop {
            if let Some(batch) = self.live(&mut lanes, batchable) {
                return Some(batch);
            }
            if lanes.background_running < self.max_background
                && let Some(job) = lanes.background.pop_front()
            {
                if let Some(job) = alive(job) {
                    lanes.background_running += 1;
                    return Some(Batch { rows: job.rows, jobs: vec![job] });
                }
                continue;
            }
            if lanes.closed && lanes.background.is_empty() {
                return None;
            }
            lanes = self.arrived.wait(lanes).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn live(&self, lanes: &mut Lanes, batchable: bool) -> Option<Batch> {
        let first = loop {
            if let Some(job) = alive(self.pop(lanes)?) {
                break job;
            }
        };
        let mut batch = Batch { rows: first.rows, jobs: vec![first] };
        let max = self.max_batch.load(Ordering::Relaxed);
        // A request without rows runs alone: there would be nothing to tell its share from.
        while batchable && batch.rows > 0 && batch.rows < max {
            let Some(next) = lanes.live.front() else { break };
            let dead = next.abandoned() || past(next);
            if !dead && (next.rows == 0 || batch.rows + next.rows > max || !batch.jobs[0].fits(next)) {
                break;
            }
            let Some(next) = self.pop(lanes).and_then(alive) else { continue };
            batch.rows += next.rows;
            batch.jobs.push(next);
        }
        Some(batch)
    }

    fn pop(&self, lanes: &mut Lanes) -> Option<Job> {
        let job = lanes.live.pop_front()?;
        self.waiting_rows.fetch_sub(job.rows.max(1), Ordering::Relaxed);
        Some(job)
    }

    /// A background job has ended: another one may start.
    pub fn background_done(&self) {
        self.lock().background_running -= 1;
        self.arrived.notify_all();
    }

    /// Nothing more is let in; what waits is still answered.
    pub fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_all();
    }
}

fn past(job: &Job) -> bool {
    job.deadline.is_some_and(|deadline| deadline <= Instant::now())
}

/// The job, unless nobody waits for it or its time has passed: then it never reaches the model.
fn alive(job: Job) -> Option<Job> {
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
mod tests {
    use super::*;
    use crate::model::job::{Answer, Reply};
    use crate::tensor::{Data, Tensor};
    use std::sync::Arc;
    use tokio::sync::oneshot;

    type Receiver = oneshot::Receiver<Result<Answer, InferError>>;

    fn job(columns: usize, rows: usize, priority: Priority, deadline: Option<Instant>) -> (Job, Receiver) {
        let (sender, receiver) = oneshot::channel();
        let tensor = Tensor::new([rows, columns], Data::F32(vec![0.0; rows * columns])).expect("shape");
        let job = Job { inputs: Arc::new(vec![("x".into(), tensor)]), rows, priority, queued: Instant::now(), deadline, reply: Reply::Channel(sender) };
        (job, receiver)
    }

    fn push(queue: &Queue, columns: usize, rows: usize) -> Receiver {
        let (job, receiver) = job(columns, rows, Priority::Live, None);
        queue.push(job, || Duration::from_millis(10)).expect("there is room");
        receiver
    }

    #[test]
    fn what_piled_up_and_fits_is_one_batch() {
        let queue = Queue::new(1, 8, 100);
        let _waiting: Vec<_> = [(3, 2), (3, 5), (3, 1), (3, 1), (4, 1)].map(|(columns, rows)| push(&queue, columns, rows)).into();
        let sizes: Vec<_> = (0..3).map(|_| queue.next(true).map(|b| (b.jobs.len(), b.rows))).collect();
        assert_eq!(sizes, [Some((3, 8)), Some((1, 1)), Some((1, 1))], "8 rows at most, and only the same shapes together");
        assert_eq!(queue.waiting_rows(), 0);
    }

    #[test]
    fn without_batching_every_request_runs_alone() {
        let queue = Queue::new(1, 8, 100);
        let _waiting = (push(&queue, 3, 1), push(&queue, 3, 1));
        assert_eq!(queue.next(false).map(|b| b.jobs.len()), Some(1));
    }

    #[test]
    fn a_full_queue_refuses_with_a_time() {
        let queue = Queue::new(1, 8, 10);
        let _large = push(&queue, 1, 50);
        let (more, _receiver) = job(1, 1, Priority::Live, None);
        let refused = queue.push(more, || Duration::from_millis(10));
        assert_eq!(refused, Err(InferError::Overloaded { retry_after: Duration::from_millis(500) }));
    }

    #[test]
    fn abandoned_and_late_requests_never_reach_the_model() {
        let queue = Queue::new(1, 8, 100);
        drop(push(&queue, 1, 1));
        let (late, mut receiver) = job(1, 1, Priority::Live, Some(Instant::now()));
        queue.push(late, || Duration::ZERO).expect("there is room");
        let _alive = push(&queue, 1, 1);
        assert_eq!(queue.next(true).map(|b| b.jobs.len()), Some(1));
        assert_eq!(receiver.try_recv(), Ok(Err(InferError::DeadlineExceeded)));
    }

    #[test]
    fn live_requests_go_before_background_work() {
        let queue = Queue::new(1, 8, 100);
        let (background, _b) = job(1, 512, Priority::Background, None);
        queue.push(background, || Duration::ZERO).expect("background is never refused");
        let _live = push(&queue, 1, 1);
        assert_eq!(queue.next(true).map(|b| b.rows), Some(1));
        assert_eq!(queue.next(true).map(|b| b.rows), Some(512));
    }

    #[test]
    fn a_closed_queue_is_emptied_first() {
        let queue = Queue::new(1, 8, 100);
        let _waiting = push(&queue, 1, 1);
        queue.close();
        assert!(queue.next(true).is_some());
        assert!(queue.next(true).is_none());
        let (late, _receiver) = job(1, 1, Priority::Live, None);
        assert_eq!(queue.push(late, || Duration::ZERO), Err(InferError::Closed));
    }
}
