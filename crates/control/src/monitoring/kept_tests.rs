//! What looks keep is what a look without a memory sees, whatever was written between two of them, by whom, and how late.

use super::{kept, sums};
use crate::testbed::{Bed, beds};
use contract::time::{HOUR, MINUTE, SECOND};
use contract::{DeploymentName, Millis};
use std::sync::Arc;
use store::windows::WindowRow;

/// Looks with and without a memory; whether both of the former were told again.
async fn same(bed: &Bed, name: &DeploymentName, step: &str) -> bool {
    let known = bed.cx.book.get(name).unwrap();
    let stable = known.stable_version().unwrap();
    let before = {
        let (traffic, judged) = bed.cx.kept.last(name).await;
        move |now: &(Arc<_>, Arc<_>)| {
            traffic.is_some_and(|was| Arc::ptr_eq(&was, &now.0)) && judged.is_some_and(|was| Arc::ptr_eq(&was, &now.1))
        }
    };
    let look =
        async |cx: &crate::Ctx| (kept::traffic(cx, &known, 0).await.unwrap(), kept::judged(cx, &known, stable, 0).await.unwrap());
    let (now, anew) = (look(&bed.cx).await, look(&bed.cx.clone().without_memory()).await);
    assert_eq!(now.0, anew.0, "{step}");
    assert_eq!(format!("{:?}", now.1), format!("{:?}", anew.1), "{step}");
    before(&now)
}

/// A window that another process writes only now, of requests of long ago.
async fn late(bed: &Bed, name: &DeploymentName, ago: i64) {
    let version = bed.cx.book.get(name).unwrap().stable.unwrap();
    let span = super::spans::FINE;
    let whole = bed.cx.store.db.windows_whole(name, version, span, Millis(0), bed.cx.now()).await.unwrap().remove(0);
    let operations: super::window::Operations = serde_json::from_str(&whole.operations).unwrap();
    let row = WindowRow {
        deployment: name.0.clone(),
        version: whole.version,
        arm: whole.arm,
        start: Millis(bed.cx.now().0 - ago).floor_to(span).0,
        span,
        writer: format!("late {ago}"),
        sums: sums::Sums::of(&operations.counts),
        operations: whole.operations,
        features: whole.features,
    };
    let mut tx = bed.cx.store.db.begin().await.unwrap();
    tx.window_replace(&row).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn nothing_is_missed_and_nothing_is_told_twice() {
    for mut bed in beds().await {
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        let (calm, drifted) = (bed.rows(&name, "live.csv"), bed.rows(&name, "live_drifted.csv"));
        same(&bed, &name, "before the first request").await;
        bed.send(&name, &calm[..80]).await;
        bed.flush().await;
        assert!(!same(&bed, &name, "first").await);
        assert!(same(&bed, &name, "nothing new").await, "nothing is read, and nothing is judged again");
        for (ahead, rows) in [(7 * SECOND, 30), (2 * SECOND, 10), (70 * SECOND, 50), (10 * MINUTE, 40)] {
            bed.clock.advance(ahead);
            same(&bed, &name, &format!("{ahead} ms later")).await;
            bed.send(&name, &drifted[..rows]).await;
            bed.flush().await;
            assert!(!same(&bed, &name, &format!("{rows} rows more")).await);
        }
        // As many leave as come: what is in them differs.
        for i in 0..8 {
            bed.clock.advance(100 * SECOND);
            bed.send(&name, if i % 3 == 0 { &calm[i * 10..i * 10 + 10] } else { &drifted[i * 10..i * 10 + 10] }).await;
            bed.flush().await;
            assert!(!same(&bed, &name, &format!("evenly, {i}")).await);
        }
        for ago in [20 * SECOND, 3 * MINUTE, 9 * MINUTE] {
            late(&bed, &name, ago).await;
            assert!(!same(&bed, &name, &format!("late by {ago} ms")).await);
        }
        bed.clock.advance(HOUR);
        same(&bed, &name, "all has left").await;
        let known = bed.cx.book.get(&name).unwrap();
        assert_eq!(kept::traffic(&bed.cx, &known, 0).await.unwrap().counts.requests, 0);
    }
}

#[tokio::test]
async fn windows_of_before_there_were_sums_are_summed_up() {
    for mut bed in beds().await {
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        let rows = bed.rows(&name, "live.csv");
        bed.send(&name, &rows[..60]).await;
        bed.flush().await;
        let read = async |bed: &Bed| {
            let now = bed.cx.now();
            let all = sums::of_all(&bed.cx, HOUR, HOUR, Millis(now.0 - HOUR), now + 1).await.unwrap();
            let fleet = super::fleet(&bed.cx, &crate::testbed::admin(), super::last(&bed.cx, HOUR)).await.unwrap();
            let of_all = all[&name].iter().map(|stretch| stretch.sums).collect::<Vec<_>>();
            (
                sums::live(&bed.cx, &name, HOUR, HOUR).await.unwrap(),
                of_all,
                fleet.stats.predictions,
                fleet.deployments[0].traffic.clone(),
            )
        };
        let summed = read(&bed).await;
        assert_eq!((summed.0.requests, summed.0.rows, summed.1.len(), summed.2), (60, 60, 1, 60));
        let mut tx = bed.cx.store.db.begin().await.unwrap();
        assert!(store::testing::forget_sums(&mut tx).await.unwrap() >= 3);
        tx.commit().await.unwrap();
        assert_eq!(read(&bed).await, summed);
        same(&bed, &name, "of before").await;
        bed.send(&name, &rows[60..70]).await;
        bed.flush().await;
        assert_eq!(read(&bed).await.0.requests, 70);
    }
}
