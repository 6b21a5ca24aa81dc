//! From live rows and late outcomes to alerts: what each kind of change raises, and what it does not.

use super::{list, tick};
use crate::deployments::Known;
use crate::monitoring::{drift, last, read};
use crate::outcomes::{concept, post, quality, trust};
use crate::registry::VersionBaseline;
use crate::registry::estimator::Learnt;
use crate::testbed::{Bed, admin, beds, outcomes};
use contract::deployment::ConceptDetector;
use contract::time::{HOUR, MINUTE};
use contract::verdict::State;
use contract::views::alerts::{AlertKind, AlertLine};
use contract::{DeploymentName, Millis, PredictionId};
use serde_json::json;
use serving::Value;
use stats::estimate::Trust;
use std::collections::BTreeMap;
use std::sync::Arc;

async fn open(bed: &Bed) -> Vec<AlertLine> {
    tick(&bed.cx).await.unwrap();
    list(&bed.cx, &admin()).await.unwrap().open
}

fn kinds(open: &[AlertLine]) -> Vec<AlertKind> {
    open.iter().map(|alert| alert.kind).collect()
}

fn known(bed: &Bed, name: &DeploymentName) -> Arc<Known> {
    bed.cx.book.get(name).unwrap()
}

/// Outcomes of rows that were sent: as they turned out, or the other way round.
fn truths(ids: &[PredictionId], from: usize, flipped: bool) -> Vec<contract::inputs::Outcome> {
    let labels = outcomes("live_outcomes.csv").into_iter().filter(|(row, _)| (from..from + ids.len()).contains(row));
    labels
        .map(|(row, label)| {
            let label = match (flipped, label.as_str()) {
                (false, label) => label,
                (true, "yes") => "no",
                (true, _) => "yes",
            };
            contract::inputs::Outcome { prediction_id: ids[row - from].clone(), label: json!(label), value: None, at: None }
        })
        .collect()
}

#[tokio::test]
async fn a_version_is_frozen_with_what_estimates_begin_with() {
    for bed in beds().await.into_iter().take(1) {
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        let known = known(&bed, &name);
        let baseline = known.versions[&version].baseline.clone().unwrap();
        let estimator = baseline.estimator.as_ref().unwrap();
        assert!(estimator.held_back && estimator.rows == 1_250, "{} rows", estimator.rows);
        assert!(matches!(&estimator.learnt, Learnt::Binary { quality, .. } if quality.n() == 1_250));
        assert!(estimator.reference().is_some_and(|accuracy| accuracy > 0.8) && estimator.sampling().is_some());
        assert!(baseline.joint.as_ref().is_some_and(|joint| joint.reference.n == 2_250));

        let text = serde_json::to_string(&*baseline).unwrap();
        assert_eq!(serde_json::from_str::<VersionBaseline>(&text).unwrap(), *baseline);
        let mut old: serde_json::Value = serde_json::from_str(&text).unwrap();
        for key in ["joint", "estimator"] {
            old.as_object_mut().unwrap().remove(key).unwrap();
        }
        let old: VersionBaseline = serde_json::from_value(old).unwrap();
        assert_eq!((old.joint, old.estimator, old.features.len()), (None, None, baseline.features.len()));
    }
}

#[tokio::test]
async fn live_rows_are_estimated_whatever_the_windows_and_the_estimate_is_near_the_truth() {
    for mut bed in beds().await {
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        let rows = bed.rows(&name, "live.csv");
        let mut ids = Vec::new();
        for part in rows[..1_200].chunks(300) {
            ids.extend(bed.send(&name, part).await);
            bed.flush().await;
            bed.clock.advance(MINUTE);
        }
        let mut bed = bed.killed_and_restarted().await;
        ids.extend(bed.send(&name, &rows[1_200..]).await);
        bed.flush().await;
        let mut sums = Vec::new();
        for length in [30 * MINUTE, 48 * HOUR] {
            let (_, windows) = read::features(&bed.cx, &name, last(&bed.cx, length)).await.unwrap();
            let mut all = crate::monitoring::window::Features::default();
            windows.iter().for_each(|window| all.merge(&window.features));
            sums.push(all.rows);
        }
        assert_eq!(sums[0], sums[1], "minutes and hours say the same");
        let expected = sums[0].expected.as_ref().unwrap();
        assert_eq!((expected.n(), sums[0].joint.as_ref().unwrap().n), (1_500, 1_500));

        let page = quality(&bed.cx, &admin(), &name, last(&bed.cx, HOUR)).await.unwrap();
        let early = page.estimated.unwrap();
        assert_eq!((page.outcomes_known, early.trust, early.trust_word.as_str()), (0, State::Unknown, "not checked yet"));
        let whole = early.estimate.unwrap();
        assert!(whole.n == 1_500 && whole.lower < Some(whole.value) && whole.upper > Some(whole.value), "{whole:?}");
        assert_eq!(early.over_time.iter().filter_map(|point| point.estimate).map(|one| one.n).sum::<u64>(), 1_500);
        assert!(page.errors.is_none() && page.calibration.is_none() && page.cohorts.is_none());

        post(&bed.cx, &admin(), truths(&ids, 0, false)).await.unwrap();
        let page = quality(&bed.cx, &admin(), &name, last(&bed.cx, HOUR)).await.unwrap();
        let later = page.estimated.as_ref().unwrap();
        assert_eq!((later.trust, later.trust_word.as_str()), (State::Ok, "trusted"), "{later:?}");
        // With 1,250 labelled rows and one false page a week, 1,500 answers are too few to tell a loss of 3 points from chance.
        assert!(
            later.state == State::Unknown && later.sentence.contains("A loss of 3.0% can be told from chance from "),
            "{later:?}"
        );
        let calibration = page.calibration.as_ref().unwrap();
        assert_eq!(calibration.bins.iter().map(|bin| bin.happened.n).sum::<u64>(), page.outcomes_known);
        // All came at once, minutes late: nothing was known of the old ones as early as of the young ones.
        assert_eq!(page.cohorts, None);
        assert!(page.errors.is_none(), "until twice their delay has passed, nobody knows how late outcomes come");
        let realised = page.versions[0].estimate.unwrap();
        assert!((expected.primary().unwrap() - realised.value).abs() < 0.02, "{:?} for {}", expected.primary(), realised.value);
        let held = trust(&bed.cx, &name, &known(&bed, &name).versions[&version]).await.unwrap().unwrap();
        assert_eq!(held.trust, Trust::Trusted, "{held:?}");
        assert!(open(&bed).await.is_empty(), "nothing has changed");
        bed.clock.advance(5 * MINUTE);
        assert!(open(&bed).await.is_empty(), "nothing has changed");
        let errors = quality(&bed.cx, &admin(), &name, last(&bed.cx, HOUR)).await.unwrap().errors.unwrap();
        assert_eq!((errors.seen, errors.state), (page.outcomes_known, State::Ok));
    }
}

#[tokio::test]
async fn features_that_come_apart_are_found_though_each_looks_as_ever() {
    for mut bed in beds().await {
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        let mut rows = bed.rows(&name, "live.csv");
        let place =
            known(&bed, &name).versions[&version].contract.features.iter().position(|f| f.name == "number_vmail_messages");
        let column: Vec<Value> = rows.iter().map(|row| row[place.unwrap()].clone()).collect();
        let n = rows.len();
        for (i, row) in rows.iter_mut().enumerate() {
            row[place.unwrap()] = column[(i + n / 2) % n].clone();
        }
        bed.send(&name, &rows).await;
        bed.flush().await;
        let open = open(&bed).await;
        let joint = open.iter().find(|alert| alert.kind == AlertKind::JointDrift).unwrap_or_else(|| panic!("{open:?}"));
        assert!(joint.headline.contains("number_vmail_messages") && joint.headline.contains("voice_mail_plan"), "{joint:?}");
        assert_eq!(joint.state, State::Watch);
        assert!(!kinds(&open).contains(&AlertKind::FeatureDrift), "{open:?}");
    }
}

#[tokio::test]
async fn one_change_of_five_features_is_one_alert_and_a_sixth_joins_it() {
    for mut bed in beds().await {
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        let contract = known(&bed, &name).versions[&version].contract.clone();
        let calm = bed.rows(&name, "live.csv");
        let moved = |features: &[&str]| -> Vec<Vec<Value>> {
            let places: Vec<usize> = contract
                .features
                .iter()
                .enumerate()
                .filter(|(_, f)| features.contains(&f.name.as_str()))
                .map(|(i, _)| i)
                .collect();
            assert_eq!(places.len(), features.len());
            let scaled = |(i, value): (usize, &Value)| match value {
                Value::Num(x) if places.contains(&i) => Value::Num(x * 1.6),
                other => other.clone(),
            };
            calm.iter().map(|row| row.iter().enumerate().map(scaled).collect()).collect()
        };
        let five = ["total_day_minutes", "total_eve_minutes", "total_night_minutes", "total_intl_minutes", "account_length"];
        bed.send(&name, &moved(&five)).await;
        bed.flush().await;
        let first = open(&bed).await;
        let drift: Vec<&AlertLine> = first.iter().filter(|alert| alert.kind == AlertKind::FeatureDrift).collect();
        assert_eq!(drift.len(), 1, "{first:?}");
        assert!(drift[0].headline.ends_with("and 4 other features have drifted"), "{}", drift[0].headline);
        assert!(five.iter().all(|feature| drift[0].sentence.contains(feature)), "{}", drift[0].sentence);
        assert!(five.iter().any(|feature| drift[0].url.contains(feature)), "{}", drift[0].url);

        let six = [&five[..], &["total_day_calls"]].concat();
        // Within the window of ten minutes.
        bed.clock.advance(8 * MINUTE);
        bed.send(&name, &moved(&six)).await;
        bed.flush().await;
        let second = open(&bed).await;
        let joined: Vec<&AlertLine> = second.iter().filter(|alert| alert.kind == AlertKind::FeatureDrift).collect();
        assert_eq!((joined.len(), &joined[0].id, joined[0].since), (1, &drift[0].id, drift[0].since), "{second:?}");
        assert!(joined[0].headline.ends_with("and 5 other features have drifted"), "{}", joined[0].headline);
    }
}

#[tokio::test]
async fn a_changed_relation_is_concept_drift_and_ends_the_trust_in_estimates() {
    for mut bed in beds().await {
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        let rows = bed.rows(&name, "live.csv");
        let before = bed.send(&name, &rows[..800]).await;
        bed.flush().await;
        post(&bed.cx, &admin(), truths(&before, 0, false)).await.unwrap();
        bed.clock.advance(MINUTE);
        assert!(!kinds(&open(&bed).await).contains(&AlertKind::ConceptDrift));
        let stable = || known(&bed, &name).versions[&version].clone();
        assert_eq!(trust(&bed.cx, &name, &stable()).await.unwrap().unwrap().trust, Trust::Trusted);
        let calm = concept(&bed.cx, &name, version).await.unwrap();

        let mut bed = bed.killed_and_restarted().await;
        bed.clock.advance(HOUR);
        let changed = bed.cx.now();
        let after = bed.send(&name, &rows[800..]).await;
        bed.flush().await;
        bed.clock.advance(HOUR);
        post(&bed.cx, &admin(), truths(&after, 800, true)).await.unwrap();
        bed.clock.advance(MINUTE);
        let open = open(&bed).await;
        let drift = open.iter().find(|alert| alert.kind == AlertKind::ConceptDrift).unwrap_or_else(|| panic!("{open:?}"));
        assert_eq!((drift.state, drift.subject.as_str()), (State::Bad, version.to_string().as_str()));
        assert!(!kinds(&open).contains(&AlertKind::Estimate), "the inputs are as ever: {open:?}");

        let seen = concept(&bed.cx, &name, version).await.unwrap();
        let shift = seen.worse(ConceptDetector::Adwin).unwrap();
        assert_eq!(seen.seen, calm.seen + truths(&after, 800, true).len() as u64, "one stream across the restart");
        assert!(shift.since >= changed && shift.at == bed.cx.now() && shift.after > 0.7 && shift.before < 0.2, "{shift:?}");
        let held = trust(&bed.cx, &name, &known(&bed, &name).versions[&version]).await.unwrap().unwrap();
        assert!(held.trust == Trust::Untrusted && held.is_optimistic, "{held:?}");
        let log = crate::audit::page(&bed.cx, &admin(), None, "").await.unwrap();
        assert!(log.entries.iter().any(|line| line.summary.contains("are not trusted")), "{:?}", log.entries);
        let changes = crate::monitoring::changes_of(&bed.cx, &name, last(&bed.cx, HOUR)).await.unwrap();
        assert!(!changes.iter().any(|change| change.text.contains("trusted")), "a finding is no change: {changes:?}");

        // Corrected outcomes restore the quality; the detectors do not read them again.
        post(&bed.cx, &admin(), truths(&after, 800, false)).await.unwrap();
        assert_eq!(concept(&bed.cx, &name, version).await.unwrap().seen, seen.seen);
        tick(&bed.cx).await.unwrap();
        let held = trust(&bed.cx, &name, &known(&bed, &name).versions[&version]).await.unwrap().unwrap();
        assert_eq!(held.trust, Trust::Trusted, "{held:?}");
    }
}

/// Who leaves is known long before who stays, and is foretold worse: whenever traffic begins, what is known at first is unlike the rest.
#[tokio::test]
async fn what_is_known_early_raises_nothing_and_a_changed_relation_is_found() {
    for mut bed in beds().await {
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        let rows = bed.rows(&name, "live.csv");
        let labels: BTreeMap<usize, String> = outcomes("live_outcomes.csv").into_iter().collect();
        let mut due: BTreeMap<usize, Vec<contract::inputs::Outcome>> = BTreeMap::new();
        let mut found = None;
        for minute in 0..66 {
            let from = minute * 100 % rows.len();
            let ids = match minute {
                // Nobody calls for a while.
                14..24 => Vec::new(),
                _ => bed.send(&name, &rows[from..from + 100]).await,
            };
            bed.flush().await;
            for (i, id) in ids.iter().enumerate() {
                let Some(label) = labels.get(&(from + i)) else { continue };
                let leaves = (label == "yes") != (minute >= 42);
                let known = minute + if leaves { 2 } else { 8 };
                let label = json!(if leaves { "yes" } else { "no" });
                let outcome = contract::inputs::Outcome { prediction_id: id.clone(), label, value: None, at: None };
                due.entry(known).or_default().push(outcome);
            }
            post(&bed.cx, &admin(), due.remove(&minute).unwrap_or_default()).await.unwrap();
            bed.clock.advance(MINUTE);
            let kinds = kinds(&open(&bed).await);
            let is_told = kinds.contains(&AlertKind::ConceptDrift) || kinds.contains(&AlertKind::Quality);
            assert!(!is_told || minute >= 42, "minute {minute}: {kinds:?}");
            found = found.or(kinds.contains(&AlertKind::ConceptDrift).then_some(minute));
        }
        assert!(found.is_some_and(|minute| minute <= 60), "{found:?}");
        let shift = concept(&bed.cx, &name, version).await.unwrap().worse(ConceptDetector::Adwin).unwrap();
        let since = (shift.since - Millis::parse("2026-03-17T14:20:00Z").unwrap()) / MINUTE;
        assert!((41..=43).contains(&since) && shift.before < 0.1 && shift.after > 0.5, "{since}: {shift:?}");
    }
}

#[tokio::test]
async fn a_drift_says_since_when_where_and_shows_rows() {
    for mut bed in beds().await {
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        let contract = known(&bed, &name).versions[&version].contract.clone();
        let place = |feature: &str| contract.features.iter().position(|f| f.name == feature).unwrap();
        let (minutes, plan) = (place("total_day_minutes"), place("international_plan"));
        let rows = bed.rows(&name, "live.csv");
        for part in rows[..1_000].chunks(100) {
            bed.send(&name, part).await;
            bed.flush().await;
            bed.clock.advance(MINUTE);
        }
        let changed = bed.cx.now();
        let with_plan = |row: &Vec<Value>| row[plan].text().is_some_and(|plan| plan == "yes");
        let mut moved = rows.clone();
        for row in moved.iter_mut().filter(|row| with_plan(row)) {
            row[minutes] = Value::Num(row[minutes].num().unwrap() + 200.0);
        }
        // Everybody moves a little, those with the plan far.
        for row in moved.iter_mut() {
            row[minutes] = Value::Num(row[minutes].num().unwrap() + 60.0);
        }
        for part in moved[..600].chunks(150) {
            bed.send(&name, part).await;
            bed.flush().await;
            bed.clock.advance(MINUTE);
        }
        let view = drift(&bed.cx, &admin(), &name, last(&bed.cx, HOUR), Some("total_day_minutes")).await.unwrap();
        let selected = view.selected.unwrap();
        let source = selected.attribution.unwrap();
        assert!((source.since.unwrap() - changed).abs() <= MINUTE, "{:?} for {changed:?}", source.since);
        assert!(
            source.sentences.iter().any(|said| said.starts_with("Strongest where international_plan is yes")),
            "{:?}",
            source.sentences
        );
        assert!(source.sentences.iter().any(|said| said.contains("went from")), "{:?}", source.sentences);
        assert!(!source.rows.is_empty() && source.rows.iter().all(|row| row.at >= changed), "{:?}", source.rows);
        assert!(view.joint.is_some_and(|joint| joint.rows > 0));

        let calm = drift(&bed.cx, &admin(), &name, last(&bed.cx, HOUR), Some("total_night_calls")).await.unwrap();
        assert_eq!(calm.selected.unwrap().attribution, None, "nothing has happened to it");
    }
}

#[tokio::test]
async fn predictions_of_equal_age_are_compared() {
    for mut bed in beds().await {
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        let rows = bed.rows(&name, "live.csv");
        let mut known = 0;
        for (i, part) in rows[..600].chunks(100).enumerate() {
            let ids = bed.send(&name, part).await;
            bed.flush().await;
            bed.clock.advance(MINUTE);
            let truths = truths(&ids, i * 100, false);
            known += truths.len() as u64;
            post(&bed.cx, &admin(), truths).await.unwrap();
        }
        bed.clock.advance(MINUTE);
        let page = quality(&bed.cx, &admin(), &name, last(&bed.cx, HOUR)).await.unwrap();
        let cohorts = page.cohorts.unwrap();
        assert_eq!((cohorts.age_ms, page.delay_ms, page.delay_most_ms), (MINUTE, Some(MINUTE), Some(MINUTE)));
        assert_eq!(cohorts.over_time.iter().filter_map(|point| point.estimate).map(|one| one.n).sum::<u64>(), known);
        assert!(cohorts.sentence.contains("in the newest third of this time"), "{}", cohorts.sentence);
        assert!(page.over_time.iter().all(|point| !point.filling), "every point is older than its outcomes need");
    }
}
