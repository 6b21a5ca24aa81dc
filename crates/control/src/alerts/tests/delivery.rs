//! From the outbox to the receiver: signed, tried again, ordered, redelivered, never lost, never led astray.

use super::receiver::Receiver;
use super::*;
use crate::alerts::{Outbound, deliver, forget, redeliver};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use contract::ProblemKind;
use contract::alerting::{ChannelKind, Least};
use contract::time::{DAY, MINUTE, SECOND};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// As a receiver checks it, by the specification and not by our own code.
fn is_signed(got: &receiver::Got, secret: &str) -> bool {
    let key = STANDARD.decode(secret.trim_start_matches("whsec_")).expect("base64");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key");
    mac.update(format!("{}.{}.{}", got.header("webhook-id"), got.header("webhook-timestamp"), got.body).as_bytes());
    let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    got.header("webhook-signature").split(' ').any(|signature| signature == expected)
}

#[tokio::test]
async fn a_webhook_is_signed_and_tried_until_it_arrives() {
    for (cx, clock) in near().await {
        let receiver =
            Receiver::start(&[("503 Service Unavailable", "not yet"), ("500 Internal Server Error", &"x".repeat(100_000))]);
        let made = channels::create(&cx, &engineer(), webhook("ops", &format!("{}/hook", receiver.url))).await.unwrap();
        let secret = made.secret.expect("a key was made");
        let id = open(&cx, State::Bad).await;
        assert_eq!(deliver(&cx).await.unwrap(), 1);
        assert_eq!(deliver(&cx).await.unwrap(), 0, "not due yet");
        for _ in 0..2 {
            clock.advance(10 * SECOND);
            assert_eq!(deliver(&cx).await.unwrap(), 1);
        }
        assert_eq!(sent(&cx).await, pairs(&[("triggered", "delivered")]));
        let got = receiver.got();
        assert_eq!(got.len(), 3);
        assert!(got.iter().all(|one| is_signed(one, &secret) && one.path == "/hook"), "{got:?}");
        assert!(got.iter().all(|one| one.header("webhook-id") == got[0].header("webhook-id")), "the id stays");
        assert_ne!(got[0].header("webhook-timestamp"), got[2].header("webhook-timestamp"));
        assert!(!is_signed(&receiver::Got { body: got[0].body.replace("churn", "fraud"), ..got[0].clone() }, &secret));
        let body = got[2].json();
        assert_eq!((body["type"].as_str(), body["data"]["id"].as_str()), (Some("alert.triggered"), Some(id.as_str())));
        assert!(body["data"]["sure"].as_str().unwrap().contains("99%"), "{body}");
        assert!(body["data"]["chart_url"].as_str().unwrap().contains("/fleet/churn/latency?from="), "{body}");
        assert!(body["data"]["runbook"].as_str().unwrap().contains("roll back"), "{body}");

        let view = channels::channels(&cx, &engineer()).await.unwrap();
        let [line] = &view.log[..] else { panic!("one message: {:?}", view.log) };
        let tries: Vec<_> = line.attempts.iter().map(|one| (one.status.as_str(), one.delivered, one.answer.len())).collect();
        assert_eq!(
            tries,
            [("503 Service Unavailable", false, 7), ("500 Internal Server Error", false, 512), ("200 OK", true, 2)]
        );
        assert_eq!(line.state_words, "Delivered at try 3");
        assert!(!serde_json::to_string(&view).unwrap().contains(&secret), "no view holds the secret");

        redeliver(&cx, &engineer(), &line.id).await.unwrap();
        assert_eq!(deliver(&cx).await.unwrap(), 1);
        assert_eq!(receiver.got()[3].header("webhook-id"), got[0].header("webhook-id"), "also by hand");
        let audit = cx.store.db.audit_page(None, None, 100).await.unwrap();
        assert!(audit.iter().any(|entry| entry.action == "delivery.repeated"));
        assert!(
            audit.iter().all(|entry| !entry.detail.contains(&secret) && !entry.summary.contains(&secret)),
            "nor does the log"
        );
        clock.advance(91 * DAY);
        assert_eq!(forget(&cx).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn a_receiver_that_never_answers_is_given_up_and_the_resolution_does_not_overtake() {
    for (cx, clock) in near().await {
        // Nobody listens there.
        let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        channel(&cx, webhook("ops", &format!("http://{gone}/"))).await;
        let id = open(&cx, State::Bad).await;
        deliver(&cx).await.unwrap();
        resolve(&cx, &id).await;
        assert_eq!(sent(&cx).await, pairs(&[("triggered", "waiting"), ("resolved", "waiting")]));
        for n in 2..=outbox::TRIES {
            clock.advance(61 * MINUTE);
            assert_eq!(deliver(&cx).await.unwrap(), if n == outbox::TRIES { 2 } else { 1 }, "try {n}");
        }
        assert_eq!(sent(&cx).await, pairs(&[("triggered", "failed"), ("resolved", "waiting")]));
        let log = channels::deliveries(&cx, &engineer(), None).await.unwrap();
        assert_eq!(log[1].attempts.len() as i64, outbox::TRIES);
        assert_eq!((log[1].attempts[0].status.as_str(), log[1].state), ("not reached", State::Bad), "{:?}", log[1]);
        let answer = channels::channels(&cx, &engineer()).await.unwrap().answer;
        assert_eq!((answer.state, answer.headline.as_str()), (State::Bad, "ops did not get a message"));
    }
}

#[tokio::test]
async fn a_message_outlives_the_process_that_took_it() {
    for (cx, clock) in near().await {
        let receiver = Receiver::start(&[]);
        channel(&cx, webhook("ops", &receiver.url)).await;
        open(&cx, State::Bad).await;
        // A process takes it and is killed before it has sent anything.
        let mut tx = cx.store.db.begin().await.unwrap();
        let taken = tx.delivery_claim(cx.now(), cx.now() + MINUTE).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        let next = Ctx::new(cx.store.clone(), clock.clone()).with_outbound(Outbound { private: true });
        assert_eq!(deliver(&next).await.unwrap(), 0, "the lease still runs");
        clock.advance(2 * MINUTE);
        assert_eq!(deliver(&next).await.unwrap(), 1);
        assert_eq!(receiver.got()[0].header("webhook-id"), taken.id);
    }
}

#[tokio::test]
async fn what_is_rolled_back_is_not_sent() {
    for (cx, _) in near().await {
        let receiver = Receiver::start(&[]);
        channel(&cx, webhook("ops", &receiver.url)).await;
        let mut tx = cx.store.db.begin().await.unwrap();
        raise(&cx, &mut tx, &"churn".into(), &firing(State::Bad)).await.unwrap();
        drop(tx);
        assert_eq!(deliver(&cx).await.unwrap(), 0);
        assert!(receiver.got().is_empty() && cx.store.db.alerts_open().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn nothing_leads_where_it_must_not() {
    for (cx, clock) in near().await {
        let inner = Receiver::start(&[]);
        let outer = Receiver::start(&[(&format!("302 Found\r\nlocation: {}/secret", inner.url), "")]);
        channel(&cx, webhook("ops", &outer.url)).await;
        open(&cx, State::Bad).await;
        deliver(&cx).await.unwrap();
        assert!(inner.got().is_empty(), "a redirect is not followed");
        let log = channels::deliveries(&cx, &engineer(), None).await.unwrap();
        assert!(log[0].attempts[0].answer.contains("redirects are not followed"), "{:?}", log[0]);
        // The setting was taken back, or a name has come to lead here: it is checked again when it is used.
        let far = Ctx::new(cx.store.clone(), clock.clone());
        clock.advance(MINUTE);
        assert_eq!(deliver(&far).await.unwrap(), 1);
        let log = channels::deliveries(&cx, &engineer(), None).await.unwrap();
        assert_eq!((outer.got().len(), log[0].attempts[1].status.as_str()), (1, "not allowed"), "{:?}", log[0]);
        let refused = channels::create(&far, &engineer(), webhook("near", &outer.url)).await.unwrap_err();
        assert_eq!((refused.kind, refused.errors[0].field.as_str()), (ProblemKind::Invalid, "url"));
    }
}

#[tokio::test]
async fn slack_and_pagerduty_hear_the_whole_story() {
    for (cx, _) in near().await {
        let (slack, pager) = (Receiver::start(&[]), Receiver::start(&[("202 Accepted", r#"{"status":"success"}"#); 9]));
        let at_slack = SaveChannel {
            name: "team".into(),
            kind: ChannelKind::Slack,
            secret: format!("{}/services/T/B/x", slack.url),
            least: Least::Watch,
            ..SaveChannel::default()
        };
        channel(&cx, at_slack).await;
        let at_pager = SaveChannel { kind: ChannelKind::Pagerduty, secret: "R0123456789".into(), ..webhook("pager", &pager.url) };
        channel(&cx, at_pager).await;

        let id = open(&cx, State::Watch).await;
        deliver(&cx).await.unwrap();
        assert_eq!((slack.got().len(), pager.got().len()), (1, 0), "nobody is woken for what is to be watched");
        change(&cx, &id, |row| AlertRow { severity: "bad".into(), ..row }).await;
        change(&cx, &id, |row| row).await;
        crate::alerts::acknowledge(&cx, &engineer(), &id, "looking").await.unwrap();
        resolve(&cx, &id).await;
        // The order of one alert is kept per channel: each round frees the next message.
        for _ in 0..4 {
            deliver(&cx).await.unwrap();
        }
        let actions: Vec<_> = pager.got().iter().map(|got| got.json()["event_action"].as_str().unwrap().to_owned()).collect();
        assert_eq!(actions, ["trigger", "acknowledge", "resolve"]);
        assert!(pager.got().iter().all(|got| got.path == "/v2/enqueue" && got.json()["dedup_key"] == id.as_str()));
        assert_eq!(pager.got()[0].json()["payload"]["severity"], "critical");
        let said: Vec<_> = slack.got().iter().map(|got| got.json()["text"].as_str().unwrap().to_owned()).collect();
        let begins: Vec<_> = said.iter().map(|text| text.split(':').next().unwrap()).collect();
        assert_eq!(begins, ["Watch", "Bad", "Acknowledged", "Resolved"]);
        assert!(slack.got()[2].body.contains("looking"));
    }
}
