//! Budgets over real windows: the right requests fall into each window, an alert opens an incident, holds, and ends.

use super::*;
use crate::alerts;
use crate::monitoring::last;
use crate::monitoring::spans::FINE;
use crate::monitoring::window::Operations;
use crate::testbed::{Bed, admin, beds};
use contract::time::{DAY, HOUR, MINUTE};
use contract::verdict::State;
use contract::views::alerts::AlertKind;
use contract::views::slo::Objective;
use contract::{DeploymentName, Millis, Verdict};
use store::windows::WindowRow;

/// Requests of one moment, in the windows of all spans that a writer would have written.
async fn counted(bed: &Bed, name: &DeploymentName, at: Millis, requests: u64, failed: u64, slow: u64) {
    let mut operations = Operations::default();
    (operations.counts.requests, operations.counts.failed, operations.counts.slow) = (requests, failed, slow);
    let mut tx = bed.cx.store.db.begin().await.unwrap();
    for span in [FINE, MINUTE, HOUR] {
        let row = WindowRow {
            deployment: name.0.clone(),
            version: 1,
            arm: "stable".into(),
            start: at.floor_to(span).0,
            span,
            writer: format!("{}-{requests}-{failed}-{slow}", at.0),
            operations: serde_json::to_string(&operations).unwrap(),
            features: "{}".into(),
            sums: crate::monitoring::sums::Sums::of(&operations.counts),
        };
        tx.window_replace(&row).await.unwrap();
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn each_window_holds_its_own_requests() {
    for bed in beds().await.into_iter().take(1) {
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        bed.clock.advance(5 * DAY + 17 * MINUTE);
        let now = bed.cx.now();
        // One request with its own number of failures just inside and just outside of each window.
        for (ago, failed) in [
            (2 * MINUTE, 1),
            (20 * MINUTE, 10),
            (50 * MINUTE, 100),
            (5 * HOUR + 50 * MINUTE, 1_000),
            (6 * HOUR + 10 * MINUTE, 10_000),
            (2 * DAY + 23 * HOUR, 100_000),
            (3 * DAY + 5 * MINUTE, 1_000_000),
        ] {
            counted(&bed, &name, Millis(now.0 - ago), 1, failed, 0).await;
        }
        let recent = read::recent(&bed.cx, &name).await.unwrap();
        for (length, failed) in [(5 * MINUTE, 1), (30 * MINUTE, 11), (HOUR, 111), (6 * HOUR, 1_111), (3 * DAY, 111_111)] {
            assert_eq!(recent.last(length, Objective::Availability).bad, failed, "{length}");
        }
        assert_eq!(recent.last(DAY, Objective::Latency).bad, 0);
    }
}

#[tokio::test]
async fn a_budget_that_goes_too_fast_opens_an_incident_and_is_shown() {
    for bed in beds().await {
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        bed.clock.advance(2 * HOUR);
        let now = bed.cx.now();
        // Good for an hour, and then one of forty fails.
        counted(&bed, &name, Millis(now.0 - 90 * MINUTE), 10_000, 0, 0).await;
        for minute in 0..10 {
            counted(&bed, &name, Millis(now.0 - minute * MINUTE), 400, 10, 4).await;
        }
        alerts::tick(&bed.cx).await.unwrap();
        let budget = |open: Vec<contract::views::alerts::AlertLine>| -> Vec<(String, State)> {
            open.into_iter().filter(|line| line.kind == AlertKind::ErrorBudget).map(|line| (line.subject, line.state)).collect()
        };
        let open = alerts::list(&bed.cx, &admin()).await.unwrap().open;
        assert_eq!(budget(open), [("availability".to_owned(), State::Bad)]);
        let incidents = crate::incidents::list(&bed.cx, &admin()).await.unwrap().incidents;
        assert_eq!((incidents.len(), incidents[0].severity), (1, State::Bad));

        let shown = view(&bed.cx, &admin(), &name, last(&bed.cx, HOUR)).await.unwrap();
        let [availability, latency] = &shown.objectives[..] else { panic!("two objectives") };
        assert_eq!((availability.requests, availability.bad, availability.state), (14_000, 100, State::Bad));
        let left = availability.left.unwrap();
        assert!((left - (1.0 - 100.0 / 14.0)).abs() < 1e-9, "{left}");
        assert_eq!(availability.burns[0].verdict, Verdict::Fail);
        assert!(availability.burns[0].long.is_some_and(|burn| (burn - 25.0).abs() < 1e-6), "{:?}", availability.burns[0]);
        assert_eq!(availability.left_over_time.last().and_then(|point| point.value), Some(left));
        assert!(availability.burn_over_time.iter().filter_map(|point| point.value).any(|burn| burn > 14.4));
        assert_eq!((latency.bad, latency.state), (40, State::Ok));
        assert!(latency.left.is_some_and(|left| left > 0.7), "{:?}", latency.left);
        assert!(shown.answer.headline.contains("14.4 times too fast over 1 h"), "{}", shown.answer.headline);

        // Half an hour later the fast rules are clean; three days still have too much, which somebody should look at.
        bed.clock.advance(6 * MINUTE);
        counted(&bed, &name, bed.cx.now(), 2_000, 0, 0).await;
        bed.clock.advance(60 * MINUTE);
        alerts::tick(&bed.cx).await.unwrap();
        let open = alerts::list(&bed.cx, &admin()).await.unwrap().open;
        assert_eq!(budget(open), [("availability".to_owned(), State::Watch)]);
        // Six good hours later it has ended: three quiet looks.
        bed.clock.advance(6 * HOUR);
        counted(&bed, &name, bed.cx.now(), 2_001, 0, 0).await;
        for _ in 0..3 {
            alerts::tick(&bed.cx).await.unwrap();
        }
        assert_eq!(budget(alerts::list(&bed.cx, &admin()).await.unwrap().open), []);
    }
}
