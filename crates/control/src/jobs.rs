//! Jobs: rows with a payload, claimed by one process at a time, retried when our own side failed, kept with their error when given up.

use crate::{Ctx, IntoProblem, Outcome};
use contract::time::SECOND;
use contract::{JobId, Millis, Problem, ProblemKind};

const TRIES: i64 = 3;

/// What is queued under one name.
pub(crate) struct Kind {
    pub name: &'static str,
    /// How long one job may take, ms: a process that has not finished by then is gone, and another takes it over.
    pub lease: i64,
}

/// One job, as it is handed to what works on it.
pub(crate) struct Due {
    pub payload: String,
    pub queued_at: Millis,
}

/// Runs the due jobs of one kind, one after the other. `work` is handed each of them and must be safe to run twice.
pub(crate) async fn drain<F>(cx: &Ctx, kind: &Kind, work: impl Fn(Due) -> F) -> Outcome<usize>
where
    F: Future<Output = Outcome<()>>,
{
    let (doing, mut done) = ("Running queued work", 0);
    loop {
        let mut tx = cx.store.db.begin().await.or_problem(doing)?;
        let job = tx.job_claim(kind.name, cx.now(), cx.now() + kind.lease).await.or_problem(doing)?;
        tx.commit().await.or_problem(doing)?;
        let Some(job) = job else { return Ok(done) };
        let outcome = work(Due { payload: job.payload, queued_at: Millis(job.created_at) }).await;
        let id = JobId(job.id);
        let mut tx = cx.store.db.begin().await.or_problem(doing)?;
        match after(&outcome, job.attempts) {
            After::Done => tx.job_done(&id).await,
            After::Again { wait, why } => tx.job_failed(&id, why, Some(cx.now() + wait)).await,
            After::GivenUp { why } => tx.job_failed(&id, why, None).await,
        }
        .or_problem(doing)?;
        tx.commit().await.or_problem(doing)?;
        done += 1;
    }
}

/// Work whose refusal is an answer too: what is wrong with its subject has been said where the subject is, and trying again says the same.
/// What went wrong on our own side stays a failure.
pub(crate) fn answered(outcome: Outcome<()>) -> Outcome<()> {
    outcome.or_else(|problem| if ours(&problem) { Err(problem) } else { Ok(()) })
}

/// What becomes of a job.
#[derive(Debug, PartialEq)]
enum After<'a> {
    Done,
    /// Due again in `wait` ms.
    Again {
        wait: i64,
        why: &'a str,
    },
    GivenUp {
        why: &'a str,
    },
}

/// `attempts` counts the one that has just ended.
fn after(outcome: &Outcome<()>, attempts: i64) -> After<'_> {
    match outcome {
        Ok(()) => After::Done,
        Err(problem) if ours(problem) && attempts < TRIES => After::Again { wait: attempts * 20 * SECOND, why: &problem.detail },
        Err(problem) => After::GivenUp { why: &problem.detail },
    }
}

/// Whether it was our own side that failed, so that another try may do better.
fn ours(problem: &Problem) -> bool {
    matches!(problem.kind, ProblemKind::Internal | ProblemKind::Busy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_failures_are_tried_again_what_is_refused_is_not() {
        let (busy, internal, conflict) =
            (|| Problem::busy("full"), || Problem::internal("broken"), || Problem::conflict("no rows"));
        let cases = [
            (Ok(()), 1, After::Done),
            (Ok(()), TRIES, After::Done),
            (Err(busy()), 1, After::Again { wait: 20 * SECOND, why: "full" }),
            (Err(internal()), 2, After::Again { wait: 40 * SECOND, why: "broken" }),
            (Err(internal()), TRIES, After::GivenUp { why: "broken" }),
            (Err(conflict()), 1, After::GivenUp { why: "no rows" }),
            (answered(Err(conflict())), 1, After::Done),
            (answered(Err(busy())), 1, After::Again { wait: 20 * SECOND, why: "full" }),
            (answered(Err(internal())), TRIES, After::GivenUp { why: "broken" }),
        ];
        for (outcome, attempts, expected) in cases {
            assert_eq!(after(&outcome, attempts), expected, "{outcome:?} at attempt {attempts}");
        }
    }
}
