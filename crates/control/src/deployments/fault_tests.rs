//! What breaks underneath: a file, the disk. The deployment goes on by its chain, an alert says so, and it recovers by itself.

use super::*;
use crate::testbed::{Bed, admin, beds};
use crate::testing::example;
use contract::deployment::{DeploymentSettings, Fallback};
use contract::time::SECOND;
use contract::views::alerts::AlertKind;
use serving::PredictError;

async fn alerts(bed: &Bed) -> Vec<(AlertKind, String)> {
    crate::alerts::tick(&bed.cx).await.unwrap();
    let open = crate::alerts::list(&bed.cx, &admin()).await.unwrap().open;
    open.into_iter().filter(|alert| alert.kind == AlertKind::Unloadable).map(|alert| (alert.kind, alert.subject)).collect()
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
        assert_eq!(alerts(&bed).await, [(AlertKind::Unloadable, stable.to_string())]);

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
        assert!(alerts(&bed).await.is_empty(), "the alert has resolved itself");
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
