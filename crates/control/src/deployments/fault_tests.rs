//! What breaks underneath: a file, the disk, the model itself. The deployment goes on by its chain, an alert says so, and it recovers by
//! itself.

use super::*;
use crate::testbed::{Bed, admin, beds};
use crate::testing::example;
use contract::DeploymentName;
use contract::deployment::{DeploymentSettings, Fallback};
use contract::time::{MINUTE, SECOND};
use contract::views::alerts::AlertKind;
use serving::routing::Standing;
use serving::{PredictError, Prediction, Value};
use std::time::{Duration, Instant};

/// Open alerts of one kind after another look.
async fn alerts(bed: &Bed, kind: AlertKind) -> Vec<String> {
    crate::alerts::tick(&bed.cx).await.unwrap();
    let open = crate::alerts::list(&bed.cx, &admin()).await.unwrap().open;
    open.into_iter().filter(|alert| alert.kind == kind).map(|alert| alert.subject).collect()
}

#[tokio::test]
async fn a_damaged_file_is_answered_for_by_the_chain_and_comes_back_by_itself() {
    for bed in beds().await {
        let stable = bed.register("v2").await;
        let name = bed.deploy(stable).await;
        let rows = bed.rows(&name, "live.csv");
        let chain = vec![Fallback::Default { label: "no".into(), score: Some(0.9) }];
        let settings = DeploymentSettings { fallback: chain, ..bed.cx.book.get(&name).unwrap().settings.clone() };
        update(&bed.cx, &admin(), &name, settings.clone()).await.unwrap();

        let hash = store::Blobs::hash(&example("churn/v2.onnx"));
        let path = std::path::Path::new(bed.cx.store.blobs.folder()).join("sha256").join(&hash.as_str()[..2]).join(hash.as_str());
        let whole = std::fs::read(&path).expect("the version's file");
        std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        assert!(bed.ask(&name, &rows[0]).await.1.unwrap().fallback.is_none(), "what is in memory needs no file");

        let bed = bed.killed_and_restarted().await;
        let answer = bed.ask(&name, &rows[0]).await.1.expect("the chain answers");
        assert_eq!((answer.fallback, answer.served_by.as_str()), (Some("default"), "default"));
        assert_eq!(alerts(&bed, AlertKind::Unloadable).await, [stable.to_string()]);

        // Without a chain it says when to come back.
        update(&bed.cx, &admin(), &name, DeploymentSettings { fallback: Vec::new(), ..settings.clone() }).await.unwrap();
        let refused = bed.ask(&name, &rows[0]).await.1.unwrap_err();
        assert!(
            matches!(&refused, PredictError::Unavailable { why, .. } if why.contains("does not match its hash")),
            "{refused:?}"
        );

        // The file is back: nobody has to do anything.
        std::fs::write(&path, &whole).unwrap();
        sync(&bed.cx).await.unwrap();
        assert!(bed.ask(&name, &rows[0]).await.1.is_err(), "it was tried just now");
        bed.clock.advance(31 * SECOND);
        sync(&bed.cx).await.unwrap();
        let answer = bed.ask(&name, &rows[0]).await.1.expect("the version itself answers");
        assert_eq!((answer.fallback, answer.version), (None, stable));
        for _ in 0..3 {
            crate::alerts::tick(&bed.cx).await.unwrap();
        }
        assert!(alerts(&bed, AlertKind::Unloadable).await.is_empty(), "the alert has resolved itself");
    }
}

/// SQLite says the same of a full disk as of a file that may not grow.
#[tokio::test]
async fn a_full_disk_costs_no_answer_and_no_count() {
    for mut bed in beds().await.into_iter().take(1) {
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        let rows = bed.rows(&name, "live.csv");
        bed.send(&name, &rows[..50]).await;
        bed.flush().await;
        bed.fill_disk().await;
        bed.send(&name, &rows[50..400]).await;
        let problem = bed.try_flush().await.expect_err("nothing more can be written");
        assert!(problem.detail.len() > 10, "{problem:?}");
        assert_eq!(bed.cx.writing.failing_since(), Some(bed.cx.now()), "it is known without the database");
        let page =
            crate::monitoring::fleet(&bed.cx, &admin(), crate::monitoring::last(&bed.cx, contract::time::HOUR)).await.unwrap();
        assert!(page.answer.headline.contains("cannot be recorded"), "{:?}", page.answer);
        bed.clock.advance(3 * MINUTE);
        assert_eq!(bed.send(&name, &rows[400..500]).await.len(), 100, "requests are answered all the same");
        // The connection that failed is replaced, and the new one has no limit: somebody has made room.
        bed.flush().await;
        let (_, windows) =
            crate::monitoring::read::operations(&bed.cx, &name, crate::monitoring::last(&bed.cx, contract::time::HOUR))
                .await
                .unwrap();
        assert_eq!(crate::monitoring::read::sum(&windows).counts.requests, 500, "what waited is there");
        assert_eq!(bed.cx.store.db.predictions(&name, 1_000).await.unwrap().len(), 500);
        assert_eq!(bed.cx.writing.failing_since(), None);
        crate::alerts::tick(&bed.cx).await.unwrap();
        let open = crate::alerts::list(&bed.cx, &admin()).await.unwrap().open;
        let told: Vec<_> = open.iter().filter(|alert| alert.kind == AlertKind::RecordingDrops).collect();
        assert_eq!(told.len(), 1, "{open:?}");
        assert!(told[0].headline.ends_with("for 3 minutes") && told[0].sentence.contains("Nothing was lost"), "{:?}", told[0]);
        bed.clock.advance(20 * MINUTE);
        for _ in 0..3 {
            crate::alerts::tick(&bed.cx).await.unwrap();
        }
        assert!(alerts(&bed, AlertKind::RecordingDrops).await.is_empty(), "it resolves itself");
    }
}

#[tokio::test]
async fn what_a_full_disk_costs_is_counted_and_told() {
    for mut bed in beds().await.into_iter().take(1) {
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        let rows = bed.rows(&name, "live.csv");
        bed.may_wait(100, 1);
        bed.fill_disk().await;
        bed.send(&name, &rows[..400]).await;
        bed.try_flush().await.expect_err("nothing can be written");
        assert_eq!(bed.cx.writing.lost(), 300);
        bed.clock.advance(SECOND);
        bed.flush().await;
        assert_eq!(bed.cx.store.db.predictions(&name, 1_000).await.unwrap().len(), 100, "the newest rows are there");
        // Short windows were given up; the hours hold everything.
        let length = 48 * contract::time::HOUR;
        let last = crate::monitoring::last(&bed.cx, length);
        let hours = bed.cx.store.db.features(&name, contract::time::HOUR, last.from.floor_to(contract::time::HOUR), last.to);
        assert_eq!(hours.await.unwrap().len(), 1);
        let (_, windows) = crate::monitoring::read::operations(
            &bed.cx,
            &name,
            contract::inputs::TimeRange { from: contract::Millis(last.to.0 - 30 * contract::time::DAY), to: last.to },
        )
        .await
        .unwrap();
        let sum = crate::monitoring::read::sum(&windows);
        assert_eq!((sum.counts.requests, sum.counts.dropped), (400, 300));
        crate::alerts::tick(&bed.cx).await.unwrap();
        let open = crate::alerts::list(&bed.cx, &admin()).await.unwrap().open;
        assert!(open.iter().any(|alert| alert.sentence.contains("300 rows of the prediction log were given up")), "{open:?}");
    }
}

#[tokio::test]
async fn a_full_disk_refuses_a_durable_answer_and_says_when_to_come_back() {
    for mut bed in beds().await.into_iter().take(1) {
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        let rows = bed.rows(&name, "live.csv");
        let recording = contract::deployment::Recording::Durable;
        let settings = DeploymentSettings { recording, ..bed.cx.book.get(&name).unwrap().settings.clone() };
        update(&bed.cx, &admin(), &name, settings).await.unwrap();
        bed.fill_disk().await;
        let refused = bed.ask(&name, &rows[0]).await.1.unwrap_err();
        assert!(
            matches!(refused, PredictError::Unavailable { retry_after, .. } if retry_after >= Duration::from_secs(1)),
            "{refused:?}"
        );
        bed.try_flush().await.expect_err("nothing can be written");
        bed.flush().await;
        assert_eq!(bed.cx.writing.failing_since(), None);
    }
}

#[tokio::test]
async fn old_windows_that_cannot_be_forgotten_keep_nothing_from_being_written() {
    for mut bed in beds().await.into_iter().take(1) {
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        let rows = bed.rows(&name, "live.csv");
        bed.send(&name, &rows[..3]).await;
        bed.flush().await;
        bed.clock.advance(30 * contract::time::DAY);
        let mut tx = bed.cx.store.db.begin().await.unwrap();
        store::testing::keep_windows(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        for row in &rows[..70] {
            bed.send(&name, std::slice::from_ref(row)).await;
            bed.flush().await;
        }
        assert_eq!(bed.cx.store.db.predictions(&name, 1_000).await.unwrap().len(), 73);
    }
}

/// What is wrong with the model for a while.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    /// This number is answered by a failure.
    Number(f64),
    /// The thread that takes the request dies of it.
    Killed,
}

async fn ask(bed: &Bed, name: &DeploymentName, number: f64) -> Prediction {
    bed.ask(name, &[Value::Num(number)]).await.1.expect("always an answer")
}

fn closed(bed: &Bed) -> bool {
    bed.cx.router().unwrap().breakers().iter().all(|breaker| breaker.standing == Standing::Closed)
}

/// Sixty requests meet the fault; then it is gone.
async fn goes_on_and_recovers(file: &str, fault: Fault) {
    for mut bed in beds().await.into_iter().take(1) {
        let version = bed.register_small(file).await;
        let chain = vec![Fallback::Default { label: "7".into(), score: None }];
        let name =
            bed.deploy_as(file, version, DeploymentSettings { fallback: chain, ..DeploymentSettings::new(file.into()) }).await;
        assert_eq!(ask(&bed, &name, 3.0).await.fallback, None);
        let model = bed.cx.router().unwrap().route(name.as_str()).unwrap().stable.onnx.clone();
        let started = Instant::now();
        for i in 0..60 {
            let number = match fault {
                Fault::Number(number) => number,
                Fault::Killed => {
                    // Where nobody is asked, nobody is killed.
                    if closed(&bed) {
                        model.kill_next_thread();
                    }
                    3.0
                }
            };
            let answer = ask(&bed, &name, number).await;
            assert_eq!((answer.fallback, answer.served_by.as_str()), (Some("default"), "default"), "{file} {i}");
        }
        assert!(started.elapsed() < Duration::from_secs(10), "{file}: {:?}", started.elapsed());
        assert!(!closed(&bed), "{file}: it is left alone");
        if fault == Fault::Killed {
            // The last thread may still be on its way back.
            while model.restarts() < 5 && started.elapsed() < Duration::from_secs(10) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            assert_eq!(model.restarts(), 5, "as many as opened the breaker");
        }
        bed.flush().await;
        assert_eq!(alerts(&bed, AlertKind::Degraded).await.len(), 1, "{file}");

        // Nobody does anything but ask.
        let started = Instant::now();
        while ask(&bed, &name, 3.0).await.fallback.is_some() {
            assert!(started.elapsed() < Duration::from_secs(60), "{file}: {:?}", bed.cx.router().unwrap().breakers());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(closed(&bed), "{file}");
        bed.flush().await;
        bed.clock.advance(6 * MINUTE);
        for _ in 0..60 {
            assert_eq!(ask(&bed, &name, 3.0).await.fallback, None, "{file}");
        }
        bed.flush().await;
        for _ in 0..3 {
            crate::alerts::tick(&bed.cx).await.unwrap();
        }
        assert!(alerts(&bed, AlertKind::Degraded).await.is_empty(), "{file}: the alert has resolved itself");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thread_that_is_killed_costs_its_requests_and_no_answer() {
    goes_on_and_recovers("rounds", Fault::Killed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_sleeps_is_left_alone_until_it_is_awake() {
    goes_on_and_recovers("rounds", Fault::Number(6_000_000.0)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_asks_for_thirty_gigabytes_gets_none() {
    goes_on_and_recovers("room", Fault::Number(8e9)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_says_nan_has_not_answered() {
    goes_on_and_recovers("log", Fault::Number(-1.0)).await;
}
