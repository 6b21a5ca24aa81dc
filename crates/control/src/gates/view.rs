//! The gates of a version as pages show them, and as other rooms read them.

use super::report::Report;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::role::Act;
use contract::time::MINUTE;
use contract::verdict::State;
use contract::views::common::When;
use contract::views::gates::GatesView;
use contract::views::models::GatesWord;
use contract::{GateRunId, Millis, ModelName, Problem, Verdict, VersionNo};
use std::collections::BTreeMap;
use store::gates::GateRunRow;

/// A run that has not ended by then was interrupted.
const INTERRUPTED: i64 = 3 * MINUTE;

/// What a version reached on its held-back rows.
#[derive(Clone, Debug, PartialEq)]
pub struct HeldbackMetrics {
    pub rows: u64,
    /// `accuracy`, `roc_auc`, `recall`, `precision`, `mae`, `rmse`, `r2` …
    pub metrics: BTreeMap<String, f64>,
}

/// The newest run of a version; a view without gates if there was none.
pub async fn view(cx: &Ctx, who: &Actor, model: &ModelName, version: VersionNo) -> Outcome<GatesView> {
    who.must(Act::View)?;
    let doing = "Reading the gates";
    let run = cx.store.db.latest_gate_run(model, version).await.or_problem(doing)?;
    let view = of_run(run, cx.now())?;
    if view.state != State::Run {
        return Ok(view);
    }
    // While they run again, what the run before found stays readable.
    let before = cx.store.db.latest_ended_gate_run(model, version).await.or_problem(doing)?;
    match before.filter(|run| run.state == "done") {
        None => Ok(view),
        Some(before) => Ok(GatesView {
            state: State::Run,
            word: view.word,
            summary: "The gates are running again now; this is what the run before found.".into(),
            ..of_run(Some(before), cx.now())?
        }),
    }
}

/// The newest ended run of a version, if it has a result: as it is kept, and as pages show it.
pub async fn ended(cx: &Ctx, model: &ModelName, version: VersionNo) -> Outcome<Option<(Report, GatesView)>> {
    let run = cx.store.db.latest_ended_gate_run(model, version).await.or_problem("Reading the gates")?;
    match run.filter(|run| run.state == "done") {
        Some(run) => Ok(Some((read(&run)?, of_run(Some(run), cx.now())?))),
        None => Ok(None),
    }
}

/// The same without the words, for other rooms.
pub async fn report(cx: &Ctx, model: &ModelName, version: VersionNo) -> Outcome<Option<(GateRunId, Report)>> {
    let run = cx.store.db.latest_ended_gate_run(model, version).await.or_problem("Reading the gates")?;
    match run.filter(|run| run.state == "done") {
        Some(run) => Ok(Some((GateRunId(run.id.clone()), read(&run)?))),
        None => Ok(None),
    }
}

/// Metrics of the newest finished run, for other rooms.
pub async fn heldback_metrics(cx: &Ctx, model: &ModelName, version: VersionNo) -> Outcome<Option<HeldbackMetrics>> {
    Ok(report(cx, model, version).await?.map(|(_, report)| HeldbackMetrics { rows: report.rows, metrics: report.metrics }))
}

/// State of a run in a word, with the metrics it found.
pub fn words(run: Option<&GateRunRow>, now: Millis) -> Outcome<(GatesWord, BTreeMap<String, f64>)> {
    let word = |state, words: &str| GatesWord { state, words: words.into() };
    let Some(run) = run else { return Ok((word(State::Unknown, "not run"), BTreeMap::new())) };
    if run.state != "done" {
        let (state, words, _) = unfinished(run, now);
        return Ok((word(state, words), BTreeMap::new()));
    }
    let report = read(run)?;
    let failed = report.gates.iter().filter(|gate| gate.required && gate.verdict == Verdict::Fail).count();
    let open = report.gates.iter().filter(|gate| gate.required && gate.verdict == Verdict::Insufficient).count();
    let passed = report.gates.iter().filter(|gate| gate.required && gate.verdict == Verdict::Pass).count();
    let word = match (failed, open) {
        (0, 0) => word(State::Ok, &format!("{passed} passed")),
        (0, n) => word(State::Unknown, &format!("{n} not enough data")),
        (n, _) => word(State::Bad, &format!("{n} failed")),
    };
    Ok((word, report.metrics))
}

/// State, word and sentence of a run that has no result.
fn unfinished(run: &GateRunRow, now: Millis) -> (State, &'static str, String) {
    match run.state.as_str() {
        "running" if now.0 - run.started_at > INTERRUPTED => {
            (State::Unknown, "interrupted", "The last run was interrupted. Run the gates again.".into())
        }
        "running" => (State::Run, "running", "The gates are running now; this takes some seconds.".into()),
        _ => (State::Bad, "could not run", run.problem.clone().unwrap_or_else(|| "The gates could not be run.".into())),
    }
}

pub(super) fn of_run(run: Option<GateRunRow>, now: Millis) -> Outcome<GatesView> {
    let mut view = GatesView {
        run: None,
        state: State::Unknown,
        word: "not run".into(),
        summary: "The gates have not run. They run by themselves when a version comes with held-back data, or now if you ask."
            .into(),
        ran: None,
        took_ms: None,
        took_words: String::new(),
        policy: super::policy::NAME.into(),
        champion: None,
        rows: 0,
        gates: Vec::new(),
        segments: None,
        inputs: Vec::new(),
    };
    let Some(run) = run else { return Ok(view) };
    view.run = Some(GateRunId(run.id.clone()));
    view.ran = Some(When::new(Millis(run.ended_at.unwrap_or(run.started_at)), now));
    view.took_ms = run.ended_at.map(|ended| ended - run.started_at);
    view.took_words = view.took_ms.map(|ms| format!("{:.1} s", ms as f64 / 1_000.0)).unwrap_or_default();
    if run.state != "done" {
        let (state, word, summary) = unfinished(&run, now);
        (view.state, view.word, view.summary) = (state, word.into(), summary);
        return Ok(view);
    }
    let report = read(&run)?;
    let failed = report.gates.iter().any(|gate| gate.required && gate.verdict == Verdict::Fail);
    (view.state, view.word) = match (report.passed(), failed) {
        (true, _) => (State::Ok, "passed".into()),
        (false, true) => (State::Bad, "failed".into()),
        (false, false) => (State::Unknown, "undecided".into()),
    };
    view.summary = report.summary();
    view.policy = report.policy;
    view.champion = report.champion;
    view.rows = report.rows;
    view.gates = report.gates;
    view.segments = report.segments;
    view.inputs = report.inputs;
    Ok(view)
}

fn read(run: &GateRunRow) -> Outcome<Report> {
    serde_json::from_str(run.result.as_deref().unwrap_or_default()).map_err(|error| {
        tracing::error!(%error, run = run.id, "a stored gate run cannot be read");
        Problem::internal("The stored result of the gates cannot be read.")
    })
}
