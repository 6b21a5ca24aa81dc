//! Whole predictions: who answers, what is recorded, and what the caller is told when something is wrong.

use crate::support::{NOW, ask, floats, load_with, one_number, route, router, served, tensor, x};
use contract::deployment::{Fallback, Recording};
use contract::rollout::Arm;
use contract::spec::OnViolation;
use contract::{DeploymentName, VersionNo};
use serving::records::ViolationKind;
use serving::{Data, LoadOptions, Outcome, PredictError, Priority, Recorder, RecorderOptions, Router, Served, Value};
use std::sync::Arc;
use std::time::{Duration, Instant};

#[tokio::test]
async fn an_answer_is_recorded_as_it_was_given() {
    let (router, mut records) = router(route(served("says_1", 1), vec![]));
    let mut request = ask("p-1", 7.0);
    request.inputs = x(1, &[7.0, 2e6]);
    request.routing_key = Some("customer".into());
    let prediction = router.predict(request).await.expect("an answer");
    assert_eq!(
        (prediction.version, prediction.arm, prediction.served_by.as_str(), prediction.fallback, prediction.rows),
        (VersionNo(1), Arm::Stable, "m:1", None, 2)
    );
    assert_eq!(floats(&prediction.outputs, "y"), [1.0, 1.0]);
    let record = records.recv().await.expect("a record");
    assert_eq!(
        (record.at, record.arm, record.rows, &record.outcome, record.routing_key.as_deref()),
        (NOW, Arm::Stable, 2, &Outcome::Answered, Some("customer"))
    );
    assert_eq!(record.prediction_id.row(1, 2).as_str(), "p-1.1");
    assert!(record.spent.total >= record.spent.compute && record.spent.compute > Duration::ZERO);
    let columns = record.features();
    assert_eq!(columns, [vec![Value::Num(7.0), Value::Num(2e6)]]);
    let found: Vec<_> = record.violations(&columns).into_iter().map(|v| (v.feature, v.kind, v.row)).collect();
    assert_eq!(found, [("x".to_owned(), ViolationKind::Range, 1)], "counted, not refused");
    let answers = record.answers().expect("outputs").expect("they fit the contract");
    assert_eq!(answers.iter().map(|a| a.label.value()).collect::<Vec<_>>(), [Some(1.0), Some(1.0)]);
}

#[tokio::test]
async fn callers_are_told_what_is_wrong() {
    let (router, mut records) = router(route(served("says_1", 1), vec![]));
    router.set_loading("later");
    let error = async |change: &dyn Fn(&mut serving::PredictRequest)| {
        let mut request = ask("p", 1.0);
        change(&mut request);
        router.predict(request).await.expect_err("something is wrong")
    };
    assert_eq!(error(&|r| r.deployment = "x".into()).await, PredictError::UnknownDeployment("x".into()));
    assert_eq!(error(&|r| r.deployment = "later".into()).await, PredictError::NotReady("later".into()));
    let unknown = error(&|r| r.version = Some(VersionNo(9))).await;
    assert_eq!(unknown.to_string(), "deployment “d” has no version 9; it serves 1");
    let wrong = error(&|r| r.inputs = vec![("x".into(), tensor(&[1, 1], Data::F64(vec![1.0])))]).await;
    assert_eq!(wrong.to_string(), "input “x”: expected FP32, got FP64");
    assert_eq!(error(&|r| r.deadline = Some(Instant::now())).await, PredictError::DeadlineExceeded);
    let record = records.try_recv().expect("the late one is recorded");
    assert!(matches!(record.outcome, Outcome::Failed { .. }));
    assert!(records.try_recv().is_none(), "refused inputs are not");
    assert_eq!(router.inflight(), 0);
}

#[tokio::test]
async fn a_strict_feature_is_refused_by_name() {
    let mut contract = one_number();
    contract.features[0].on_violation = OnViolation::Refuse;
    let strict = Arc::new(Served::new("m".into(), VersionNo(1), contract, crate::support::load("says_1")));
    let (router, _records) = router(route(strict, vec![]));
    let refused = router.predict(ask("p", 2e6)).await.expect_err("out of range");
    assert_eq!(refused.to_string(), "row 0: field “x”: 2000000 is not between -1000000 and 1000000");
    assert!(router.predict(ask("p", 1.0)).await.is_ok());
}

#[tokio::test]
async fn the_previous_version_answers_for_one_that_cannot() {
    let mut route =
        route(served("log", 2), vec![Fallback::Previous { version: None }, Fallback::Default { label: "0".into(), score: None }]);
    route.previous = Some(served("says_1", 1));
    let (router, mut records) = router(route.clone());
    assert_eq!(router.predict(ask("fine", 1.0)).await.map(|p| p.fallback), Ok(None));
    records.recv().await.expect("a record");

    // The logarithm of -1 is not a number.
    let prediction = router.predict(ask("nan", -1.0)).await.expect("an answer");
    assert_eq!((prediction.version, prediction.fallback, prediction.served_by.as_str()), (VersionNo(1), Some("previous"), "m:1"));
    let record = records.recv().await.expect("a record");
    assert_eq!((record.served.version, record.answered_by.as_ref().map(|by| by.version)), (VersionNo(2), Some(VersionNo(1))));
    assert!(
        matches!(&record.outcome, Outcome::Fallback { kind: "previous", reason } if reason.contains("not a number")),
        "{:?}",
        record.outcome
    );

    // Without a previous version the default answers.
    route.previous = None;
    router.set_route(route.clone());
    let prediction = router.predict(ask("default", -1.0)).await.expect("an answer");
    assert_eq!(
        (prediction.fallback, prediction.served_by.as_str(), floats(&prediction.outputs, "y")),
        (Some("default"), "default", vec![0.0])
    );

    // With nothing declared the caller is told; a version that was asked for by number is never replaced.
    route.settings.fallback = vec![];
    router.set_route(route.clone());
    assert!(matches!(router.predict(ask("none", -1.0)).await, Err(PredictError::Failed(_))));
    let missing = router.predict(ask("missing", f32::NAN)).await.expect_err("no answer to nothing");
    assert!(matches!(&missing, PredictError::BadInput(bad) if bad.field == "x"), "a missing value is the caller's: {missing}");
    route.settings.fallback = vec![Fallback::Default { label: "0".into(), score: None }];
    router.set_route(route);
    let mut pinned = ask("pinned", -1.0);
    pinned.version = Some(VersionNo(2));
    assert!(router.predict(pinned).await.is_err());

    let stats = router.stats().into_iter().find(|s| s.version == VersionNo(2) && s.arm == Arm::Stable).expect("counted");
    assert_eq!(
        (stats.success.count, stats.fail.count, stats.fallback, stats.inference_count, stats.execution_count),
        (1, 4, 2, 1, 1)
    );
    assert!(stats.compute_infer.ns > 0 && stats.success.ns >= stats.compute_infer.ns && stats.last_inference == Some(NOW));
}

/// A value that one version calls wrong may be right for another; a default is no answer to a wrong question.
#[tokio::test]
async fn a_refusal_is_the_callers_unless_another_version_disagrees() {
    let mut contract = one_number();
    contract.layout = contract::Layout::Tensor { input: "i".into() };
    let lookup = Arc::new(Served::new("m".into(), VersionNo(1), contract, crate::support::load("lookup")));
    let (router, mut records) =
        router(route(lookup, vec![Fallback::Previous { version: None }, Fallback::Default { label: "0".into(), score: None }]));
    let request =
        |i: i64| serving::PredictRequest { inputs: vec![("i".into(), tensor(&[1], Data::I64(vec![i])))], ..ask("p", 0.0) };
    assert_eq!(router.predict(request(3)).await.map(|p| floats(&p.outputs, "y")), Ok(vec![13.0]));
    records.recv().await.expect("a record");
    let refused = router.predict(request(4)).await.expect_err("out of bounds");
    assert!(matches!(&refused, PredictError::BadInput(bad) if bad.message.contains("cannot take these values")), "{refused}");
    assert!(matches!(records.recv().await.expect("it counts against the version").outcome, Outcome::Failed { .. }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowded_version_falls_back_or_refuses() {
    let slow = load_with("slow_one", LoadOptions { sessions: 1, max_batch: 1, queue_rows: 1, ..LoadOptions::default() });
    let slow = Arc::new(Served::new("m".into(), VersionNo(2), one_number(), slow));
    let mut crowded = route(slow, vec![]);
    crowded.previous = Some(served("says_1", 1));
    let (router, _records) = router(crowded.clone());
    let burst = async |router: &Router| {
        let asked: Vec<_> = (0..20)
            .map(|i| {
                tokio::spawn({
                    let router = router.clone();
                    async move { router.predict(ask(&format!("p{i}"), 1.0)).await }
                })
            })
            .collect();
        let mut answers = Vec::new();
        for asked in asked {
            answers.push(asked.await.expect("no panic"));
        }
        answers
    };
    let answers = burst(&router).await;
    assert!(
        answers.iter().any(Result::is_ok) && answers.iter().any(|a| matches!(a, Err(PredictError::Overloaded { .. }))),
        "some are served, the rest refused"
    );
    crowded.settings.fallback = vec![Fallback::Previous { version: None }];
    router.set_route(crowded);
    let answers = burst(&router).await;
    assert!(answers.iter().all(Result::is_ok), "the previous version takes the rest");
    assert!(answers.iter().flatten().any(|p| p.fallback == Some("previous")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shadow_sees_everything_and_delays_nothing() {
    let mut shadowed = route(served("says_1", 1), vec![]);
    let behind = load_with("slow_one", LoadOptions { sessions: 1, max_batch: 1, ..LoadOptions::default() });
    for _ in 0..100 {
        behind.infer_then(Arc::new(x(1, &[0.5])), Priority::Live, drop).expect("there is room");
    }
    shadowed.shadow = Some(Arc::new(Served::new("m".into(), VersionNo(2), one_number(), behind.clone())));
    let (router, mut records) = router(shadowed);
    let prediction = router.predict(ask("p", 1.0)).await.expect("an answer");
    assert!(behind.waiting_rows() > 0, "the answer did not wait for the shadow, which is behind");
    assert_eq!((prediction.version, prediction.arm), (VersionNo(1), Arm::Stable));
    let (first, second) = (records.recv().await.expect("ours"), records.recv().await.expect("the shadow's"));
    assert_eq!(
        (first.arm, second.arm, second.served.version, second.prediction_id.as_str()),
        (Arm::Stable, Arm::Shadow, VersionNo(2), "p")
    );
    let arms: Vec<_> = router.stats().iter().map(|s| (s.version, s.arm, s.success.count)).collect();
    assert_eq!(arms, [(VersionNo(1), Arm::Stable, 1), (VersionNo(2), Arm::Shadow, 1)]);
}

#[tokio::test]
async fn a_full_recorder_counts_what_it_drops() {
    let (recorder, mut records) = Recorder::new(Arc::new(|| NOW), RecorderOptions { records: 2, bytes: 1 << 20 });
    let router = Router::new(recorder);
    router.set_route(route(served("says_1", 1), vec![]));
    for i in 0..5 {
        router.predict(ask(&format!("p{i}"), 1.0)).await.expect("recording never stands in the way");
    }
    assert_eq!((router.recorder().dropped(), router.recorder().waiting()), (3, 2));
    let mut taken = Vec::new();
    assert_eq!(records.recv_many(&mut taken, 10).await, 2);
    router.predict(ask("again", 1.0)).await.expect("an answer");
    assert_eq!(router.recorder().dropped(), 3);

    let (recorder, _records) = Recorder::new(Arc::new(|| NOW), RecorderOptions { records: 100, bytes: 1_500 });
    let router = Router::new(recorder);
    router.set_route(route(served("says_1", 1), vec![]));
    for i in 0..5 {
        router.predict(ask(&format!("p{i}"), 1.0)).await.expect("an answer");
    }
    assert_eq!(router.recorder().waiting() as u64 + router.recorder().dropped(), 5);
    assert!(router.recorder().dropped() > 0, "bytes are bounded too");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_durable_answer_waits_for_its_record() {
    let mut durable = route(served("says_1", 1), vec![]);
    durable.settings.recording = Recording::Durable;
    let (router, mut records) = router(durable);
    let asked = tokio::spawn({
        let router = router.clone();
        async move { router.predict(ask("p", 1.0)).await }
    });
    let mut record = records.recv().await.expect("a record");
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!asked.is_finished(), "it is not kept yet");
    record.take_waiting().expect("somebody waits").committed();
    assert!(asked.await.expect("no panic").is_ok());
    let asked = tokio::spawn({
        let router = router.clone();
        async move { router.predict(ask("q", 1.0)).await }
    });
    drop(records.recv().await);
    assert!(
        matches!(asked.await.expect("no panic"), Err(PredictError::Unavailable { .. })),
        "a record that was lost is no answer"
    );
}

#[tokio::test]
async fn a_durable_answer_claims_no_more_memory_than_there_is_and_gives_it_back() {
    let (recorder, mut records) = Recorder::new(Arc::new(|| NOW), RecorderOptions { records: 100, bytes: 1_500 });
    let router = Router::new(recorder);
    let mut durable = route(served("says_1", 1), vec![]);
    durable.settings.recording = Recording::Durable;
    router.set_route(durable);
    for round in 0..4 {
        // They come, wait for their records, and leave.
        let callers: Vec<_> = (0..5)
            .map(|i| {
                let router = router.clone();
                tokio::spawn(async move { router.predict(ask(&format!("p{round}.{i}"), 1.0)).await })
            })
            .collect();
        let refused = |callers: &[tokio::task::JoinHandle<_>]| callers.iter().filter(|one| one.is_finished()).count();
        while router.recorder().waiting() + refused(&callers) < 5 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let waiting = router.recorder().waiting();
        assert!((1..5).contains(&waiting), "round {round}: {waiting} have a place, the others are refused at once");
        for caller in callers {
            if caller.is_finished() {
                let refused = caller.await.expect("no panic");
                assert!(
                    matches!(&refused, Err(PredictError::Unavailable { retry_after, .. }) if *retry_after >= Duration::from_secs(1))
                );
            } else {
                caller.abort();
            }
        }
        for _ in 0..waiting {
            let waiting = records.recv().await.and_then(|mut record| record.take_waiting()).expect("a record that is waited for");
            while !waiting.has_gone() {
                tokio::task::yield_now().await;
            }
        }
    }
}

#[tokio::test]
async fn a_batch_of_rows_is_evaluated_in_the_background() {
    let served = served("says_3", 3);
    let rows: Vec<Vec<Value>> = (0..1_300).map(|i| vec![Value::Num(f64::from(i))]).collect();
    let answers = served.evaluate(&rows).await.expect("answers");
    assert_eq!(answers.len(), 1_300);
    assert!(answers.iter().all(|answer| answer.label.value() == Some(3.0) && answer.valid));
    assert!(served.evaluate(&[vec![Value::Text("three".into())]]).await.is_err(), "text is no number");
    let name: DeploymentName = "d".into();
    assert_eq!(route(served, vec![]).name, name);
}
