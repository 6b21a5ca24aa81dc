//! Where the time of a request goes: the parts add up, and what comes before and after the router counts.

use crate::support::{ask, load, load_with, one_number, route, router, served, x};
use contract::VersionNo;
use contract::deployment::{Fallback, Recording};
use contract::rollout::Arm;
use serving::{LoadOptions, Served, Spent};
use std::sync::Arc;
use std::time::{Duration, Instant};

const BEFORE: Duration = Duration::from_millis(250);

#[tokio::test]
async fn the_parts_add_up_and_the_record_waits_for_the_encoding() {
    let (router, mut records) = router(route(served("says_1", 1), vec![]));
    let arrived = Instant::now() - BEFORE;
    let mut request = ask("p", 1.0);
    request.inputs = x(1, &[1.0, 2.0]);
    request.arrived = Some(arrived);
    let mut prediction = router.predict(request).await.expect("an answer");
    assert!(records.try_recv().is_none(), "the answer is not encoded yet");
    std::thread::sleep(Duration::from_millis(20));
    let spent = prediction.close();
    let whole = arrived.elapsed();
    let record = records.recv().await.expect("a record");
    assert_eq!(record.spent, spent);
    assert_eq!(spent.wait + spent.queued + spent.compute + spent.rest(), spent.total);
    assert_eq!(spent.overhead() + spent.compute, spent.total);
    assert!(
        spent.wait >= BEFORE
            && spent.rest() >= Duration::from_millis(20)
            && spent.compute > Duration::ZERO
            && spent.total <= whole,
        "{spent:?}"
    );
    assert_eq!((spent.batch_rows, spent.leads_run), (2, true));
    assert_eq!(prediction.close(), spent, "closed once");
    drop(prediction);
    assert!(records.try_recv().is_none(), "recorded once");
}

#[tokio::test]
async fn whoever_forgets_to_close_is_recorded_too() {
    let (router, mut records) = router(route(served("says_1", 1), vec![]));
    let mut request = ask("p", 1.0);
    request.arrived = Some(Instant::now());
    drop(router.predict(request).await.expect("an answer"));
    assert!(records.try_recv().is_some());
    let held = router.predict(ask("q", 1.0)).await.expect("an answer");
    assert!(records.try_recv().is_some(), "who does not say when it arrived is recorded at once");
    drop(held);
}

#[tokio::test]
async fn what_no_run_answered_has_no_run() {
    let mut alone = route(served("log", 1), vec![Fallback::Default { label: "0".into(), score: None }]);
    let (router, mut records) = router(alone.clone());
    let mut request = ask("p", -1.0);
    request.arrived = Some(Instant::now() - BEFORE);
    let spent = router.predict(request.clone()).await.expect("the default").close();
    assert!(spent.total >= BEFORE && spent.wait >= BEFORE, "{spent:?}");
    assert_eq!((spent.queued, spent.compute, spent.batch_rows, spent.leads_run), (Duration::ZERO, Duration::ZERO, 0, false));
    records.recv().await.expect("a record");

    alone.settings.fallback.clear();
    router.set_route(alone.clone());
    router.predict(request.clone()).await.expect_err("nothing answers");
    let failed = records.recv().await.expect("a record").spent;
    assert!(failed.wait >= BEFORE && failed.total >= failed.wait && failed.batch_rows == 0, "{failed:?}");

    alone.settings.recording = Recording::Off;
    router.set_route(alone);
    request.inputs = x(1, &[1.0]);
    assert!(router.predict(request).await.expect("an answer").close().total >= BEFORE, "times are known without a record");
    assert!(records.try_recv().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shadow_has_waited_as_long_as_what_it_copies() {
    let mut shadowed = route(served("says_1", 1), vec![]);
    shadowed.shadow = Some(Arc::new(Served::new("m".into(), VersionNo(2), one_number(), load("says_3"))));
    let (router, mut records) = router(shadowed);
    let mut request = ask("p", 1.0);
    request.arrived = Some(Instant::now() - BEFORE);
    drop(router.predict(request).await.expect("an answer"));
    for _ in 0..2 {
        let record = records.recv().await.expect("a record");
        assert!(record.spent.wait >= BEFORE && record.spent.total >= record.spent.wait, "{:?}", record.spent);
        assert!(matches!(record.arm, Arm::Stable | Arm::Shadow));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_are_counted_once_however_many_share_them() {
    let model = load_with("slow_one", LoadOptions { sessions: 1, max_batch: 8, ..LoadOptions::default() });
    let before: u64 = model.batch_stats().iter().map(|stats| stats.runs).sum();
    let (router, mut records) =
        router(route(Arc::new(Served::new("m".into(), VersionNo(1), one_number(), model.clone())), vec![]));
    let asked: Vec<_> = (0..24)
        .map(|i| {
            tokio::spawn({
                let router = router.clone();
                async move { router.predict(ask(&format!("p{i}"), 1.0)).await.map(|_| ()) }
            })
        })
        .collect();
    for asked in asked {
        asked.await.expect("no panic").expect("an answer");
    }
    let spent: Vec<Spent> = std::iter::from_fn(|| records.try_recv()).map(|record| record.spent).collect();
    let led = spent.iter().filter(|spent| spent.leads_run);
    assert_eq!(
        (spent.len(), led.clone().map(|spent| spent.batch_rows).sum::<usize>()),
        (24, 24),
        "the rows of all runs are all rows"
    );
    assert_eq!(led.count() as u64, model.batch_stats().iter().map(|stats| stats.runs).sum::<u64>() - before);
}
