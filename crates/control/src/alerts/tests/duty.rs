//! Who is told, and when: silences, steps, acknowledgements, channels that are off, and what each role may do.

use super::receiver::Receiver;
use super::*;
use crate::alerts::{acknowledge, deliver, escalate, list, silences};
use contract::ProblemKind;
use contract::alerting::SaveSilence;
use contract::time::MINUTE;

fn quiet(minutes: u32) -> SaveSilence {
    SaveSilence {
        deployment: String::new(),
        kind: "errors".into(),
        minutes,
        reason: "a migration".into(),
        ..SaveSilence::default()
    }
}

#[tokio::test]
async fn what_is_silenced_is_recorded_and_told_when_the_silence_ends() {
    for (cx, clock) in near().await {
        let receiver = Receiver::start(&[]);
        channel(&cx, webhook("ops", &receiver.url)).await;
        let made = silences::save(&cx, &person("o", Role::Oncall), quiet(60)).await.unwrap();
        assert_eq!(made.what, "errors in all deployments");
        let id = open(&cx, State::Bad).await;
        assert_eq!((escalate(&cx).await.unwrap(), deliver(&cx).await.unwrap()), (0, 0));
        let view = list(&cx, &engineer()).await.unwrap();
        assert_eq!(view.open[0].silenced.as_ref().map(|silence| silence.reason.as_str()), Some("a migration"));
        assert_eq!(crate::alerts::firing(&cx).await.unwrap(), 0);
        clock.advance(61 * MINUTE);
        assert_eq!((escalate(&cx).await.unwrap(), deliver(&cx).await.unwrap()), (1, 1));
        assert_eq!(receiver.got()[0].json()["data"]["id"], id.as_str());
        let again = silences::save(&cx, &engineer(), quiet(60)).await.unwrap();
        silences::end(&cx, &engineer(), &again.id).await.unwrap();
        assert_eq!(silences::end(&cx, &engineer(), &again.id).await.unwrap_err().kind, ProblemKind::Conflict);
        let actions: Vec<String> =
            cx.store.db.audit_page(None, None, 100).await.unwrap().into_iter().map(|entry| entry.action).collect();
        for action in ["alert.silenced", "alert.unsilenced", "alert.escalated"] {
            assert!(actions.iter().any(|one| one == action), "{action} in {actions:?}");
        }
    }
}

#[tokio::test]
async fn an_alert_that_nobody_acknowledges_climbs_the_steps() {
    for (cx, clock) in near().await {
        let (first, second) = (Receiver::start(&[]), Receiver::start(&[]));
        let owner = channel(&cx, webhook("owner", &first.url)).await;
        let boss = channel(&cx, webhook("boss", &second.url)).await;
        let steps = json!([{ "channel": owner, "after_minutes": 0 }, { "channel": boss, "after_minutes": 15 }]);
        let mut tx = cx.store.db.begin().await.unwrap();
        let row = store::alert_channels::RouteRow {
            deployment: "churn".into(),
            steps: steps.to_string(),
            updated_at: 0,
            updated_by: "Ada".into(),
        };
        tx.alert_route_put(&row).await.unwrap();
        tx.commit().await.unwrap();
        let id = open(&cx, State::Bad).await;
        clock.advance(14 * MINUTE);
        assert_eq!((escalate(&cx).await.unwrap(), deliver(&cx).await.unwrap()), (0, 1));
        clock.advance(2 * MINUTE);
        assert_eq!((escalate(&cx).await.unwrap(), deliver(&cx).await.unwrap()), (1, 1));
        assert_eq!(escalate(&cx).await.unwrap(), 0, "once");
        assert_eq!((first.got().len(), second.got()[0].json()["type"].as_str()), (1, Some("alert.escalated")));
        resolve(&cx, &id).await;
        assert_eq!(deliver(&cx).await.unwrap(), 2, "both hear that it is over");

        let id = open(&cx, State::Bad).await;
        acknowledge(&cx, &engineer(), &id, "").await.unwrap();
        clock.advance(20 * MINUTE);
        assert_eq!(escalate(&cx).await.unwrap(), 0, "somebody is on it");
        for _ in 0..2 {
            deliver(&cx).await.unwrap();
        }
        assert_eq!((first.got().len(), second.got().len()), (4, 2));
    }
}

#[tokio::test]
async fn channels_are_changed_by_those_who_may_and_keep_their_secret() {
    for (cx, clock) in near().await {
        let receiver = Receiver::start(&[]);
        let input = webhook("ops", &receiver.url);
        let id = channel(&cx, input.clone()).await;
        let oncall = person("o", Role::Oncall);
        assert_eq!(channels::create(&cx, &oncall, input.clone()).await.unwrap_err().kind, ProblemKind::Forbidden);
        assert_eq!(channels::create(&cx, &engineer(), input.clone()).await.unwrap_err().kind, ProblemKind::Conflict);
        let secret = cx.store.db.channel(id.as_str()).await.unwrap().unwrap().secret;
        let renamed = SaveChannel { name: "night".into(), ..input.clone() };
        assert_eq!(channels::update(&cx, &engineer(), &id, renamed.clone()).await.unwrap().line.name, "night");
        assert_eq!(cx.store.db.channel(id.as_str()).await.unwrap().unwrap().secret, secret, "an empty secret leaves it");
        channels::test_send(&cx, &engineer(), &id).await.unwrap();
        deliver(&cx).await.unwrap();
        assert_eq!(receiver.got()[0].json()["type"], "alert.test");
        channels::update(&cx, &engineer(), &id, SaveChannel { disabled: true, ..renamed }).await.unwrap();
        assert_eq!(channels::test_send(&cx, &engineer(), &id).await.unwrap_err().kind, ProblemKind::Conflict);
        let alert = open(&cx, State::Bad).await;
        assert_eq!(deliver(&cx).await.unwrap(), 0, "it is turned off");
        channels::remove(&cx, &engineer(), &id).await.unwrap();
        assert_eq!(channels::channel(&cx, &engineer(), &id).await.unwrap_err().kind, ProblemKind::NotFound);
        clock.advance(MINUTE);
        channel(&cx, input).await;
        assert_eq!(escalate(&cx).await.unwrap(), 0, "a new channel is not told of the past");
        resolve(&cx, &alert).await;
        let bad = SaveSilence { kind: "nonsense".into(), ..quiet(1) };
        assert_eq!(silences::save(&cx, &oncall, bad).await.unwrap_err().errors[0].field, "kind");
        assert_eq!(silences::save(&cx, &oncall, quiet(0)).await.unwrap_err().errors[0].field, "minutes");
        assert_eq!(silences::save(&cx, &person("v", Role::Viewer), quiet(1)).await.unwrap_err().kind, ProblemKind::Forbidden);
    }
}
