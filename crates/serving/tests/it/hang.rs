//! Runs that hang: whoever waits hears of it long before they are stopped, the chain answers in time, and waiting for a turn is not hanging.

use crate::support::{ask, floats, load_with, one_number, route, router};
use contract::VersionNo;
use contract::deployment::Fallback;
use serving::routing::Standing;
use serving::{LoadOptions, Outcome, PredictRequest, Prediction, Router, Served};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Rounds of the model that take seconds, on any machine that is likely, and end by themselves.
const SECONDS: f32 = 6_000_000.0;
/// And some milliseconds.
const MILLISECONDS: f32 = 30_000.0;

/// Deployment `d` with one session of a model that takes as many rounds as its number says, and 7 as the last resort.
fn rounds(budget_ms: u64, fallback: bool) -> (Router, serving::Records) {
    let options = LoadOptions {
        sessions: 1,
        max_batch: 1,
        latency_budget: Some(Duration::from_millis(budget_ms)),
        ..LoadOptions::default()
    };
    let served = Arc::new(Served::new("m".into(), VersionNo(2), one_number(), load_with("rounds", options)));
    let chain = if fallback { vec![Fallback::Default { label: "7".into(), score: None }] } else { Vec::new() };
    router(route(served, chain))
}

fn within(ms: u64, request: PredictRequest) -> PredictRequest {
    PredictRequest { deadline: Some(Instant::now() + Duration::from_millis(ms)), ..request }
}

fn said(prediction: &Prediction) -> (Option<&'static str>, Vec<f32>) {
    (prediction.fallback, floats(&prediction.outputs, "y"))
}

fn closed(router: &Router) -> bool {
    router.breakers()[0].standing == Standing::Closed
}

/// Asks until the version itself answers again.
async fn recovered(router: &Router) {
    for i in 0..1_200 {
        let prediction = router.predict(ask(&format!("later {i}"), 3.0)).await.expect("always an answer");
        if prediction.fallback.is_none() {
            return assert_eq!(said(&prediction).1, [3.0]);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("a minute without the version itself: {:?}", router.breakers());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_hangs_is_a_failure_at_once() {
    let (router, mut records) = rounds(20, true);
    assert_eq!(said(&router.predict(ask("good", 3.0)).await.expect("an answer")), (None, vec![3.0]));
    let started = Instant::now();
    let hung = router.predict(ask("hangs", SECONDS)).await.expect("an answer");
    assert_eq!(said(&hung), (Some("default"), vec![7.0]));
    assert!(closed(&router), "one failure is bad luck");
    // These are good, and find the only session taken.
    for i in 0..4 {
        let behind = router.predict(ask(&format!("behind {i}"), 3.0)).await.expect("an answer");
        assert_eq!(said(&behind), (Some("default"), vec![7.0]));
    }
    assert!(!closed(&router), "five are not");
    let opened = started.elapsed();
    assert!(opened < Duration::from_secs(3), "the run itself takes longer than {opened:?}");
    let at_once = Instant::now();
    assert_eq!(said(&router.predict(ask("spared", 3.0)).await.expect("an answer")).0, Some("default"));
    assert!(at_once.elapsed() < Duration::from_millis(200), "{:?}", at_once.elapsed());
    recovered(&router).await;
    assert!(closed(&router));
    let mut reasons = Vec::new();
    while let Some(record) = records.try_recv() {
        if let Outcome::Fallback { reason, .. } = &record.outcome {
            reasons.push(reason.clone());
        }
    }
    assert!(reasons[..5].iter().all(|reason| reason.contains("version 2 hangs: one run has taken")), "{reasons:?}");
    assert!(reasons[5].contains("failed too often"), "{reasons:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_chain_answers_within_the_deadline() {
    // By the budget alone it would be told after ten seconds.
    let (router, mut records) = rounds(1_000, true);
    for i in 0..5 {
        assert!(closed(&router), "after {i}");
        let started = Instant::now();
        let number = if i == 0 { SECONDS } else { 3.0 };
        let prediction = router.predict(within(300, ask(&format!("{i}"), number))).await.expect("an answer in time");
        assert_eq!(said(&prediction), (Some("default"), vec![7.0]));
        assert!(started.elapsed() < Duration::from_millis(300), "{i}: {:?}", started.elapsed());
    }
    assert!(!closed(&router));
    recovered(&router).await;
    let first = records.try_recv().expect("recorded");
    assert!(
        matches!(&first.outcome, Outcome::Fallback { kind: "default", reason } if reason.contains("hangs")),
        "{:?}",
        first.outcome
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_chain_a_late_answer_is_better_than_none() {
    let (router, _records) = rounds(20, false);
    let late = router.predict(ask("late", SECONDS / 4.0)).await.expect("it comes in the end");
    assert_eq!(said(&late), (None, vec![SECONDS / 4.0]));
    assert!(late.timings.compute > Duration::from_millis(250), "{:?}", late.timings);
    assert!(closed(&router));
}

/// Two seconds and more of work at once for one session, far more than any single request may take: everybody waits, and nobody says that
/// the model fails.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overload_opens_nothing() {
    for deadline in [None, Some(200)] {
        let (router, _records) = rounds(200, true);
        let mut asked = JoinSet::new();
        for i in 0..100 {
            let router = router.clone();
            let request = ask(&format!("{i}"), MILLISECONDS);
            let request = deadline.map_or(request.clone(), |ms| within(ms, request));
            asked.spawn(async move { router.predict(request).await.expect("an answer").fallback });
        }
        let answers = asked.join_all().await;
        assert!(closed(&router), "{deadline:?}: {:?}", router.breakers());
        let own = answers.iter().filter(|fallback| fallback.is_none()).count();
        match deadline {
            None => assert_eq!(own, 100),
            Some(_) => assert!((1..100).contains(&own), "{own} in time, the others by the chain"),
        }
    }
}

/// A canary that hangs is rolled back: whoever holds it last lets go of it on a thread that answers requests.
#[tokio::test]
async fn letting_go_of_a_model_that_hangs_blocks_nobody() {
    let (router, _records) = rounds(20, true);
    assert_eq!(router.predict(ask("hangs", SECONDS)).await.expect("an answer").fallback, Some("default"));
    let next = Arc::new(Served::new("m".into(), VersionNo(3), one_number(), load_with("says_3", LoadOptions::default())));
    let started = Instant::now();
    router.set_route(route(next, Vec::new()));
    assert_eq!(said(&router.predict(ask("after", 1.0)).await.expect("an answer")), (None, vec![3.0]));
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
}
