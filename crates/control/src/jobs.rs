//! Work that was enqueued with a change: claimed by one process, tried again while the fault is ours, kept with its error after that.

use crate::{Ctx, IntoProblem, Outcome, explain, gates};
use contract::time::{MINUTE, SECOND};
use contract::{JobId, ProblemKind};

/// A process that has not finished a report by then is gone.
const LEASE: i64 = 10 * MINUTE;
const TRIES: i64 = 3;

/// Runs everything that is due; how many jobs there were.
pub async fn run_due(cx: &Ctx) -> Outcome<usize> {
    Ok(gates::run_queued(cx).await? + run_reports(cx).await?)
}

async fn run_reports(cx: &Ctx) -> Outcome<usize> {
    let (doing, mut done) = ("Running queued reports", 0);
    loop {
        let mut tx = cx.store.db.begin().await.or_problem(doing)?;
        let job = tx.job_claim(explain::JOB, cx.now(), cx.now() + LEASE).await.or_problem(doing)?;
        tx.commit().await.or_problem(doing)?;
        let Some(job) = job else { return Ok(done) };
        let outcome = explain::run(cx, &job.payload).await;
        let id = JobId(job.id);
        let mut tx = cx.store.db.begin().await.or_problem(doing)?;
        match outcome {
            Ok(()) => tx.job_done(&id).await.or_problem(doing)?,
            Err(problem) => {
                let ours = matches!(problem.kind, ProblemKind::Internal | ProblemKind::Busy);
                let again = (ours && job.attempts < TRIES).then(|| cx.now() + job.attempts * 20 * SECOND);
                tracing::warn!(job = %id, %problem, again = again.is_some(), "a report was not made");
                tx.job_failed(&id, &problem.detail, again).await.or_problem(doing)?;
            }
        }
        tx.commit().await.or_problem(doing)?;
        done += 1;
    }
}
