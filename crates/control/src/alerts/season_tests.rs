//! A feature that follows the time of the day, on both databases: the usual course is no alert, and the same values at another hour are.

use super::{list, tick};
use crate::datasets::{Upload, parse};
use crate::monitoring::{drift, last};
use crate::registry::{Registration, register_version};
use crate::testbed::{Bed, admin, beds};
use crate::testing::example;
use contract::deployment::DeploymentSettings;
use contract::inputs::RegisterVersion;
use contract::time::{DAY, HOUR};
use contract::views::alerts::{AlertKind, AlertLine};
use contract::{DeploymentName, Millis, Verdict};
use serving::Value;

const FEATURE: &str = "total_day_minutes";
const DAYS: i64 = 12;

/// What the time of the day adds to the minutes: more by day, less at night, more than a standard deviation each.
fn course(at: Millis) -> f64 {
    let hour = at.0.rem_euclid(DAY) as f64 / HOUR as f64;
    90.0 * (std::f64::consts::TAU * hour / 24.0).sin()
}

/// The reference data of the churn example, spread over the last days, with a column that says when each row was.
fn reference(now: Millis) -> String {
    let text = String::from_utf8(example("churn/reference.csv").to_vec()).unwrap();
    let mut lines = text.lines();
    let head: Vec<&str> = lines.next().unwrap().split(',').collect();
    let place = head.iter().position(|name| *name == FEATURE).unwrap();
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    let all = rows.len() * 4;
    let mut rng = stats::rng::SplitMix64::new(5);
    let mut out = format!("event_time,{}\n", head.join(","));
    for i in 0..all {
        let at = Millis(now.0 - DAYS * DAY + DAYS * DAY * i as i64 / all as i64);
        let row = &rows[rng.below(rows.len() as u64) as usize];
        let moved = row[place].parse::<f64>().unwrap() + course(at);
        let cells: Vec<String> =
            row.iter().enumerate().map(|(j, cell)| if j == place { moved.to_string() } else { (*cell).into() }).collect();
        out.push_str(&format!("{},{}\n", at.rfc3339(), cells.join(",")));
    }
    out
}

async fn deployed(bed: &Bed, reference: String) -> DeploymentName {
    let input = Registration {
        model: "churn".into(),
        onnx: example("churn/v3.onnx"),
        meta: RegisterVersion::default(),
        reference: Some(Upload { file_name: "reference.csv".into(), bytes: reference.into() }),
        heldback: None,
        idempotency_key: None,
    };
    let version = register_version(&bed.cx, &admin(), input).await.expect("a good file registers").version;
    let settings =
        DeploymentSettings { p99_limit_ms: 60_000.0, drift_window_s: 3_600, ..DeploymentSettings::new("churn".into()) };
    bed.deploy_as("churn", version, settings).await
}

/// An hour of live rows as they are at `at`.
fn live(bed: &Bed, name: &DeploymentName, at: Millis) -> Vec<Vec<Value>> {
    let contract = bed.cx.book.get(name).unwrap().stable_version().unwrap().contract.clone();
    let place = contract.features.iter().position(|feature| feature.name == FEATURE).unwrap();
    let mut rows = parse(&example("churn/live.csv")).unwrap().records(&contract);
    rows.truncate(600);
    for row in &mut rows {
        let Value::Num(minutes) = row[place] else { panic!("a number") };
        row[place] = Value::Num(minutes + course(at));
    }
    rows
}

async fn open(bed: &Bed) -> Vec<AlertLine> {
    tick(&bed.cx).await.unwrap();
    list(&bed.cx, &admin()).await.unwrap().open
}

#[tokio::test]
async fn the_time_of_the_day_is_no_drift_and_the_wrong_time_is() {
    for mut bed in beds().await {
        bed.clock.advance(DAY - bed.cx.now().0.rem_euclid(DAY));
        let name = deployed(&bed, reference(bed.cx.now())).await;
        let known = bed.cx.book.get(&name).unwrap();
        let usual = known.stable_version().unwrap().baseline.as_ref().unwrap().usual.clone().expect("the data say when");
        assert_eq!((usual.column.as_str(), usual.span), ("event_time", HOUR));
        assert!(usual.features[FEATURE].season().is_some() && usual.features["account_length"].season().is_none());
        for hour in [6, 18] {
            bed.clock.advance(hour * HOUR - bed.cx.now().0.rem_euclid(DAY) + HOUR / 2);
            let rows = live(&bed, &name, bed.cx.now());
            bed.send(&name, &rows).await;
            bed.flush().await;
            assert_eq!(open(&bed).await, [], "as usual at {hour}");
            let view = drift(&bed.cx, &admin(), &name, last(&bed.cx, HOUR), Some(FEATURE)).await.unwrap();
            let row = view.features.iter().find(|row| row.feature == FEATURE).unwrap();
            assert!(row.now.verdict != Verdict::Fail && row.now.distance.is_some_and(|far| far < 0.15), "{row:?}");
            let said = view.selected.unwrap();
            assert!(said.evidence.contains("at the same hours of"), "{}", said.evidence);
            assert_eq!(view.features.iter().filter(|row| row.now.verdict == Verdict::Fail).count(), 0);
        }
        // Noon as if it were midnight.
        bed.clock.advance(12 * HOUR);
        let rows = live(&bed, &name, Millis(bed.cx.now().0 + 12 * HOUR));
        bed.send(&name, &rows).await;
        bed.flush().await;
        let told = open(&bed).await;
        let drifted = told.iter().find(|alert| alert.kind == AlertKind::FeatureDrift).unwrap_or_else(|| panic!("{told:?}"));
        assert_eq!(drifted.headline, format!("{FEATURE} has drifted"));
    }
}
