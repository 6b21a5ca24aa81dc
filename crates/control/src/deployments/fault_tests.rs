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
        let mut tx = bed.cx.store.db.begin().await.unwrap();
        let pages = tx.sqlite_pages().await.unwrap();
        tx.commit().await.unwrap();
        bed.limit_pages(pages).await;
        bed.send(&name, &rows[50..400]).await;
        let problem = bed.try_flush().await.expect_err("nothing more can be written");
        assert!(problem.detail.len() > 10, "{problem:?}");
        assert_eq!(bed.send(&name, &rows[400..500]).await.len(), 100, "requests are answered all the same");
        // The connection that failed is replaced, and the new one has no limit: somebody has made room.
        bed.flush().await;
        let (_, windows) =
            crate::monitoring::read::operations(&bed.cx, &name, crate::monitoring::last(&bed.cx, contract::time::HOUR))
                .await
                .unwrap();
        assert_eq!(crate::monitoring::read::sum(&windows).counts.requests, 500, "what waited is there");
        assert_eq!(bed.cx.store.db.predictions(&name, 1_000).await.unwrap().len(), 500);
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
