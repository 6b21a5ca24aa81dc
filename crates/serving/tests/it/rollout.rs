//! Weights, sticky keys and swaps under load: shares are right, keys stay, nothing is lost.

use crate::support::{ask, floats, route, router, served};
use contract::VersionNo;
use contract::rollout::Arm;
use serving::Outcome;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

#[test]
fn a_key_stays_in_the_canary_while_its_weight_grows() {
    let mut rollout = route(served("says_1", 1), vec![]);
    let canary = served("says_2", 2);
    let mut inside: HashSet<usize> = HashSet::new();
    for weight in [0, 10_000, 50_000, 250_000, 500_000, 1_000_000] {
        rollout.canary = Some((canary.clone(), weight));
        let now: HashSet<usize> = (0..5_000).filter(|i| rollout.assign(&format!("customer-{i}")).1 == Arm::Canary).collect();
        assert!(inside.is_subset(&now), "at {weight} a key left the canary");
        inside = now;
    }
    assert_eq!(inside.len(), 5_000, "all at 100 %");
    rollout.canary = Some((canary, 500_000));
    let ours: Vec<Arm> = (0..100).map(|i| rollout.assign(&format!("customer-{i}")).1).collect();
    rollout.salt = "another rollout".into();
    let theirs: Vec<Arm> = (0..100).map(|i| rollout.assign(&format!("customer-{i}")).1).collect();
    assert_ne!(ours, theirs, "the next rollout does not try out the same customers");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_canarys_share_is_its_weight() {
    let mut rollout = route(served("says_1", 1), vec![]);
    rollout.canary = Some((served("says_2", 2), 250_000));
    let (router, mut records) = router(rollout);
    let n = 2_000;
    let mut canary = 0;
    for i in 0..n {
        let prediction = router.predict(ask(&format!("id-{i}"), 1.0)).await.expect("an answer");
        let says = floats(&prediction.outputs, "y")[0];
        assert_eq!((prediction.version.0 as f32, prediction.arm == Arm::Canary), (says, says == 2.0));
        assert_eq!(records.recv().await.expect("a record").arm, prediction.arm);
        canary += u32::from(says == 2.0);
    }
    let (mean, deviation) = (f64::from(n) * 0.25, (f64::from(n) * 0.25 * 0.75).sqrt());
    assert!((f64::from(canary) - mean).abs() < 5.0 * deviation, "{canary} of {n}");

    let mut pinned = ask("pinned", 1.0);
    pinned.version = Some(VersionNo(2));
    assert_eq!(router.predict(pinned).await.map(|p| (p.version, p.arm)), Ok((VersionNo(2), Arm::Pilot)));
}

/// A canary with another input than the stable version: callers who send what was right until now still get answers.
#[tokio::test]
async fn a_canary_that_wants_other_inputs_fails_alone() {
    let mut rollout = route(served("says_1", 1), vec![]);
    rollout.canary = Some((served("lookup", 2), 1_000_000));
    let (router, mut records) = router(rollout);
    let prediction = router.predict(ask("p", 1.0)).await.expect("the stable version answers");
    assert_eq!((prediction.version, prediction.arm, prediction.fallback), (VersionNo(1), Arm::Canary, Some("previous")));
    let record = records.recv().await.expect("a record");
    assert_eq!((record.served.version, record.arm), (VersionNo(2), Arm::Canary));
    assert!(
        matches!(&record.outcome, Outcome::Fallback { reason, .. } if reason.contains("there is no input “x”; expected “i”")),
        "{:?}",
        record.outcome
    );
    let mut wrong = ask("q", 1.0);
    wrong.inputs.clear();
    assert_eq!(
        router.predict(wrong).await.expect_err("wrong for both").to_string(),
        "input “x” is missing: expected FP32 of shape [-1, 1]"
    );
}

#[tokio::test]
async fn a_feature_can_be_the_routing_key() {
    let mut rollout = route(served("says_1", 1), vec![]);
    rollout.canary = Some((served("says_2", 2), 500_000));
    rollout.settings.routing_feature = Some("x".into());
    let (router, _records) = router(rollout);
    let mut seen = HashSet::new();
    for customer in 0..20u8 {
        let mut versions = HashSet::new();
        for attempt in 0..5 {
            let prediction = router.predict(ask(&format!("{customer}-{attempt}"), f32::from(customer))).await.expect("an answer");
            versions.insert(prediction.version);
        }
        assert_eq!(versions.len(), 1, "customer {customer} met two versions");
        seen.extend(versions);
    }
    assert_eq!(seen.len(), 2, "both versions served somebody");
}

/// Versions are swapped hundreds of times while requests run: each gets an answer, from a version that was current.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn swaps_under_load_lose_nothing() {
    let versions = [served("says_1", 1), served("says_2", 2), served("says_3", 3)];
    let (router, mut records) = router(route(versions[0].clone(), vec![]));
    let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let clients: Vec<_> = (0..16)
        .map(|client| {
            let (router, stop, answered) = (router.clone(), stop.clone(), answered.clone());
            tokio::spawn(async move {
                let mut i = 0;
                while !stop.load(Ordering::Relaxed) {
                    let prediction = router
                        .predict(ask(&format!("{client}-{i}"), 1.0))
                        .await
                        .unwrap_or_else(|error| panic!("request {i}: {error}"));
                    assert_eq!(
                        floats(&prediction.outputs, "y"),
                        [prediction.version.0 as f32],
                        "the answer is the named version's"
                    );
                    assert_eq!(prediction.fallback, None);
                    answered.fetch_add(1, Ordering::Relaxed);
                    i += 1;
                }
            })
        })
        .collect();
    let reader = tokio::spawn(async move {
        let mut seen = 0u64;
        while records.recv().await.is_some() {
            seen += 1;
        }
        seen
    });
    for swap in 0..300usize {
        let mut next = route(versions[swap % 3].clone(), vec![]);
        next.canary = Some((versions[(swap + 1) % 3].clone(), (swap as u32 * 7_919) % 1_000_001));
        router.set_route(next);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.expect("no client saw an error");
    }
    let answered = answered.load(Ordering::Relaxed);
    let dropped = router.recorder().dropped();
    let counted: u64 = router.stats().iter().map(|s| s.success.count).sum();
    drop(router);
    let recorded = reader.await.expect("the reader ends with the last sender");
    assert!(answered > 500, "only {answered} requests ran");
    assert_eq!((counted, recorded + dropped), (answered, answered), "every answer is counted and recorded once");
}
