//! Outcomes join once, corrections count once, and quality is exact.

use super::*;
use crate::datasets::{Upload, parse};
use crate::monitoring;
use crate::registry::{Registration, register_version};
use crate::testbed::{Bed, admin, beds, outcomes};
use crate::testing::{example, person};
use contract::deployment::DeploymentSettings;
use contract::inputs::RegisterVersion;
use contract::time::{HOUR, MINUTE};
use contract::verdict::State;
use contract::{Millis, PredictionId, ProblemKind, Role};
use serde_json::json;

fn truth(id: &PredictionId, label: &str) -> contract::inputs::Outcome {
    contract::inputs::Outcome { prediction_id: id.clone(), label: json!(label), value: None, at: None }
}

#[tokio::test]
async fn outcomes_are_joined_once_and_corrected_exactly() {
    for mut bed in beds().await {
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        let rows = bed.rows(&name, "live.csv");
        let ids = bed.send(&name, &rows[..400]).await;
        bed.flush().await;
        let known: Vec<_> = outcomes("live_outcomes.csv").into_iter().filter(|(row, _)| *row < 400).collect();
        let posted: Vec<_> = known.iter().map(|(row, label)| truth(&ids[*row], label)).collect();
        let n = posted.len() as u64;

        let got = post(&bed.cx, &admin(), posted.clone()).await.unwrap();
        assert_eq!((got.accepted, got.unknown, got.changed), (n, 0, 0));
        let range = monitoring::last(&bed.cx, HOUR);
        let page = quality(&bed.cx, &admin(), &name, range).await.unwrap();
        assert_eq!((page.outcomes_known, page.predictions), (n, 400));

        // Counted by hand from the log.
        let log = bed.cx.store.db.predictions(&name, 1_000).await.unwrap();
        let right = |changed: Option<&PredictionId>| {
            let right = log.iter().filter(|row| {
                let place = ids.iter().position(|id| id.as_str() == row.id).unwrap();
                let label = known.iter().find(|(row, _)| *row == place).map(|(_, label)| label);
                label.is_some_and(|label| (*label == row.label) != (changed.is_some_and(|id| id.as_str() == row.id)))
            });
            right.count() as f64
        };
        let accuracy = page.versions[0].estimate.unwrap();
        assert!((accuracy.value - right(None) / n as f64).abs() < 1e-12);
        assert!(accuracy.lower < Some(accuracy.value) && accuracy.upper > Some(accuracy.value));
        let by_group: u64 = page.segments.iter().filter_map(|segment| segment.estimate).map(|estimate| estimate.n).sum();
        assert_eq!(by_group, n, "the groups of international_plan add up");

        let again = post(&bed.cx, &admin(), posted.clone()).await.unwrap();
        assert_eq!((again.accepted, again.changed), (n, 0));
        assert_eq!(
            quality(&bed.cx, &admin(), &name, range).await.unwrap().versions[0].estimate,
            page.versions[0].estimate,
            "twice is once"
        );

        let (row, label) = &known[0];
        let other = if label == "yes" { "no" } else { "yes" };
        let changed = post(&bed.cx, &admin(), vec![truth(&ids[*row], other)]).await.unwrap();
        assert_eq!((changed.accepted, changed.changed), (1, 1));
        let after = quality(&bed.cx, &admin(), &name, range).await.unwrap();
        assert_eq!(after.outcomes_known, n);
        assert!((after.versions[0].estimate.unwrap().value - right(Some(&ids[*row])) / n as f64).abs() < 1e-12);
    }
}

#[tokio::test]
async fn an_outcome_may_come_before_its_record() {
    for mut bed in beds().await {
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        let rows = bed.rows(&name, "live.csv");
        let ids = bed.send(&name, &rows[..5]).await;
        let got = post(&bed.cx, &admin(), vec![truth(&ids[0], "no"), truth(&"never-answered".into(), "no")]).await.unwrap();
        assert_eq!((got.accepted, got.unknown), (2, 2));
        bed.flush().await;
        let page = quality(&bed.cx, &admin(), &name, monitoring::last(&bed.cx, HOUR)).await.unwrap();
        assert_eq!((page.outcomes_known, page.unknown_ids), (1, 1));
        bed.flush().await;
        let page = quality(&bed.cx, &admin(), &name, monitoring::last(&bed.cx, HOUR)).await.unwrap();
        assert_eq!(page.outcomes_known, 1, "joined once");
    }
}

/// The log keeps the probabilities of all classes, in rows and in pages.
#[tokio::test]
async fn several_classes_are_ranked_live_as_they_were_held_back() {
    for mut bed in beds().await {
        let upload = |path: &str| Some(Upload { file_name: "a.csv".into(), bytes: example(path) });
        let input = Registration {
            model: "digits".into(),
            onnx: example("digits/v2.onnx"),
            meta: RegisterVersion { label_column: Some("digit".into()), ..RegisterVersion::default() },
            reference: upload("digits/reference.csv"),
            heldback: upload("digits/heldback.csv"),
            idempotency_key: None,
        };
        let version = register_version(&bed.cx, &admin(), input).await.unwrap().version;
        let settings = DeploymentSettings { p99_limit_ms: 60_000.0, ..DeploymentSettings::new("digits".into()) };
        let name = bed.deploy_as("digits", version, settings).await;
        let contract = bed.cx.book.get(&name).unwrap().versions[&version].contract.clone();
        let table = parse(&example("digits/live.csv")).unwrap();
        let ids = bed.send(&name, &table.records(&contract)).await;
        bed.flush().await;
        // Half of them find their prediction in a page.
        crate::monitoring::pack_old(&bed.cx, 250).await.unwrap();
        let known = parse(&example("digits/live_outcomes.csv")).unwrap();
        let (row, digit) = (known.column("row").unwrap(), known.column("digit").unwrap());
        let of = |i: usize| truth(&ids[row.number(i).unwrap() as usize], &digit.text(i).unwrap());
        let sent = post(&bed.cx, &admin(), (0..known.rows).map(of).collect()).await.unwrap();
        assert_eq!((sent.accepted, sent.unknown), (known.rows as u64, 0));
        let page = quality(&bed.cx, &admin(), &name, monitoring::last(&bed.cx, HOUR)).await.unwrap();
        for (measure, range) in [("ROC AUC", 0.95..=1.0), ("Log loss", 0.0..=0.5), ("Brier score", 0.0..=0.3)] {
            let found = page.versions[0].others.iter().find(|one| one.name == measure).unwrap();
            assert!(found.value.is_some_and(|value| range.contains(&value)), "{found:?}");
            assert!(found.offline.is_some_and(|value| range.contains(&value)), "{found:?}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_an_outcome_is_refused_and_named_and_the_others_are_taken() {
    for mut bed in beds().await {
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        let rows = bed.rows(&name, "live.csv");
        let ids = bed.send(&name, &rows[..2]).await;
        bed.flush().await;
        let kind = |result: crate::Outcome<contract::views::quality::Accepted>| result.unwrap_err().kind;
        assert_eq!(kind(post(&bed.cx, &person("vic", Role::Viewer), vec![truth(&ids[0], "no")]).await), ProblemKind::Forbidden);
        let bad_time = contract::inputs::Outcome { at: Some("yesterday".into()), ..truth(&ids[0], "no") };
        assert_eq!(kind(post(&bed.cx, &admin(), vec![truth(&ids[0], "no"), bad_time]).await), ProblemKind::Invalid);
        let page = quality(&bed.cx, &admin(), &name, monitoring::last(&bed.cx, HOUR)).await.unwrap();
        assert_eq!(page.outcomes_known, 0, "what cannot be read is refused whole");
        for _ in 0..2 {
            let sent = vec![truth(&ids[1], "perhaps"), truth(&ids[0], "no")];
            let refused = post(&bed.cx, &admin(), sent).await.unwrap_err();
            assert_eq!((refused.kind, refused.errors.len()), (ProblemKind::Invalid, 1));
            assert_eq!(refused.errors[0].field, "outcomes[0].label");
            assert!(refused.detail.ends_with("1 of 2 outcomes were taken, 1 not."), "{}", refused.detail);
            let page = quality(&bed.cx, &admin(), &name, monitoring::last(&bed.cx, HOUR)).await.unwrap();
            assert_eq!(page.outcomes_known, 1, "the other was taken, once");
        }
        assert_eq!(kind(post(&bed.cx, &admin(), vec![truth(&"".into(), "no")]).await), ProblemKind::Invalid);
    }
}

#[tokio::test]
async fn quality_is_judged_by_minutes_whose_outcomes_are_known() {
    for mut bed in beds().await {
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        let rows = bed.rows(&name, "live.csv");
        let start = bed.cx.now().floor_to(MINUTE) + MINUTE;
        let at = |bed: &Bed, time: Millis| bed.clock.advance(time - bed.cx.now());
        at(&bed, start + 1_000);
        let ids = bed.send(&name, &rows[..400]).await;
        bed.flush().await;
        let known: Vec<_> = outcomes("live_outcomes.csv").into_iter().filter(|(row, _)| *row < 400).collect();
        let (early, late) = known.split_at(60);
        // Who leaves is known first, and the model had not seen it.
        let wrong = |label: &str| if label == "yes" { "no" } else { "yes" };
        at(&bed, start + 10 * MINUTE);
        post(&bed.cx, &admin(), early.iter().map(|(row, label)| truth(&ids[*row], wrong(label))).collect()).await.unwrap();
        let page = quality(&bed.cx, &admin(), &name, monitoring::last(&bed.cx, HOUR)).await.unwrap();
        let line = &page.versions[0];
        assert_eq!((line.state, page.answer.state), (State::Unknown, State::Unknown), "{}", line.sentence);
        assert!(line.sentence.contains("Too early to judge") && line.sentence.contains("within 9 min"), "{}", line.sentence);
        assert_eq!(line.estimate.map(|estimate| estimate.n), Some(60), "they are shown");

        at(&bed, start + 11 * MINUTE);
        post(&bed.cx, &admin(), late.iter().map(|(row, label)| truth(&ids[*row], label)).collect()).await.unwrap();
        at(&bed, start + 30 * MINUTE);
        // Others that came early are not judged with them.
        let young = bed.send(&name, &rows[..60]).await;
        bed.flush().await;
        post(
            &bed.cx,
            &admin(),
            early.iter().filter(|(row, _)| *row < 60).map(|(row, label)| truth(&young[*row], wrong(label))).collect(),
        )
        .await
        .unwrap();
        let page = quality(&bed.cx, &admin(), &name, monitoring::last(&bed.cx, HOUR)).await.unwrap();
        assert_ne!(page.versions[0].state, State::Unknown, "{}", page.versions[0].sentence);
        assert_eq!(page.versions[0].estimate.map(|estimate| estimate.n), Some(known.len() as u64));
        assert!(page.outcomes_known > known.len() as u64);
    }
}
