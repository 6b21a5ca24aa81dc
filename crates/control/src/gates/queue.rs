//! Gates that run by themselves: queued with what makes them worth running, run by whichever process is free.

use super::run::run_unless;
use crate::{Actor, Ctx, IntoProblem, Outcome, jobs};
use contract::role::Act;
use contract::time::MINUTE;
use contract::{JobId, Millis, ModelName, Problem, Role, UserId, VersionNo};
use serde::{Deserialize, Serialize};

const JOB: jobs::Kind = jobs::Kind { name: "gates.run", lease: 3 * MINUTE };

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
    tx.job_enqueue(&JobId(cx.new_id()), JOB.name, &payload, cx.now()).await.or_problem(doing)?;
    tx.commit().await.or_problem(doing)
}

/// Runs what is queued, one after the other, until nothing is due; how many there were.
pub async fn run_queued(cx: &Ctx) -> Outcome<usize> {
    jobs::drain(cx, &JOB, |job| async move {
        let of: Payload =
            serde_json::from_str(&job.payload).map_err(|error| Problem::internal(format!("The job cannot be read: {error}")))?;
        // Somebody ran them by hand in the meantime: that run says all that this one would.
        if judged_since(cx, &of, job.queued_at).await? {
            return Ok(());
        }
        // Who registered it had the right to have it judged.
        let who = Actor { id: of.by.0, name: of.by_name, role: Role::Engineer };
        // A version that cannot be judged is an answer: it stands in the run.
        jobs::answered(run_unless(cx, &who, &of.model, of.version, Some(job.queued_at)).await)
    })
    .await
}

async fn judged_since(cx: &Ctx, of: &Payload, since: Millis) -> Outcome<bool> {
    let newest = cx.store.db.latest_gate_run(&of.model, of.version).await.or_problem("Reading the gates")?;
    Ok(newest.is_some_and(|run| run.state == "done" && run.started_at >= since.0))
}
