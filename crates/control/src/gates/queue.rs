//! Gates that run by themselves: queued with what makes them worth running, run by whichever process is free.

use super::run::run_unless;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::role::Act;
use contract::time::{MINUTE, SECOND};
use contract::{JobId, Millis, ModelName, Problem, ProblemKind, Role, UserId, VersionNo};
use serde::{Deserialize, Serialize};

const KIND: &str = "gates.run";
/// A process that has not finished by then is gone.
const LEASE: i64 = 3 * MINUTE;
const TRIES: i64 = 3;

#[derive(Serialize, Deserialize)]
struct Payload {
    model: ModelName,
    version: VersionNo,
    by: UserId,
    by_name: String,
}

/// Queues a run.
pub async fn enqueue(cx: &Ctx, who: &Actor, model: &ModelName, version: VersionNo) -> Outcome<()> {
    who.must(Act::RunGates)?;
    let doing = "Queueing the gates";
    let payload =
        serde_json::to_string(&Payload { model: model.clone(), version, by: UserId(who.id.clone()), by_name: who.name.clone() });
    let payload = payload.map_err(|_| Problem::internal("The run cannot be queued."))?;
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    if tx.version(model, version).await.or_problem(doing)?.is_none() {
        return Err(Problem::not_found(format!("There is no version {version} of a model “{model}”.")));
    }
    tx.job_enqueue(&JobId(cx.new_id()), KIND, &payload, cx.now()).await.or_problem(doing)?;
    tx.commit().await.or_problem(doing)
}

/// Runs what is queued, one after the other, until nothing is due; how many there were.
pub async fn run_queued(cx: &Ctx) -> Outcome<usize> {
    let (doing, mut done) = ("Running queued gates", 0);
    loop {
        let mut tx = cx.store.db.begin().await.or_problem(doing)?;
        let job = tx.job_claim(KIND, cx.now(), cx.now() + LEASE).await.or_problem(doing)?;
        tx.commit().await.or_problem(doing)?;
        let Some(job) = job else { return Ok(done) };
        let outcome = match serde_json::from_str::<Payload>(&job.payload) {
            // Somebody ran them by hand in the meantime: that run says all that this one would.
            Ok(payload) if judged_since(cx, &payload, job.created_at).await? => Ok(()),
            Ok(payload) => {
                // Who registered it had the right to have it judged.
                let who = Actor { id: payload.by.0, name: payload.by_name, role: Role::Engineer };
                run_unless(cx, &who, &payload.model, payload.version, Some(Millis(job.created_at))).await
            }
            Err(error) => Err(Problem::internal(format!("The job cannot be read: {error}"))),
        };
        let id = JobId(job.id);
        let mut tx = cx.store.db.begin().await.or_problem(doing)?;
        match outcome {
            Err(problem) if matches!(problem.kind, ProblemKind::Internal | ProblemKind::Busy) && job.attempts < TRIES => {
                tx.job_failed(&id, &problem.detail, Some(cx.now() + job.attempts * 20 * SECOND)).await.or_problem(doing)?;
            }
            Err(problem) if matches!(problem.kind, ProblemKind::Internal | ProblemKind::Busy) => {
                tx.job_failed(&id, &problem.detail, None).await.or_problem(doing)?
            }
            // A version that cannot be judged is an answer: it stands in the run.
            _ => tx.job_done(&id).await.or_problem(doing)?,
        }
        tx.commit().await.or_problem(doing)?;
        done += 1;
    }
}

async fn judged_since(cx: &Ctx, of: &Payload, since: i64) -> Outcome<bool> {
    let newest = cx.store.db.latest_gate_run(&of.model, of.version).await.or_problem("Reading the gates")?;
    Ok(newest.is_some_and(|run| run.state == "done" && run.started_at >= since))
}
