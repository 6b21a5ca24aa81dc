//! Of a personal column nothing readable is stored: not in the log, not in its pages, not in windows, not in the baseline; drift over
//! its values is seen all the same.

use super::*;
use crate::personal::hash_text;
use crate::testbed::{Bed, admin, beds};
use contract::spec::Pii;
use contract::time::HOUR;
use contract::{DeploymentName, Millis, VersionNo};
use serving::Value;

/// What the reference has, and what only live rows have.
const READABLE: [&str; 3] = ["area_code_4", "Ada Lovelace", "Grace Hopper"];

fn assert_hidden(place: &str, text: &str) {
    for raw in READABLE {
        assert!(!text.contains(raw), "{place} holds “{raw}”");
    }
}

async fn mark(bed: &Bed, version: VersionNo, pii: Pii) {
    let mut contract = crate::registry::version(&bed.cx, &"churn".into(), version).await.unwrap().contract;
    let feature = contract.features.iter_mut().find(|feature| feature.name == "area_code").unwrap();
    (feature.pii, feature.categories) = (pii, None);
    crate::registry::set_contract(&bed.cx, &admin(), &"churn".into(), version, contract).await.unwrap();
}

async fn stored_baseline(bed: &Bed, version: VersionNo) -> String {
    let version = crate::registry::version(&bed.cx, &"churn".into(), version).await.unwrap();
    let bytes = bed.cx.store.blobs.get(&version.baseline_hash.unwrap()).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Everything that is stored of what was answered.
async fn stored(bed: &Bed, name: &DeploymentName, ids: &[contract::PredictionId]) -> Vec<(&'static str, String)> {
    let (db, mut found) = (&bed.cx.store.db, Vec::new());
    for (span, _) in spans::KEPT {
        for row in db.features(name, span, Millis(0), bed.cx.now() + HOUR).await.unwrap() {
            found.push(("a window", row.features));
        }
    }
    for row in db.predictions(name, 20_000).await.unwrap() {
        found.push(("the log", row.features));
    }
    let mut tx = db.begin().await.unwrap();
    for id in ids {
        for (page,) in tx.pages_around(id).await.unwrap() {
            let body = tx.page(&page).await.unwrap().unwrap().body;
            found.push(("a page of the log", String::from_utf8_lossy(&body).into_owned()));
        }
    }
    found
}

#[tokio::test]
async fn nothing_readable_of_a_personal_column_is_stored_and_its_drift_is_seen() {
    for mut bed in beds().await {
        let version = bed.register("v3").await;
        mark(&bed, version, Pii::Indirect).await;
        let name = bed.deploy(version).await;
        let place =
            bed.cx.router().unwrap().route("churn").unwrap().stable.contract.features.iter().position(|f| f.name == "area_code");
        let place = place.unwrap();
        let mut rows = bed.rows(&name, "live.csv");
        rows.truncate(1_000);
        let (before, _) = bed.ask_together(&name, &rows).await;
        bed.flush().await;
        let view = drift(&bed.cx, &admin(), &name, last(&bed.cx, HOUR), Some("area_code")).await.unwrap();
        let selected = view.selected.as_ref().unwrap();
        assert_eq!(selected.feature, "area_code");
        let same = selected.bins.iter().all(|bin| (bin.reference - bin.current).abs() < 0.1);
        assert!(same && selected.bins.len() >= 3, "the categories are counted under their hashes: {:?}", selected.bins);
        assert!(selected.description.contains("hashes"), "{}", selected.description);
        assert_hidden("the page", &serde_json::to_string(&view).unwrap());

        for (i, row) in rows.iter_mut().enumerate() {
            row[place] = Value::Text(READABLE[1 + i % 2].into());
        }
        let mut ids = vec![before];
        for _ in 0..5 {
            ids.push(bed.ask_together(&name, &rows).await.0.row(0, rows.len()));
        }
        bed.flush().await;
        let found = stored(&bed, &name, &ids).await;
        for place in ["a window", "the log", "a page of the log"] {
            assert!(found.iter().any(|(at, _)| *at == place), "{place} is looked at");
        }
        found.iter().for_each(|(place, text)| assert_hidden(place, text));
        assert_hidden("the baseline", &stored_baseline(&bed, version).await);
        crate::alerts::tick(&bed.cx).await.unwrap();
        let alerts = crate::alerts::list(&bed.cx, &admin()).await.unwrap();
        assert!(alerts.open.iter().any(|alert| alert.headline.contains("area_code")), "{:?}", alerts.open);
        let view = drift(&bed.cx, &admin(), &name, last(&bed.cx, HOUR), Some("area_code")).await.unwrap();
        assert_hidden("the page", &serde_json::to_string(&(view, alerts)).unwrap());
    }
}

#[tokio::test]
async fn a_column_that_is_called_personal_later_loses_its_readable_reference() {
    for bed in beds().await {
        let version = bed.register("v3").await;
        mark(&bed, version, Pii::None).await;
        let before = stored_baseline(&bed, version).await;
        if before.contains("area_code_4") {
            assert!(!before.contains("\"hashed\""), "what is not personal is stored as ever");
        }
        mark(&bed, version, Pii::Direct).await;
        let after = stored_baseline(&bed, version).await;
        assert_hidden("the baseline", &after);
        let read: crate::registry::VersionBaseline = serde_json::from_str(&after).unwrap();
        let stats::bins::Baseline::Categorical(codes) = &read.features["area_code"] else { panic!("a category") };
        assert_eq!(codes.index(&hash_text("area_code", "area_code_415")).map(|i| codes.categories[i].1 > 0), Some(true));
        let again = {
            let mut again = read.clone();
            assert!(!again.hide(&crate::registry::version(&bed.cx, &"churn".into(), version).await.unwrap().contract));
            again
        };
        assert_eq!(again, read, "hidden once is enough");
    }
}
