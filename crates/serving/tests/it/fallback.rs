//! Each link of the fallback chain, their order, and models that crash, hang, run out of memory or answer NaN: the deployment
//! goes on answering, and comes back by itself.

use crate::support::{ask, file, floats, load, one_number, route, router, runtime, served, x};
use contract::deployment::{CacheSettings, Fallback};
use contract::rule::Rule;
use contract::spec::{Contract, Layout, Task};
use contract::{PredictionId, VersionNo};
use serving::routing::{FallbackKind, Standing};
use serving::{LoadOptions, Outcome, PredictError, PredictRequest, Prediction, Router, Served, Tensor, interpret};
use std::sync::Arc;
use std::time::Duration;

const CACHE: CacheSettings = CacheSettings { ttl_ms: 1, max_bytes: 1 << 20 };

fn rule(text: &str) -> Fallback {
    Fallback::Rule { rule: Rule::new(text) }
}

fn fixed(label: &str) -> Fallback {
    Fallback::Default { label: label.into(), score: None }
}

/// What answered, what it said for `y`, and who the caller is told it was.
fn said(prediction: &Prediction) -> (Option<&'static str>, Vec<f32>, &str) {
    (prediction.fallback, floats(&prediction.outputs, "y"), &prediction.served_by)
}

/// Version 2 takes logarithms, and fails below zero; version 1 always says 1.
#[tokio::test]
async fn links_answer_in_the_declared_order() {
    let previous = Fallback::Previous { version: None };
    let half = || rule("if x < -10 then -x / 2 else x / (x + 1)");
    for (chain, number, expected) in [
        (vec![previous.clone(), half(), fixed("7")], -20.0, (Some("previous"), vec![1.0], "m:1")),
        (vec![half(), previous.clone()], -20.0, (Some("rule"), vec![10.0], "rule")),
        // The rule divides by zero there, so the next one answers.
        (vec![half(), fixed("7"), previous.clone()], -1.0, (Some("default"), vec![7.0], "default")),
        // Nothing is kept for this input; a rule that does not fit is passed over.
        (
            vec![Fallback::Cache, rule("if y > 3 then 1 else 2"), rule("if x >"), previous],
            -3.0,
            (Some("previous"), vec![1.0], "m:1"),
        ),
    ] {
        let mut route = route(served("log", 2), chain);
        route.previous = Some(served("says_1", 1));
        route.settings.cache = Some(CACHE);
        let (router, mut records) = router(route);
        let prediction = router.predict(ask("p", number)).await.expect("an answer");
        assert_eq!(said(&prediction), expected);
        let record = records.recv().await.expect("a record");
        let (kind, by_a_version) = (expected.0.expect("a fallback"), expected.0 == Some("previous"));
        assert!(
            matches!(&record.outcome, Outcome::Fallback { kind: said, reason } if *said == kind && reason.contains("not a number"))
        );
        assert_eq!((record.answered_by.is_some(), record.served.version), (by_a_version, VersionNo(2)));
        assert!(record.answers().expect("outputs").expect("they fit the contract")[0].valid);
        let stats = router.stats().into_iter().find(|stats| stats.version == VersionNo(2)).expect("counted");
        let by: Vec<_> = stats.by_fallback.iter().filter(|(_, n)| *n > 0).map(|(kind, n)| (kind.word(), *n)).collect();
        assert_eq!((by, stats.fallback, stats.fail.count), (vec![(kind, 1)], 1, 1));
    }
    assert_eq!(FallbackKind::ALL.map(FallbackKind::word), ["previous", "rule", "cache", "default"]);
}

#[tokio::test]
async fn a_rule_answers_row_by_row() {
    let (router, _records) = router(route(served("log", 2), vec![rule("if x < -10 then 100 else x * 2")]));
    let request = PredictRequest { inputs: x(1, &[-20.0, 4.0, -1.0]), ..ask("p", 0.0) };
    let prediction = router.predict(request).await.expect("an answer");
    assert_eq!((said(&prediction), prediction.rows), ((Some("rule"), vec![100.0, 8.0, -2.0], "rule"), 3));
}

/// A model that is let go of mid-flight fails; what it said before is still known.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_kept_answer_stands_in_however_old() {
    let failing = load("log");
    let breaking = Arc::new(Served::new("m".into(), VersionNo(2), one_number(), failing));
    let mut kept = crate::support::route(breaking, vec![Fallback::Cache, fixed("7")]);
    kept = serving::Route::new(
        kept.name.clone(),
        contract::deployment::DeploymentSettings { cache: Some(CACHE), ..kept.settings },
        kept.stable,
    );
    let (router, mut records) = router(kept);
    let first = router.predict(ask("first", 1.0)).await.expect("an answer");
    assert_eq!((first.fallback, first.cached, floats(&first.outputs, "y")), (None, false, vec![0.0]));
    for i in 0..5 {
        assert_eq!(said(&router.predict(ask(&format!("bad {i}"), -1.0)).await.expect("an answer")).0, Some("default"));
    }
    // The breaker is open, and the answer of a millisecond's life is too old to be given in good times.
    tokio::time::sleep(Duration::from_millis(5)).await;
    let stale = router.predict(ask("stale", 1.0)).await.expect("an answer");
    assert_eq!((said(&stale), stale.cached), ((Some("cache"), vec![0.0], "m:2"), true));
    assert_eq!(said(&router.predict(ask("never asked", 2.0)).await.expect("an answer")).0, Some("default"));
    let mut outcomes = Vec::new();
    while let Some(record) = records.try_recv() {
        outcomes.push((record.prediction_id.0.clone(), record.outcome.clone(), record.answered_by.is_some()));
    }
    let (_, outcome, by) = outcomes.iter().find(|(id, ..)| id == "stale").expect("recorded");
    assert!(
        matches!(outcome, Outcome::Fallback { kind: "cache", reason } if reason.contains("failed too often")) && *by,
        "{outcome:?}"
    );
}

/// Asks until the version itself answers again.
async fn recovered(router: &Router, number: f32) -> Prediction {
    for i in 0..600 {
        let prediction = router.predict(ask(&format!("later {i}"), number)).await.expect("always an answer");
        if prediction.fallback.is_none() {
            return prediction;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("half a minute without the version itself: {:?}", router.breakers());
}

#[tokio::test]
async fn a_version_that_fails_is_left_alone_and_asked_again() {
    let mut failing = route(served("log", 2), vec![Fallback::Previous { version: None }]);
    failing.previous = Some(served("says_1", 1));
    let (router, mut records) = router(failing.clone());
    let standing =
        |router: &Router| router.breakers().iter().map(|b| (b.version.0, b.standing == Standing::Closed)).collect::<Vec<_>>();
    for i in 0..5 {
        assert_eq!(standing(&router), [(1, true), (2, true)]);
        assert_eq!(router.predict(ask(&format!("nan {i}"), -1.0)).await.map(|p| p.fallback), Ok(Some("previous")));
    }
    assert_eq!(standing(&router), [(1, true), (2, false)]);
    // It could answer this one, and is not asked.
    let spared = router.predict(ask("spared", 1.0)).await.expect("an answer");
    assert_eq!((spared.fallback, spared.version), (Some("previous"), VersionNo(1)));
    let mut last = records.recv().await.expect("a record");
    while let Some(record) = records.try_recv() {
        last = record;
    }
    assert!(
        matches!(&last.outcome, Outcome::Fallback { reason, .. } if reason.contains("version 2 has failed too often")),
        "{:?}",
        last.outcome
    );
    // Without a chain the caller is told to come back.
    let mut alone = failing.clone();
    alone.settings.fallback = vec![];
    router.set_route(alone);
    let told = router.predict(ask("told", 1.0)).await.expect_err("nobody answers");
    assert!(
        matches!(&told, PredictError::Unavailable { retry_after, why } if *retry_after <= Duration::from_secs(1) && why.contains("asked again")),
        "{told}"
    );
    router.set_route(failing);
    // The fault is gone: one request finds out, and from then on all go to the version.
    assert_eq!(floats(&recovered(&router, 1.0).await.outputs, "y"), [0.0]);
    assert_eq!(standing(&router), [(1, true), (2, true)]);
    assert_eq!(router.predict(ask("after", 1.0)).await.map(|p| p.fallback), Ok(None));
}

#[tokio::test]
async fn what_is_the_callers_fault_opens_nothing() {
    let (router, _records) = router(route(served("log", 1), vec![]));
    for i in 0..30 {
        assert!(matches!(router.predict(ask(&format!("missing {i}"), f32::NAN)).await, Err(PredictError::BadInput(_))));
        let late = PredictRequest { deadline: Some(std::time::Instant::now()), ..ask("late", 1.0) };
        assert_eq!(router.predict(late).await.map(|p| p.rows), Err(PredictError::DeadlineExceeded));
    }
    assert_eq!(router.breakers()[0].standing, Standing::Closed);
    assert!(router.predict(ask("fine", 1.0)).await.is_ok());
}

/// A version made of a hostile file, with the contract that its tensors declare.
fn hostile(name: &str, version: u32) -> Arc<Served> {
    let options = LoadOptions { sessions: 1, run_limit: Duration::from_millis(300), ..LoadOptions::default() };
    let onnx =
        runtime().load(&file(&format!("examples/hostile/{name}")), options).unwrap_or_else(|error| panic!("{name}: {error}"));
    let score = onnx.outputs().iter().find(|spec| spec.name == "probabilities").map(|spec| spec.name.clone());
    let contract = Contract {
        task: if score.is_some() { Task::Binary } else { Task::Regression },
        layout: Layout::Tensor { input: onnx.inputs()[0].name.clone() },
        inputs: onnx.inputs().to_vec(),
        outputs: onnx.outputs().to_vec(),
        label_output: onnx.outputs().iter().map(|spec| spec.name.clone()).find(|name| name != "probabilities"),
        classes: if score.is_some() { vec!["0".into(), "1".into()] } else { Vec::new() },
        score_output: score,
        features: Vec::new(),
        ..one_number()
    };
    Arc::new(Served::new("m".into(), VersionNo(version), contract, onnx))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_a_model_does_takes_the_deployment_down() {
    for name in ["nan_output.onnx", "endless_loop.onnx", "allocation_at_run.onnx"] {
        let bad = hostile(name, 2);
        let spec = bad.contract.inputs[0].clone();
        let shape: Vec<usize> = spec.shape.iter().map(|&dim| usize::try_from(dim).unwrap_or(2)).collect();
        let inputs = vec![(spec.name.clone(), Tensor::zeros(spec.datatype, shape).expect("small"))];
        let (router, mut records) =
            router(route(bad.clone(), vec![Fallback::Previous { version: None }, Fallback::Cache, fixed("1")]));
        let request =
            |id: usize| PredictRequest { inputs: inputs.clone(), id: PredictionId(format!("{name} {id}")), ..ask("", 0.0) };
        // Three times as many requests as it takes to open the breaker.
        for i in 0..15 {
            let prediction = router.predict(request(i)).await.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!((prediction.fallback, prediction.served_by.as_str()), (Some("default"), "default"), "{name}");
            let answers = interpret(&prediction.served.contract, &prediction.outputs).expect("it reads like an answer");
            assert!(
                answers.len() == 2 && answers.iter().all(|answer| answer.valid && answer.label.text() == "1"),
                "{name}: {answers:?}"
            );
        }
        assert!(matches!(router.breakers()[0].standing, Standing::Open { .. } | Standing::HalfOpen), "{name}");
        let mut reasons: Vec<String> = Vec::new();
        while let Some(record) = records.try_recv() {
            if let Outcome::Fallback { reason, .. } = &record.outcome {
                reasons.push(reason.clone());
            }
        }
        assert_eq!(reasons.len(), 15, "{name}: each is recorded");
        assert!(reasons.iter().any(|reason| reason.contains("failed too often")), "{name}: {reasons:?}");
        assert!(
            reasons[0].contains(if name.starts_with("endless") { "did not finish" } else { "the model failed" }),
            "{name}: {reasons:?}"
        );

        // The file is replaced; the deployment never stopped.
        let mut mended = route(served("says_3", 3), vec![]);
        mended.previous = Some(bad);
        router.set_route(mended);
        assert_eq!(router.predict(ask("mended", 1.0)).await.map(|p| floats(&p.outputs, "y")), Ok(vec![3.0]), "{name}");
    }
}
