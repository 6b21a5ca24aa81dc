//! The queue by itself: what goes together, what goes first, what is refused.

use super::*;
use crate::model::job::{Answer, Reply};
use crate::tensor::{Data, Tensor};
use std::sync::Arc;
use tokio::sync::oneshot;

type Receiver = oneshot::Receiver<Result<Answer, InferError>>;

/// 10 ms a row, nothing a run.
const SLOW: Line = Line { per_run: 0.0, per_row: 0.010, sure: true };

fn queue(sessions: usize, max_batch: usize, queue_rows: usize) -> Queue {
    Queue::new(sessions, Tuning { max_batch, queue_rows, ..Tuning::default() })
}

fn job(columns: usize, rows: usize, priority: Priority, deadline: Option<Instant>) -> (Job, Receiver) {
    let (sender, receiver) = oneshot::channel();
    let tensor = Tensor::new([rows, columns], Data::F32(vec![0.0; rows * columns])).expect("shape");
    let job = Job {
        inputs: Arc::new(vec![("x".into(), tensor)]),
        rows,
        priority,
        queued: Instant::now(),
        deadline,
        began: None,
        reply: Reply::Channel(sender),
    };
    (job, receiver)
}

fn try_push(
    queue: &Queue,
    rows: usize,
    priority: Priority,
    deadline: Option<Instant>,
    line: Line,
) -> Result<Receiver, InferError> {
    let (job, receiver) = job(1, rows, priority, deadline);
    queue.push(job, true, line).map(|()| receiver)
}

fn push(queue: &Queue, columns: usize, rows: usize) -> Receiver {
    let (job, receiver) = job(columns, rows, Priority::Live, None);
    queue.push(job, true, SLOW).expect("there is room");
    receiver
}

/// The session `slot` takes its next batch: (requests, rows).
fn next(queue: &Queue, slot: usize, batchable: bool) -> Option<(usize, usize)> {
    queue.next(slot, batchable, || SLOW).map(|batch| (batch.jobs.len(), batch.rows))
}

#[test]
fn what_piled_up_and_fits_is_one_batch() {
    let queue = queue(1, 8, 100);
    let _waiting: Vec<_> = [(3, 2), (3, 5), (3, 1), (3, 1), (4, 1)].map(|(columns, rows)| push(&queue, columns, rows)).into();
    let sizes: Vec<_> = (0..3).map(|_| next(&queue, 0, true)).collect();
    assert_eq!(sizes, [Some((3, 8)), Some((1, 1)), Some((1, 1))], "8 rows at most, and only the same shapes together");
    assert_eq!(queue.waiting_rows(), 0);
}

#[test]
fn without_batching_every_request_runs_alone() {
    let queue = queue(1, 8, 100);
    let _waiting = (push(&queue, 3, 1), push(&queue, 3, 1));
    assert_eq!(next(&queue, 0, false), Some((1, 1)));
}

#[test]
fn a_full_queue_refuses_with_the_time_that_it_takes_to_drain() {
    let queue = queue(1, 50, 10);
    let _large = push(&queue, 1, 50);
    let refused = try_push(&queue, 1, Priority::Live, None, SLOW).map(drop);
    assert_eq!(refused, Err(InferError::Overloaded { retry_after: Duration::from_millis(500) }));
}

#[test]
fn what_will_be_too_late_is_refused_at_once() {
    let queue = Queue::new(1, Tuning { max_batch: 1, latency_budget: Some(Duration::from_millis(20)), ..Tuning::default() });
    let soon = |ms: u64| Some(Instant::now() + Duration::from_millis(ms));
    // An idle session takes anything: only trying shows whether it is still as slow.
    let _idle = try_push(&queue, 1, Priority::Live, soon(5), SLOW).expect("nothing is before it");
    let waiting: Vec<_> = (0..20).map(|_| push(&queue, 1, 1)).collect();
    // 21 rows of 10 ms are before the next one.
    for (deadline, let_in) in [(soon(100), false), (soon(1_000), true), (None, true)] {
        match try_push(&queue, 1, Priority::Live, deadline, SLOW) {
            Ok(_) => assert!(let_in, "{deadline:?}"),
            Err(InferError::TooLate { retry_after, expected }) => {
                assert!(
                    !let_in && (200..260).contains(&retry_after.as_millis()) && (200..260).contains(&expected.as_millis()),
                    "{retry_after:?} {expected:?}"
                );
            }
            Err(other) => panic!("{other}"),
        }
    }
    // Without a deadline: a hundred budgets, two seconds here.
    let _more: Vec<_> = (0..190).map(|_| try_push(&queue, 1, Priority::Live, soon(600_000), SLOW)).collect();
    assert!(matches!(try_push(&queue, 1, Priority::Live, None, SLOW), Err(InferError::TooLate { .. })));
    assert!(try_push(&queue, 1, Priority::Live, None, Line::default()).is_ok(), "nobody is refused on a guess");
    drop(waiting);
}

#[test]
fn abandoned_and_late_requests_never_reach_the_model() {
    let queue = queue(1, 8, 100);
    drop(push(&queue, 1, 1));
    let mut late = try_push(&queue, 1, Priority::Live, Some(Instant::now()), Line::default()).expect("there is room");
    let _alive = push(&queue, 1, 1);
    assert_eq!(next(&queue, 0, true), Some((1, 1)));
    assert_eq!(late.try_recv(), Ok(Err(InferError::DeadlineExceeded)));
}

#[test]
fn the_urgent_go_first_and_are_not_kept_out_by_the_others() {
    let queue = Queue::new(1, Tuning { max_batch: 1, queue_rows: 4, priority_levels: 3, ..Tuning::default() });
    let at = |level: u8| try_push(&queue, 1, Priority::Level(level), None, SLOW);
    let (mut low, mut normal) = (Vec::new(), Vec::new());
    for _ in 0..4 {
        low.push(at(3).expect("there is room"));
    }
    assert!(matches!(at(3), Err(InferError::Overloaded { .. })), "four rows are the bound");
    // 0 and what there is not are the level in the middle.
    for level in [0, 2, 200, 0] {
        normal.push(at(level).expect("what is less urgent does not count"));
    }
    assert!(matches!(at(2), Err(InferError::Overloaded { .. })));
    let mut urgent = at(1).expect("nothing is before it");
    let taken: Vec<bool> = (0..9)
        .map(|_| {
            queue
                .next(0, true, || SLOW)
                .map(|batch| batch.jobs.into_iter().for_each(|job| job.answer(Err(InferError::Closed))))
                .is_some()
        })
        .collect();
    assert_eq!(taken, [true; 9]);
    assert!(urgent.try_recv().is_ok() && low.iter_mut().chain(&mut normal).all(|waiting| waiting.try_recv().is_ok()));
}

#[test]
fn live_requests_go_before_background_work() {
    let queue = queue(1, 8, 100);
    let _background = try_push(&queue, 512, Priority::Background, None, SLOW).expect("background is never refused");
    let _live = push(&queue, 1, 1);
    assert_eq!((next(&queue, 0, true), next(&queue, 0, true)), (Some((1, 1)), Some((1, 512))));
}

#[test]
fn one_session_stays_free_of_background_work() {
    let queue = queue(2, 8, 100);
    let _background: Vec<_> = (0..2).map(|_| try_push(&queue, 7, Priority::Background, None, SLOW)).collect();
    assert_eq!(next(&queue, 0, true), Some((1, 7)));
    let _live = push(&queue, 1, 1);
    assert_eq!(next(&queue, 1, true), Some((1, 1)), "the second session waits for live requests");
    // The first session has ended its run, so another may begin.
    assert_eq!(next(&queue, 0, true), Some((1, 7)));
}

#[test]
fn a_session_gathers_where_that_pays() {
    let line = Line { per_run: 3.0, per_row: 0.001, sure: true };
    let queue =
        Arc::new(Queue::new(1, Tuning { max_batch: 3, latency_budget: Some(Duration::from_secs(60)), ..Tuning::default() }));
    // Rows that come quickly have taught it that another one is near.
    let taught: Vec<_> = (0..3).map(|_| try_push(&queue, 1, Priority::Live, None, line).expect("there is room")).collect();
    assert_eq!(queue.next(0, true, || line).map(|batch| batch.rows), Some(3), "a full batch goes at once");
    let first = try_push(&queue, 1, Priority::Live, None, line).expect("there is room");
    let session = std::thread::spawn({
        let queue = queue.clone();
        move || queue.next(0, true, || line).map(|batch| batch.rows)
    });
    let more: Vec<_> = (0..2).map(|_| try_push(&queue, 1, Priority::Live, None, line).expect("there is room")).collect();
    assert_eq!(session.join().expect("no panic"), Some(3), "it waited for the two that were near");
    drop((taught, first, more));
    // Without more to come it goes with what there is.
    let _last = try_push(&queue, 1, Priority::Live, None, line).expect("there is room");
    assert_eq!(queue.next(0, true, || line).map(|batch| batch.rows), Some(1));
}

#[test]
fn a_closed_queue_is_emptied_first() {
    let queue = queue(1, 8, 100);
    let _waiting = push(&queue, 1, 1);
    queue.close();
    assert!(next(&queue, 0, true).is_some());
    assert!(next(&queue, 0, true).is_none());
    assert_eq!(try_push(&queue, 1, Priority::Live, None, SLOW).map(drop), Err(InferError::Closed));
}

#[test]
fn a_lent_session_is_nobody_elses_until_it_comes_back() {
    let queue = queue(1, 8, 100);
    let loan = queue.borrow(1, Instant::now()).expect("it is idle and nothing waits");
    assert!(queue.borrow(1, Instant::now()).is_none(), "it is lent");
    let _waiting = push(&queue, 1, 1);
    std::thread::scope(|scope| {
        let taken = scope.spawn(|| next(&queue, 0, true));
        std::thread::sleep(Duration::from_millis(50));
        assert!(!taken.is_finished(), "its own thread waits for it");
        drop(loan);
        assert_eq!(taken.join().expect("no panic"), Some((1, 1)));
    });
    assert!(queue.borrow(1, Instant::now()).is_none(), "its thread has it");
    queue.close();
    assert_eq!(next(&queue, 0, true), None);
    assert!(queue.borrow(1, Instant::now()).is_none(), "closed");
}

#[test]
fn what_waits_goes_before_a_loan() {
    let queue = queue(2, 8, 100);
    let _waiting = push(&queue, 1, 1);
    assert!(queue.borrow(1, Instant::now()).is_none());
    assert_eq!(next(&queue, 0, true), Some((1, 1)));
    assert_eq!(queue.borrow(1, Instant::now()).map(|loan| loan.slot), Some(1), "the other session is idle");
}

/// Callers that borrow and callers that queue, all at once: every request is answered, and no session is run by two.
#[test]
fn nothing_is_lost_between_loans_and_threads() {
    let queue = queue(2, 8, 100_000);
    let busy = [(); 2].map(|()| std::sync::atomic::AtomicBool::new(false));
    let hold = |slot: usize| assert!(!busy[slot].swap(true, Ordering::SeqCst), "slot {slot} is run by two");
    let release = |slot: usize| busy[slot].store(false, Ordering::SeqCst);
    std::thread::scope(|scope| {
        for slot in 0..2 {
            let (queue, hold, release) = (&queue, &hold, &release);
            scope.spawn(move || {
                while let Some(batch) = queue.next(slot, true, || SLOW) {
                    hold(slot);
                    std::thread::yield_now();
                    release(slot);
                    batch.jobs.into_iter().for_each(|job| job.answer(Err(InferError::Closed)));
                }
            });
        }
        let callers: Vec<_> = (0..4)
            .map(|caller| {
                let (queue, hold, release) = (&queue, &hold, &release);
                scope.spawn(move || {
                    let mut borrowed = 0;
                    for i in 0..3_000 {
                        let loan = if i % 3 == caller % 3 { None } else { queue.borrow(1, Instant::now()) };
                        match loan {
                            Some(loan) => {
                                hold(loan.slot);
                                std::thread::yield_now();
                                release(loan.slot);
                                borrowed += 1;
                            }
                            None => {
                                let (job, receiver) = job(1, 1, Priority::Live, None);
                                queue.push(job, true, Line::default()).expect("there is room");
                                assert!(receiver.blocking_recv().is_ok(), "answered");
                            }
                        }
                    }
                    borrowed
                })
            })
            .collect();
        let borrowed: usize = callers.into_iter().map(|caller| caller.join().expect("no panic")).sum();
        assert!(borrowed > 100, "{borrowed} loans");
        queue.close();
    });
}
