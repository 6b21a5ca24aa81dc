//! Whatever is too many or too old for a row of its own is packed, and its outcome still finds it.

use super::unpack::pack_old;
use crate::testbed::{admin, beds};
use contract::inputs::Outcome as Posted;
use contract::time::HOUR;
use contract::{DeploymentName, PredictionId};

fn outcome(id: &PredictionId) -> Posted {
    Posted { prediction_id: id.clone(), label: serde_json::json!("no"), value: None, at: None }
}

async fn packed(bed: &crate::testbed::Bed, name: &DeploymentName) -> i64 {
    bed.cx.store.db.pages_size(name).await.unwrap().0
}

#[tokio::test]
async fn a_busy_stretch_is_logged_whole_and_joins_outcomes_before_and_after() {
    for mut bed in beds().await {
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        let rows = bed.rows(&name, "live.csv");
        let many: Vec<_> = rows.iter().cycle().take(6_000).cloned().collect();
        let ids = bed.send(&name, &many).await;
        let (early, late) = (&ids[4_500..4_600], &ids[5_900..]);
        let accepted = crate::outcomes::post(&bed.cx, &admin(), early.iter().map(outcome).collect()).await.unwrap();
        assert_eq!(accepted.unknown, 100, "nothing is written yet");
        bed.flush().await;
        let (singly, pages) = (bed.cx.store.db.predictions(&name, 10_000).await.unwrap().len() as i64, packed(&bed, &name).await);
        assert!(pages >= 1_900, "{pages} rows are packed");
        assert!(singly + pages >= 6_000, "{singly} + {pages}: every row is somewhere");
        let accepted = crate::outcomes::post(&bed.cx, &admin(), late.iter().map(outcome).collect()).await.unwrap();
        assert_eq!((accepted.accepted, accepted.unknown), (100, 0));
        bed.flush().await;
        assert_eq!(bed.cx.store.db.outcomes_waiting().await.unwrap(), 0);
        let (_, counted) =
            (bed.flush().await, bed.cx.store.db.quality(&name, "", contract::Millis(0), bed.cx.now() + HOUR).await.unwrap());
        let n: u64 = counted
            .iter()
            .map(|row| serde_json::from_str::<crate::outcomes::Quality>(&row.quality).unwrap().primary().map_or(0, |one| one.n))
            .sum();
        assert_eq!(n, 200, "each is counted once");
        for (id, row) in [(&ids[4_550], &many[4_550]), (&ids[5_950], &many[5_950])] {
            let kept = bed.cx.store.db.prediction(id).await.unwrap().expect("it has its row again");
            let contract = bed.cx.router().unwrap().route("churn").unwrap().stable.contract.clone();
            let features: serde_json::Value = serde_json::from_str(&kept.features).unwrap();
            for (feature, value) in contract.features.iter().zip(row) {
                match (&features[&feature.name], value) {
                    (serde_json::Value::Number(kept), serving::Value::Num(sent)) => {
                        assert!((kept.as_f64().unwrap() - sent).abs() <= 1e-6 * sent.abs(), "{kept} for {sent}");
                    }
                    (serde_json::Value::String(kept), serving::Value::Text(sent)) => {
                        assert!(kept == sent || kept.starts_with('#'))
                    }
                    other => panic!("{}: {other:?}", feature.name),
                }
            }
            assert_eq!((kept.outcome.as_deref(), kept.arm.as_str()), (Some("no"), "stable"));
        }
    }
}

#[tokio::test]
async fn old_rows_are_packed_and_come_back_when_their_outcome_does() {
    for mut bed in beds().await {
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        let rows = bed.rows(&name, "live.csv");
        let mut ids = Vec::new();
        for part in rows[..300].chunks(100) {
            ids.extend(bed.send(&name, part).await);
            bed.flush().await;
            bed.clock.advance(HOUR);
        }
        let before: Vec<_> = {
            let mut all = bed.cx.store.db.predictions(&name, 1_000).await.unwrap();
            all.sort_by(|a, b| a.id.cmp(&b.id));
            all
        };
        pack_old(&bed.cx, 50).await.unwrap();
        let left = bed.cx.store.db.predictions(&name, 1_000).await.unwrap().len() as i64;
        assert!(left <= 50 && left + packed(&bed, &name).await == 300, "{left} are left");
        pack_old(&bed.cx, 50).await.unwrap();
        let accepted = crate::outcomes::post(&bed.cx, &admin(), ids.iter().map(outcome).collect()).await.unwrap();
        assert_eq!((accepted.accepted, accepted.unknown), (300, 0));
        let mut after = bed.cx.store.db.predictions(&name, 1_000).await.unwrap();
        after.sort_by(|a, b| a.id.cmp(&b.id));
        assert_eq!(after.len(), 300);
        for (before, after) in before.iter().zip(&after) {
            let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
            assert_eq!((&before.id, before.at, &before.label, before.score), (&after.id, after.at, &after.label, after.score));
            assert_eq!((before.version, &before.arm, before.latency_us), (after.version, &after.arm, after.latency_us));
            let (mut was, is) = (read(&before.features), read(&after.features));
            // Whole numbers come back as numbers with a point: the same number.
            was.as_object_mut().unwrap().values_mut().for_each(|value| {
                if let Some(number) = value.as_f64() {
                    *value = number.into();
                }
            });
            assert_eq!(was, is);
        }
        // A correction finds its prediction in a page, and takes nothing from the others of its minute.
        let counted = async |bed: &crate::testbed::Bed| {
            let rows = bed.cx.store.db.quality(&name, "", contract::Millis(0), bed.cx.now() + HOUR).await.unwrap();
            let mut sum = crate::outcomes::Quality::new(contract::Task::Binary);
            rows.iter().for_each(|row| sum.merge(&serde_json::from_str(&row.quality).unwrap()));
            (sum.n(), sum.wrong().unwrap(), sum.binary().unwrap().scored())
        };
        let (n, wrong, scored) = counted(&bed).await;
        assert_eq!((n, scored), (300, 300));
        pack_old(&bed.cx, 50).await.unwrap();
        let was_right = before[0].label == "no";
        let corrected = contract::inputs::Outcome { label: serde_json::json!("yes"), ..outcome(&ids[0]) };
        assert_eq!(before[0].id, ids[0].as_str());
        assert_eq!(crate::outcomes::post(&bed.cx, &admin(), vec![corrected]).await.unwrap().changed, 1);
        let now = if was_right { wrong + 1 } else { wrong - 1 };
        assert_eq!(counted(&bed).await, (300, now, 300));

        let made_up = PredictionId::from("p0x");
        let accepted = crate::outcomes::post(&bed.cx, &admin(), vec![outcome(&made_up)]).await.unwrap();
        assert_eq!(accepted.unknown, 1, "an id that nothing has is not found in any page");
    }
}
