//! Rules over real windows: what fires live is what the back-test finds, and a limit is tried before it is set.

use super::*;
use crate::alerts::{list, tick};
use crate::testbed::{admin, beds};
use crate::testing::person;
use contract::time::{HOUR, MINUTE};
use contract::verdict::State;
use contract::{ProblemKind, Role};

#[tokio::test]
async fn a_back_test_finds_what_fired_live() {
    for mut bed in beds().await {
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        let (calm, drifted) = (bed.rows(&name, "live.csv"), bed.rows(&name, "live_drifted.csv"));
        let mut live = Vec::new();
        for (rows, wait) in [(&calm, 2 * HOUR), (&drifted, 2 * HOUR), (&calm, 5 * MINUTE)] {
            bed.send(&name, rows).await;
            bed.flush().await;
            tick(&bed.cx).await.unwrap();
            live.extend(
                list(&bed.cx, &admin())
                    .await
                    .unwrap()
                    .open
                    .into_iter()
                    .map(|alert| (alert.kind.word(), alert.subject, alert.since)),
            );
            bed.clock.advance(wait);
        }
        let viewer = person("v", Role::Viewer);
        for rule in ["feature_drift", "prediction_drift"] {
            let test = backtest(&bed.cx, &viewer, &name, rule, None).await.unwrap();
            assert!(test.looks > 0 && test.tried == test.current, "{test:?}");
            let mut fired: Vec<_> =
                live.iter().filter(|(kind, ..)| *kind == rule).map(|(_, subject, _)| subject.clone()).collect();
            let mut found: Vec<_> = test.episodes.iter().map(|episode| episode.subject.clone()).collect();
            fired.sort();
            fired.dedup();
            found.sort();
            found.dedup();
            assert_eq!(found, fired, "{rule}");
            let began = live.iter().find(|(kind, ..)| *kind == rule).unwrap().2;
            for episode in &test.episodes {
                assert!(episode.from + -2 * MINUTE <= began && began <= episode.to, "{episode:?} and {began}");
                assert!(episode.url.contains("/fleet/churn/drift") && episode.url.contains("from="), "{episode:?}");
            }
        }
        let strict = backtest(&bed.cx, &viewer, &name, "feature_drift", Some(9.0)).await.unwrap();
        let now = backtest(&bed.cx, &viewer, &name, "feature_drift", None).await.unwrap();
        assert!(
            strict.episodes.is_empty() && now.current_fired == now.episodes.len() && strict.current_fired == now.current_fired
        );
        assert!(
            strict.headline.starts_with("With 9 it would not have fired in")
                && strict.sentence.contains("With 0.15, as it is set"),
            "{strict:?}"
        );
        let quiet = backtest(&bed.cx, &viewer, &name, "errors", Some(0.5)).await.unwrap();
        assert!(quiet.looks > 0 && quiet.episodes.is_empty(), "{quiet:?}");
        // Nothing took as long as the limit of this deployment; with a hundredth of a millisecond everything did.
        let quick = backtest(&bed.cx, &viewer, &name, "latency", Some(0.01)).await.unwrap();
        assert!(!quick.episodes.is_empty() && quick.current_fired == 0, "{quick:?}");
        assert_eq!(backtest(&bed.cx, &viewer, &name, "nonsense", None).await.unwrap_err().kind, ProblemKind::NotFound);
        assert_eq!(backtest(&bed.cx, &viewer, &name, "errors", Some(7.0)).await.unwrap_err().errors[0].field, "limit");
        assert_eq!(bed.cx.book.get(&name).unwrap().settings.drift_threshold, 0.15, "trying changes nothing");

        assert_eq!(save(&bed.cx, &viewer, &name, "feature_drift", 9.0).await.unwrap_err().kind, ProblemKind::Forbidden);
        let line = save(&bed.cx, &admin(), &name, "feature_drift", 9.0).await.unwrap();
        assert!(line.limit.is_some_and(|limit| limit.value == 9.0) && line.words.contains("lies 9 or more"), "{line:?}");
        let settings = bed.cx.book.get(&name).unwrap().settings.clone();
        assert_eq!((settings.drift_threshold, settings.drift_window_s), (9.0, 600), "all else stays");
        let entry = &bed.cx.store.db.audit_of("deployment", "churn", 1).await.unwrap()[0];
        assert_eq!(
            (entry.action.as_str(), entry.summary.as_str()),
            ("monitor.changed", "Feature drift of churn: the limit is 9 instead of 0.15")
        );
        save_runbook(&bed.cx, &admin(), &name, "https://wiki.example/churn").await.unwrap();
        assert_eq!(save_runbook(&bed.cx, &admin(), &name, "javascript:x").await.unwrap_err().errors[0].field, "runbook_url");
    }
}

#[tokio::test]
async fn the_page_shows_every_rule_and_who_is_told() {
    for mut bed in beds().await {
        let version = bed.register("v3").await;
        let name = bed.deploy(version).await;
        let before = page(&bed.cx, &admin(), &name, None, None).await.unwrap();
        assert_eq!((before.answer.state, before.backtest), (State::Unknown, None), "nothing could have fired yet");
        let rows = bed.rows(&name, "live_drifted.csv");
        bed.send(&name, &rows).await;
        bed.flush().await;
        tick(&bed.cx).await.unwrap();
        let view = page(&bed.cx, &person("v", Role::Viewer), &name, Some("feature_drift"), Some(0.5)).await.unwrap();
        let rule = |word: &str| view.monitors.iter().find(|line| line.monitor == word).unwrap().clone();
        assert!(rule("feature_drift").state == State::Watch && rule("errors").state == State::Ok, "{:?}", view.monitors);
        assert!(rule("quality").state_words.starts_with("Not enough data"));
        assert_eq!(view.backtest.as_ref().map(|test| test.tried), Some(0.5));
        assert!(!view.may_change.ok && !view.open.is_empty() && view.open.iter().all(|line| !line.runbook.is_empty()));
        assert_eq!(view.route.words, ["There is no channel yet, so nobody is told."]);
        // What cannot be tried is shown as it is set.
        let odd = page(&bed.cx, &admin(), &name, Some("errors"), Some(-5.0)).await.unwrap();
        assert_eq!(odd.backtest.map(|test| test.tried), Some(0.01));
    }
}
