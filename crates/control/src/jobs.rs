//! Jobs: rows with a payload, claimed by one process at a time, retried when our own side failed, kept with their error when given up.

use crate::{Ctx, IntoProblem, Outcome, explain, gates};
use contract::time::{MINUTE, SECOND};
use contract::{JobId, ProblemKind};

/// A process that has not finished a job by then is gone, and another takes it over.
const LEASE: i64 = 10 * MINUTE;
const TRIES: i64 = 3;

/// Runs everything that is due, of every kind; how many there were.
pub async fn run_due(cx: &Ctx) -> Outcome<usize> {
    Ok(gates::run_queued(cx).await? + explain::run_jobs(cx).await?)
}

/// Runs the due jobs of one kind, one after the other. `work` is handed each payload and must be safe to run twice.
pub(crate) async fn drain<F>(cx: &Ctx, kind: &'static str, work: impl Fn(String) -> F) -> Outcome<usize>
where
    F: Future<Output = Outcome<()>>,
{
    let (doing, mut done) = ("Running queued work", 0);
    loop {
        let mut tx = cx.store.db.begin().await.or_problem(doing)?;
        let job = tx.job_claim(kind, cx.now(), cx.now() + LEASE).await.or_problem(doing)?;
        tx.commit().await.or_problem(doing)?;
        let Some(job) = job else { return Ok(done) };
        let outcome = work(job.payload).await;
        let id = JobId(job.id);
        let mut tx = cx.store.db.begin().await.or_problem(doing)?;
        match outcome {
            Err(problem) if matches!(problem.kind, ProblemKind::Internal | ProblemKind::Busy) && job.attempts < TRIES => {
                tx.job_failed(&id, &problem.detail, Some(cx.now() + job.attempts * 20 * SECOND)).await.or_problem(doing)?;
            }
            Err(problem) => tx.job_failed(&id, &problem.detail, None).await.or_problem(doing)?,
            Ok(()) => tx.job_done(&id).await.or_problem(doing)?,
        }
        tx.commit().await.or_problem(doing)?;
        done += 1;
    }
}
