//! The prediction cache: what counts as the same question, how long an answer stands, and what forgets it.

use crate::support::{ask, floats, one_number, router, served, settings, x};
use contract::deployment::{CacheSettings, DeploymentSettings};
use contract::rollout::Arm;
use contract::{DataType, PredictionId, VersionNo};
use serving::cache::key;
use serving::{Data, Outcome, PredictRequest, Route, Served, Tensor};
use std::sync::Arc;
use std::time::Duration;

fn cached(stable: Arc<Served>, ttl_ms: u64) -> Route {
    let settings = DeploymentSettings { cache: Some(CacheSettings { ttl_ms, max_bytes: 1 << 20 }), ..settings(vec![]) };
    Route::new("d".into(), settings, stable)
}

#[tokio::test]
async fn the_same_question_is_answered_once_by_the_model() {
    let (router, mut records) = router(cached(served("says_1", 1), 600_000));
    for (id, number, cached) in [("a", 7.0, false), ("b", 7.0, true), ("c", 8.0, false), ("d", 7.0, true)] {
        let prediction = router.predict(ask(id, number)).await.expect("an answer");
        assert_eq!((prediction.cached, prediction.fallback, prediction.prediction_id.as_str()), (cached, None, id));
        assert_eq!((floats(&prediction.outputs, "y"), prediction.served_by.as_str()), (vec![1.0], "m:1"));
        let record = records.recv().await.expect("each is recorded");
        assert_eq!(
            (record.prediction_id, &record.outcome, record.arm),
            (PredictionId::from(id), &Outcome::Answered, Arm::Stable)
        );
        assert!(record.outputs.is_some() && record.answered_by.is_some());
    }
    let stats = &router.stats()[0];
    assert_eq!((stats.success.count, stats.fail.count, stats.inference_count, stats.execution_count), (4, 0, 2, 2));
    assert_eq!((stats.cache_hit.count, stats.cache_miss.count, stats.compute_infer.count), (2, 2, 2));
    assert!(stats.cache_hit.ns > 0 && stats.cache_miss.ns > 0);
    assert_eq!(router.route("d").and_then(|route| route.cached()).map(|(entries, _)| entries), Some(2));
}

#[tokio::test]
async fn an_answer_stands_for_its_time() {
    let (router, _records) = router(cached(served("says_1", 1), 1));
    router.predict(ask("a", 7.0)).await.expect("an answer");
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert!(!router.predict(ask("b", 7.0)).await.expect("an answer").cached, "too old");
}

#[tokio::test]
async fn failures_are_not_kept_and_nothing_is_without_the_setting() {
    let (with, _records) = router(cached(served("log", 1), 600_000));
    for i in 0..3 {
        assert!(with.predict(ask(&format!("{i}"), -1.0)).await.is_err());
    }
    assert_eq!(with.route("d").and_then(|route| route.cached()), Some((0, 0)));
    let (without, _records) = router(Route::new("d".into(), settings(vec![]), served("says_1", 1)));
    for i in 0..2 {
        assert!(!without.predict(ask(&format!("{i}"), 1.0)).await.expect("an answer").cached);
    }
    let stats = &without.stats()[0];
    assert_eq!((stats.cache_hit.count, stats.cache_miss.count), (0, 0));
}

#[tokio::test]
async fn a_promotion_forgets_everything_and_other_changes_nothing() {
    let first = served("says_1", 1);
    let (router, _records) = router(cached(first.clone(), 600_000));
    let asked = async |id: &str| {
        let prediction = router.predict(ask(id, 7.0)).await.expect("an answer");
        (prediction.version.0, prediction.cached)
    };
    assert_eq!(asked("a").await, (1, false));
    let mut again = cached(first.clone(), 600_000);
    again.settings.p99_limit_ms = 9.0;
    router.set_route(again);
    assert_eq!(asked("b").await, (1, true), "settings that say nothing about the cache leave it");
    router.set_route(cached(first.clone(), 500_000));
    assert_eq!(asked("c").await, (1, false), "another time to live starts anew");
    router.set_route(cached(served("says_2", 2), 500_000));
    assert_eq!(asked("d").await, (2, false));
    router.set_route(cached(first, 500_000));
    assert_eq!(asked("e").await, (1, false), "back again, and nothing is left from before");
}

/// A canary's answers are its own.
#[tokio::test]
async fn versions_share_no_answers() {
    let mut route = cached(served("says_1", 1), 600_000);
    route.canary = Some((served("says_2", 2), serving::routing::PPM));
    let (router, _records) = router(route.clone());
    assert_eq!(router.predict(ask("a", 7.0)).await.map(|p| (p.version.0, p.cached)), Ok((2, false)));
    assert_eq!(router.predict(ask("b", 7.0)).await.map(|p| (p.version.0, p.cached)), Ok((2, true)));
    route.canary = None;
    router.set_route(route);
    assert_eq!(router.predict(ask("c", 7.0)).await.map(|p| (p.version.0, p.cached)), Ok((1, false)));
    let pinned = PredictRequest { version: Some(VersionNo(1)), ..ask("d", 7.0) };
    assert_eq!(router.predict(pinned).await.map(|p| (p.version.0, p.cached)), Ok((1, true)));
}

#[test]
fn a_key_holds_everything_that_may_matter() {
    let version = |no| Served::new("m".into(), VersionNo(no), one_number(), crate::support::load("says_1"));
    let (one, two) = (version(1), version(2));
    let named = |name: &str, shape: &[usize], data| vec![(name.to_owned(), Tensor::new(shape, data).expect("shape"))];
    let base = key(&one, &x(1, &[7.0, 8.0]));
    assert_eq!(base, key(&one, &x(1, &[7.0, 8.0])));
    let text = |values: [&str; 2]| Data::Bytes(values.map(|value| value.as_bytes().to_vec()).to_vec());
    let different = [
        base,
        key(&two, &x(1, &[7.0, 8.0])),
        key(&one, &x(2, &[7.0, 8.0])),
        key(&one, &x(1, &[8.0, 7.0])),
        key(&one, &x(1, &[0.0, 8.0])),
        key(&one, &x(1, &[-0.0, 8.0])),
        key(&one, &named("z", &[2, 1], Data::F32(vec![7.0, 8.0]))),
        key(&one, &named("x", &[2, 1], Data::U32(vec![7.0_f32.to_bits(), 8.0_f32.to_bits()]))),
        key(&one, &named("x", &[2, 1], text(["ab", "c"]))),
        key(&one, &named("x", &[2, 1], text(["a", "bc"]))),
    ];
    for (i, a) in different.iter().enumerate() {
        assert!(different[i + 1..].iter().all(|b| a != b), "{i}");
    }
    let other_nan = f32::from_bits(0xffc0_1234);
    assert_eq!(key(&one, &x(1, &[f32::NAN])), key(&one, &x(1, &[other_nan])), "missing is missing");
    for datatype in DataType::ALL {
        let zeros = |rows: usize| vec![("x".to_owned(), Tensor::zeros(datatype, [rows, 300]).expect("small"))];
        assert_eq!(key(&one, &zeros(2)), key(&one, &zeros(2)));
        assert_ne!(key(&one, &zeros(2)), key(&one, &zeros(3)), "{datatype}");
    }
}
