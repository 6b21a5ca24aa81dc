//! Running the gates of a version, and keeping what they found.

use super::compute::{Input, compute};
use super::{checks, declared, report::Report};
use crate::audit::entry;
use crate::registry::{self, Version};
use crate::{Actor, Ctx, IntoProblem, Outcome, blocking, datasets};
use contract::inputs::DatasetRole;
use contract::live::Topic;
use contract::role::Act;
use contract::views::gates::GatesView;
use contract::{Millis, ModelName, Problem, VersionNo};
use serde_json::json;
use serving::{LoadOptions, Served};
use std::sync::Arc;
use store::gates::GateRunRow;
use tokio::sync::Semaphore;

/// Two runs at once would measure each other's latency.
static AT_ONCE: Semaphore = Semaphore::const_new(1);

/// Runs every gate now (seconds) and returns what was found. `Conflict` if the version cannot be judged, with the reason.
pub async fn run(cx: &Ctx, who: &Actor, model: &ModelName, no: VersionNo) -> Outcome<GatesView> {
    who.must(Act::RunGates)?;
    run_unless(cx, who, model, no, None).await?;
    super::view(cx, who, model, no).await
}

/// The same, unless a run that began at `since` or later has ended meanwhile: what was queued then has been done.
pub(super) async fn run_unless(cx: &Ctx, who: &Actor, model: &ModelName, no: VersionNo, since: Option<Millis>) -> Outcome<()> {
    let version = registry::version(cx, model, no).await?;
    let _permit = AT_ONCE.acquire().await.map_err(|_| Problem::busy("The server is stopping."))?;
    let doing = "Running the gates";
    if let Some(since) = since {
        let ended = cx.store.db.latest_ended_gate_run(model, no).await.or_problem(doing)?;
        if ended.is_some_and(|run| run.state == "done" && run.started_at >= since.0) {
            return Ok(());
        }
    }
    let started = GateRunRow {
        id: cx.new_id(),
        model: model.0.clone(),
        version: i64::from(no.0),
        state: "running".into(),
        started_at: cx.now().0,
        ended_at: None,
        result: None,
        problem: None,
        started_by: who.id.clone(),
        started_by_name: who.name.clone(),
    };
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    tx.start_gate_run(&started).await.or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    cx.announce(Topic::Version { model: model.clone(), version: no });

    let outcome = judge(cx, &version).await;
    let object = ("version", format!("{model}/{no}"));
    let (state, result, why, summary, detail) = match &outcome {
        Ok(report) => {
            let verdict = if report.passed() { "passed" } else { "did not pass" };
            let json =
                serde_json::to_string(report).map_err(|_| Problem::internal("The result of the gates cannot be stored."))?;
            let held: Vec<&str> = report.held_up_by().iter().map(|gate| gate.key.as_str()).collect();
            let detail = json!({"rows": report.rows, "champion": report.champion, "metrics": report.metrics, "held_up_by": held});
            ("done", Some(json), None, format!("Version {no} of {model} {verdict} its gates: {}", report.summary()), detail)
        }
        Err(problem) => (
            "broken",
            None,
            Some(problem.detail.clone()),
            format!("The gates of version {no} of {model} could not be run"),
            json!({"why": problem.detail}),
        ),
    };
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    tx.end_gate_run(&started.id, state, cx.now(), result.as_deref(), why.as_deref()).await.or_problem(doing)?;
    tx.audit(entry(cx, who, "gates.ran", object, summary, detail)).await.or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    cx.announce(Topic::Version { model: model.clone(), version: no });
    outcome.map(|_| ())
}

async fn judge(cx: &Ctx, version: &Version) -> Outcome<Report> {
    let (model, no) = (&version.model.name, version.version);
    let heldback = datasets::of_version(cx, model, no, DatasetRole::Heldback).await?;
    let heldback = heldback.ok_or_else(|| {
        Problem::conflict(format!(
            "Version {no} of {model} has no held-back data. Add some: rows with their true label that were not used to train it."
        ))
    })?;
    let reference = datasets::of_version(cx, model, no, DatasetRole::Reference).await?;
    let champion_no = registry::champion(cx, model).await?;
    let champion = match champion_no.filter(|champion| *champion != no) {
        Some(champion) => Some(registry::served(cx, &registry::version(cx, model, champion).await?).await?),
        None => None,
    };
    // With as many sessions as live traffic would have, because latency and load are judged too.
    let (runtime, bytes, contract, name) =
        (cx.runtime()?, registry::onnx_bytes(cx, version).await?, version.contract.clone(), model.clone());
    let declared = declared::of_model(cx, model, &version.contract).await?;
    let seed = u64::from_str_radix(version.hash.as_str().get(..16).unwrap_or("1"), 16).unwrap_or(1);
    let computed = blocking(move || {
        let onnx = runtime.load(&bytes, LoadOptions::default()).map_err(|error| error.to_string())?;
        let served = Arc::new(Served::new(name, no, contract, onnx));
        compute(Input { served, heldback, reference, champion, champion_no, declared, seed })
    })
    .await?;
    let (mut report, served, subject) = computed.map_err(Problem::conflict)?;
    report.gates.extend(checks::load(&served, &subject.records).await);
    Ok(report)
}
