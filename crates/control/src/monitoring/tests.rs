//! What is answered is counted exactly, survives a kill after its flush, and drift is seen where it is.

use super::*;
use crate::personal::hash_text;
use crate::testbed::{admin, beds};
use contract::time::{HOUR, MINUTE, SECOND};
use contract::verdict::State;
use contract::views::alerts::AlertKind;
use contract::{PredictionId, Verdict};
use serving::Value;
use stats::bins::{Cell, Window};
use stats::usual::Stretch;

#[tokio::test]
async fn every_answer_is_counted_once_in_every_span() {
    for mut bed in beds().await {
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        let rows = bed.rows(&name, "live.csv");
        for part in rows[..300].chunks(50) {
            bed.send(&name, part).await;
            bed.flush().await;
            bed.clock.advance(7 * SECOND);
        }
        // From here on where it is answered, as in a running server; before, by the writer.
        let mut bed = bed.killed_and_restarted().await;
        bed.keep_at_once();
        bed.send(&name, &rows[300..325]).await;
        assert!(bed.flush().await.is_empty(), "nothing went to the writer");
        bed.send(&name, &rows[325..350]).await;
        bed.flush().await;
        bed.flush().await;
        for length in [MINUTE * 30, 2 * HOUR, 48 * HOUR] {
            let (_, windows) = read::operations(&bed.cx, &name, last(&bed.cx, length)).await.unwrap();
            let sum = read::sum(&windows);
            assert_eq!(
                (sum.counts.requests, sum.counts.rows, sum.counts.labelled(), sum.total.count()),
                (350, 350, 350, 350),
                "{length}"
            );
            let (_, windows) = read::features(&bed.cx, &name, last(&bed.cx, length)).await.unwrap();
            let mut all = super::window::Features::default();
            windows.iter().for_each(|window| all.merge(&window.features));
            assert!(all.by_name.values().all(|window| window.n() + window.missing() == 350), "{length}");
            assert_eq!(all.score.map(|score| score.n()), Some(350));
        }
        let log = bed.cx.store.db.predictions(&name, 1_000).await.unwrap();
        assert_eq!(log.len(), 350);
        let view = latency(&bed.cx, &admin(), &name, last(&bed.cx, HOUR)).await.unwrap();
        assert_eq!((view.totals.requests, view.totals.failed), (350, 0));
        let drawn: f64 = view.throughput_per_second.iter().filter_map(|point| point.value).sum();
        assert!(drawn > 0.0 && view.versions[0].total.p99_ms >= view.versions[0].total.p50_ms);
    }
}

/// A busy version finds bins with tables: the counts are those of counting one by one.
#[tokio::test]
async fn a_busy_version_counts_the_same() {
    for mut bed in beds().await {
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        let mut rows = bed.rows(&name, "live.csv");
        rows.truncate(700);
        rows[650..].iter_mut().flatten().for_each(|value| {
            if let Value::Num(number) = value {
                *number *= 8.0;
            }
        });
        bed.send(&name, &rows).await;
        bed.flush().await;
        let known = bed.cx.book.get(&name).unwrap();
        let stable = known.stable_version().unwrap();
        let (_, windows) = read::features(&bed.cx, &name, last(&bed.cx, HOUR)).await.unwrap();
        let mut all = super::window::Features::default();
        windows.iter().for_each(|window| all.merge(&window.features));
        let hashed = &stable.baseline.as_ref().unwrap().hashed;
        for (feature, baseline) in &stable.baseline.as_ref().unwrap().features {
            let at = stable.contract.features.iter().position(|one| one.name == *feature).unwrap();
            let mut expected = Window::new(baseline);
            for row in &rows {
                let text = row[at].text().unwrap_or_default();
                let text = if hashed.contains(feature) { hash_text(feature, &text) } else { text };
                let cell = match &row[at] {
                    // As the model's single precision has it.
                    Value::Num(number) => Cell::Number(f64::from(*number as f32)),
                    Value::Text(_) => Cell::Text(&text),
                    Value::Missing => Cell::Missing,
                };
                expected.add(baseline, cell).unwrap();
            }
            assert_eq!(all.by_name.get(feature), Some(&expected), "{feature}");
        }
    }
}

#[tokio::test]
async fn the_latency_page_says_what_was_measured() {
    for mut bed in beds().await {
        let version = bed.register("v3").await;
        let born = bed.cx.now();
        let name = bed.deploy(version).await;
        let rows = bed.rows(&name, "live.csv");
        let mut spent = Vec::new();
        for part in rows[..1_200].chunks(400) {
            bed.send(&name, part).await;
            spent.extend(bed.flush().await);
            bed.clock.advance(3 * MINUTE);
        }
        assert_eq!(spent.len(), 1_200);
        let view = latency(&bed.cx, &admin(), &name, last(&bed.cx, HOUR)).await.unwrap();
        let [one] = &view.versions[..] else { panic!("one version in one arm: {:?}", view.versions) };
        assert_eq!(
            (one.version, one.arm, one.requests, one.parts.rest.n),
            (version, contract::rollout::Arm::Stable, 1_200, 1_200)
        );
        let checks: [(fn(&serving::Spent) -> std::time::Duration, _); 4] = [
            (|s| s.total, one.total),
            (|s| s.queued, one.parts.queue),
            (|s| s.compute, one.parts.compute),
            (|s| s.total - s.compute, one.parts.overhead),
        ];
        for (of, found) in checks {
            let mut exact: Vec<f64> = spent.iter().map(|spent| of(spent).as_secs_f64() * 1e3).collect();
            exact.sort_unstable_by(f64::total_cmp);
            for (q, found) in [(0.5, found.p50_ms), (0.95, found.p95_ms), (0.99, found.p99_ms), (0.999, found.p999_ms)] {
                let (exact, found) = (exact[(q * 1_199.0) as usize], found.expect("there are enough"));
                assert!((found - exact).abs() <= exact * (view.relative_error + 1e-6) + 1e-6, "{found} for {exact}");
            }
        }
        let runs: u64 = one.batches.iter().map(|batches| batches.runs).sum();
        assert_eq!((runs, one.mean_batch_rows), (1_200, Some(1.0)), "one by one, nothing piles up");
        assert!(one.memory_bytes.is_some_and(|bytes| bytes > 0), "{:?}", one.memory_bytes);
        assert!(view.overhead_sentence.starts_with("Slipway adds "), "{}", view.overhead_sentence);
        assert_eq!(view.totals.degraded_share, Some(0.0));
        // What is shown starts with the deployment, not an hour ago, and its first change is on it.
        assert_eq!(view.head.from, born.floor_to(spans::FINE));
        assert!(view.throughput_per_second.len() as i64 <= 9 * MINUTE / view.span_ms + 2, "{}", view.throughput_per_second.len());
        assert!(view.changes.iter().any(|change| change.at >= view.head.from), "{:?}", view.changes);
        let whole = drift(&bed.cx, &admin(), &name, last(&bed.cx, 48 * HOUR), None).await.unwrap();
        assert_eq!(whole.head.from, view.head.from);
        let fleet = fleet(&bed.cx, &admin(), last(&bed.cx, HOUR)).await.unwrap();
        let recent = latency(&bed.cx, &admin(), &name, last(&bed.cx, 5 * MINUTE)).await.unwrap();
        assert_eq!(fleet.deployments[0].p99_ms, recent.versions[0].total.p99_ms, "the fleet reads the same sketch");
    }
}

#[tokio::test]
async fn drift_raises_an_alert_that_resolves_itself() {
    for mut bed in beds().await {
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        let (calm, drifted) = (bed.rows(&name, "live.csv"), bed.rows(&name, "live_drifted.csv"));
        bed.send(&name, &calm).await;
        bed.flush().await;
        crate::alerts::tick(&bed.cx).await.unwrap();
        let list = crate::alerts::list(&bed.cx, &admin()).await.unwrap();
        assert!(list.open.is_empty(), "nothing has drifted: {:?}", list.open);
        let view = drift(&bed.cx, &admin(), &name, last(&bed.cx, HOUR), None).await.unwrap();
        assert_eq!(view.answer.state, State::Ok, "{:?}", view.answer);

        bed.clock.advance(20 * MINUTE);
        bed.send(&name, &drifted).await;
        bed.flush().await;
        crate::alerts::tick(&bed.cx).await.unwrap();
        crate::alerts::tick(&bed.cx).await.unwrap();
        let open = crate::alerts::list(&bed.cx, &admin()).await.unwrap().open;
        assert!(open.iter().any(|alert| alert.kind == AlertKind::FeatureDrift), "{open:?}");
        assert!(open.iter().any(|alert| alert.kind == AlertKind::PredictionDrift), "{open:?}");
        let mut kinds: Vec<_> = open.iter().map(|alert| (alert.kind.word(), alert.subject.clone())).collect();
        kinds.sort();
        let all = kinds.len();
        kinds.dedup();
        assert_eq!(kinds.len(), all, "one open alert per kind and subject");

        let view = drift(&bed.cx, &admin(), &name, last(&bed.cx, HOUR), None).await.unwrap();
        let selected = view.selected.unwrap();
        assert_eq!((view.answer.state, selected.state), (State::Bad, State::Bad));
        assert!(selected.since.is_some_and(|since| bed.cx.now() - since <= 3 * MINUTE), "{:?}", selected.since);
        let sums = selected.bins.iter().fold((0.0, 0.0), |(a, b), bin| (a + bin.reference, b + bin.current));
        assert!((sums.0 - 1.0).abs() < 1e-9 && (sums.1 - 1.0).abs() < 1e-9, "shares add up: {sums:?}");
        assert_eq!(view.features[0].now.verdict, Verdict::Fail);
        assert_eq!(view.prediction.state, State::Bad);
        let page = fleet(&bed.cx, &admin(), last(&bed.cx, HOUR)).await.unwrap();
        assert!(page.deployments[0].state <= State::Watch && page.answer.headline.contains("churn"), "{:?}", page.answer);

        bed.clock.advance(20 * MINUTE);
        bed.send(&name, &calm).await;
        bed.flush().await;
        for _ in 0..2 {
            crate::alerts::tick(&bed.cx).await.unwrap();
        }
        assert_eq!(
            crate::alerts::list(&bed.cx, &admin()).await.unwrap().open.len(),
            open.len(),
            "two quiet looks are not enough"
        );
        crate::alerts::tick(&bed.cx).await.unwrap();
        let after = crate::alerts::list(&bed.cx, &admin()).await.unwrap();
        assert!(after.open.is_empty(), "{:?}", after.open);
        assert_eq!(after.resolved.len(), open.len());
    }
}

#[tokio::test]
async fn somebody_acknowledges_once() {
    for mut bed in beds().await {
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        let drifted = bed.rows(&name, "live_drifted.csv");
        bed.send(&name, &drifted[..800]).await;
        bed.flush().await;
        crate::alerts::tick(&bed.cx).await.unwrap();
        let first = crate::alerts::list(&bed.cx, &admin()).await.unwrap().open[0].clone();
        let firing = crate::alerts::firing(&bed.cx).await.unwrap();
        assert!(first.changed_before.is_some(), "the deployment was made just before");
        let viewer = crate::testing::person("vic", contract::Role::Viewer);
        assert!(crate::alerts::acknowledge(&bed.cx, &viewer, &first.id, "").await.is_err());
        crate::alerts::acknowledge(&bed.cx, &admin(), &first.id, "known").await.unwrap();
        assert!(crate::alerts::acknowledge(&bed.cx, &admin(), &first.id, "again").await.is_err());
        assert_eq!(crate::alerts::firing(&bed.cx).await.unwrap(), firing - 1);
        assert!(crate::alerts::acknowledge(&bed.cx, &admin(), &"nope".into(), "").await.is_err());
    }
}

#[tokio::test]
async fn personal_columns_are_hashed_in_the_log() {
    for mut bed in beds().await.into_iter().take(1) {
        let version = bed.register("v3").await;
        let mut contract = crate::registry::version(&bed.cx, &"churn".into(), version).await.unwrap().contract;
        for feature in &mut contract.features {
            if feature.name == "area_code" {
                feature.pii = contract::spec::Pii::Indirect;
            }
        }
        crate::registry::set_contract(&bed.cx, &admin(), &"churn".into(), version, contract).await.unwrap();
        let name = bed.deploy(version).await;
        let rows = bed.rows(&name, "live.csv");
        let ids: Vec<PredictionId> = bed.send(&name, &rows[..2]).await;
        bed.flush().await;
        let kept = bed.cx.store.db.prediction(&ids[0]).await.unwrap().unwrap();
        let record: serde_json::Value = serde_json::from_str(&kept.features).unwrap();
        let hashed = record["area_code"].as_str().unwrap();
        assert!(hashed.starts_with('#') && hashed.len() == 17, "{hashed}");
        assert!(record["international_plan"].as_str().is_some_and(|plan| plan == "no" || plan == "yes"));
    }
}

/// Decimals are other numbers in tensors of 32 bits than in files.
#[tokio::test]
async fn the_references_own_rows_fall_into_its_own_bins() {
    for mut bed in beds().await {
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        let rows = bed.rows(&name, "reference.csv");
        bed.send(&name, &rows).await;
        bed.flush().await;
        let (_, windows) = read::features(&bed.cx, &name, last(&bed.cx, HOUR)).await.unwrap();
        let known = bed.cx.book.get(&name).unwrap();
        let baseline = known.stable_version().unwrap().baseline.clone().unwrap();
        for (feature, reference) in &baseline.features {
            let window = &windows[0].features.by_name[feature];
            let (seen, frozen) = (Stretch::of(window, None).counts, Stretch::of_reference(reference).counts);
            assert_eq!(seen, frozen, "{feature}");
        }
        let counts = read::operations(&bed.cx, &name, last(&bed.cx, HOUR)).await.unwrap().1[0].operations.counts.clone();
        assert_eq!((counts.rows, counts.violations), (rows.len() as u64, 0), "and keep the ranges that were read from them");
    }
}
