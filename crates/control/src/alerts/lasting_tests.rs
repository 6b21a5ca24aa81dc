//! From a distance that sways about its limit to one alert: what opens, stays, ends and comes back, on both databases.

use super::monitors::save;
use super::{Outbound, channels, tick};
use crate::incidents;
use crate::testbed::{Bed, admin, beds};
use contract::DeploymentName;
use contract::alerting::{ChannelTarget, SaveChannel};
use contract::inputs::OpenIncident;
use contract::time::SECOND;
use contract::views::incidents::IncidentState;
use serving::Value;
use store::alerts::AlertRow;

async fn drift_of(bed: &Bed) -> Option<AlertRow> {
    tick(&bed.cx).await.unwrap();
    bed.cx.store.db.alerts_open().await.unwrap().into_iter().find(|row| row.kind == "feature_drift")
}

/// As if the distance had become `of` times its limit.
async fn limit(bed: &Bed, name: &DeploymentName, distance: f64, of: f64) {
    save(&bed.cx, &admin(), name, "feature_drift", distance / of).await.unwrap();
}

/// Event and state of what was told of an alert, oldest first.
async fn told(bed: &Bed, alert: &str) -> Vec<(String, i64)> {
    let mut tx = bed.cx.store.db.begin().await.unwrap();
    let all = tx.deliveries_of(alert).await.unwrap();
    tx.commit().await.unwrap();
    all.into_iter().map(|one| (one.event, one.due_at - one.created_at)).collect()
}

async fn incident(bed: &Bed) -> IncidentState {
    incidents::tick(&bed.cx).await.unwrap();
    incidents::list(&bed.cx, &admin()).await.unwrap().incidents[0].phase
}

#[tokio::test]
async fn a_distance_that_sways_about_its_limit_is_one_alert_and_calls_once() {
    for mut bed in beds().await {
        bed.cx = bed.cx.clone().with_outbound(Outbound { private: true });
        let target = ChannelTarget { url: "http://127.0.0.1:9/".into(), ..ChannelTarget::default() };
        let hook = SaveChannel { name: "ops".into(), target, least: contract::alerting::Least::Watch, ..SaveChannel::default() };
        channels::create(&bed.cx, &admin(), hook).await.unwrap();
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        let by_hand =
            OpenIncident { deployment: name.clone(), title: "Odd".into(), note: "Odd answers".into(), started_at: None };
        incidents::open(&bed.cx, &admin(), by_hand).await.unwrap();
        let known = bed.cx.book.get(&name).unwrap();
        let place = known.versions[&version].contract.features.iter().position(|f| f.name == "account_length").unwrap();
        let mut rows = bed.rows(&name, "live.csv");
        // Within its range, and of little weight for the answers.
        rows.iter_mut().for_each(|row| row[place] = row[place].num().map_or(Value::Missing, |x| Value::Num(x * 0.5 + 20.0)));
        bed.send(&name, &rows).await;
        bed.flush().await;
        let opened = drift_of(&bed).await.expect("it has drifted");
        let numbers: serde_json::Value = serde_json::from_str(&opened.numbers).unwrap();
        let distance = numbers["distance"].as_f64().unwrap();

        // Under the limit, but not clearly: however often it is asked, it is the same alert.
        limit(&bed, &name, distance, 0.9).await;
        for _ in 0..5 {
            bed.clock.advance(20 * SECOND);
            assert_eq!(drift_of(&bed).await.map(|row| row.id), Some(opened.id.clone()));
        }
        // Clearly under it: over once it has been so for a twelfth of the window of ten minutes.
        limit(&bed, &name, distance, 0.7).await;
        for _ in 0..4 {
            assert!(drift_of(&bed).await.is_some(), "three looks are not enough of the time");
        }
        bed.clock.advance(50 * SECOND);
        assert!(drift_of(&bed).await.is_none());
        assert_eq!(told(&bed, &opened.id).await, [("triggered".into(), 0), ("resolved".into(), 150 * SECOND)]);
        assert_eq!(incident(&bed).await, IncidentState::Mitigated);

        // Back within a quarter of the window: the same alert and incident, and nobody is called or told of an end again.
        limit(&bed, &name, distance, 2.0).await;
        bed.clock.advance(100 * SECOND);
        let again = drift_of(&bed).await.expect("it fires again");
        assert_eq!((again.id.as_str(), again.since, again.resolved_at), (opened.id.as_str(), opened.since, None));
        assert_eq!(told(&bed, &opened.id).await, [("triggered".into(), 0)]);
        assert_eq!(incident(&bed).await, IncidentState::Open, "its incident is open again with it");
        let log = bed.cx.store.db.audit_of("alert", &opened.id, 10).await.unwrap();
        let acts: Vec<_> = log.iter().map(|entry| entry.action.as_str()).collect();
        assert_eq!(acts, ["alert.reopened", "alert.resolved", "alert.raised"]);

        // Back after it: another alert.
        limit(&bed, &name, distance, 0.7).await;
        for wait in [0, 20, 30] {
            bed.clock.advance(wait * SECOND);
            drift_of(&bed).await;
        }
        bed.clock.advance(150 * SECOND);
        limit(&bed, &name, distance, 2.0).await;
        let other = drift_of(&bed).await.expect("it fires again");
        assert_ne!(other.id, opened.id);
        assert!(crate::audit::verify(&bed.cx).await.unwrap().intact);
    }
}

/// An alert that is open, and perhaps acknowledged, is no reason to keep quiet about the next change.
#[tokio::test]
async fn a_feature_that_drifts_later_is_told_of_by_itself() {
    for mut bed in beds().await {
        bed.cx = bed.cx.clone().with_outbound(Outbound { private: true });
        let target = ChannelTarget { url: "http://127.0.0.1:9/".into(), ..ChannelTarget::default() };
        let hook = SaveChannel { name: "ops".into(), target, least: contract::alerting::Least::Watch, ..SaveChannel::default() };
        channels::create(&bed.cx, &admin(), hook).await.unwrap();
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        let contract = bed.cx.book.get(&name).unwrap().stable_version().unwrap().contract.clone();
        let place = |feature: &str| contract.features.iter().position(|f| f.name == feature).unwrap();
        let rows = bed.rows(&name, "live.csv");
        // Ten minutes are the window of drift: sixteen with one feature moved, then the other too.
        let mut seen = Vec::new();
        for minute in 0..28 {
            let mut part: Vec<Vec<Value>> = rows.iter().skip(minute * 53 % 1_300).take(200).cloned().collect();
            let moved = if minute < 16 { &["total_eve_minutes"][..] } else { &["total_eve_minutes", "total_night_minutes"] };
            part.iter_mut().for_each(|row| shift(row, moved, &place));
            bed.send(&name, &part).await;
            bed.flush().await;
            bed.clock.advance(60 * SECOND);
            tick(&bed.cx).await.unwrap();
            let open = bed.cx.store.db.alerts_open().await.unwrap();
            seen = open.into_iter().filter(|row| row.kind == "feature_drift").collect::<Vec<_>>();
            assert!(
                !seen.is_empty() && seen.len() == 1 + usize::from(minute >= 20) || (16..20).contains(&minute),
                "{minute}: {seen:?}"
            );
        }
        seen.sort_by_key(|row| row.since);
        let subjects: Vec<&str> = seen.iter().map(|row| row.subject.as_str()).collect();
        assert_eq!(subjects, ["", "total_night_minutes"]);
        assert!(seen[0].headline.starts_with("total_eve_minutes") && seen[1].headline.starts_with("total_night_minutes"));
        for row in &seen {
            assert_eq!(told(&bed, &row.id).await.first().map(|(event, _)| event.as_str()), Some("triggered"), "{}", row.headline);
        }
    }
}

/// Adds a standard deviation.
fn shift(row: &mut [Value], features: &[&str], place: impl Fn(&str) -> usize) {
    for feature in features {
        if let Value::Num(value) = &mut row[place(feature)] {
            *value += 50.0;
        }
    }
}
