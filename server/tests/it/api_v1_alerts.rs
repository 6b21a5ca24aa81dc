//! `/api/v1/channels`, `/deliveries`, `/silences`, `/monitors`, `/deployments/{d}/route`: who is told of what.

use crate::form::record;
use crate::killed::{command, free_address, serve};
use crate::receiver::Receiver;
use crate::site::{Site, engines, settings, site, start_with, word};
use serde_json::{Value, json};
use server::Settings;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// A site of its own that may send to this machine.
fn near() -> &'static Site {
    static SITE: OnceLock<Site> = OnceLock::new();
    SITE.get_or_init(|| {
        let dir = tempfile::tempdir().expect("a folder");
        let settings = Settings { private_destinations: Some(true), ..settings(&dir) };
        start_with(dir, settings)
    })
}

fn channel(site: &Site, name: &str, url: &str) -> Value {
    site.post("engineer", "/api/v1/channels", &json!({ "name": name, "kind": "webhook", "url": url })).expect(201)
}

#[track_caller]
fn within_a_minute(what: &str, done: impl Fn() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < Duration::from_secs(60), "not within a minute: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_channel_is_made_tested_redelivered_and_removed() {
    let (site, receiver) = (near(), Receiver::start(None, 1));
    let made = channel(site, "ops", &receiver.url);
    assert!(word(&made["secret"]).starts_with("whsec_"), "shown once: {made}");
    let path = format!("/api/v1/channels/{}", word(&made["id"]));
    let shown = site.get("stakeholder", &path).expect(200);
    assert_eq!((&shown["has_secret"], shown.get("secret")), (&json!(true), None));
    let accepted = site.post("engineer", &format!("{path}/test"), &json!({})).expect(202);
    within_a_minute("the second try", || receiver.got().len() == 2);
    let got = receiver.got();
    assert_eq!(got[0].header("webhook-id"), word(&accepted["delivery"]));
    assert_eq!((got[1].header("webhook-id"), got[1].body["type"].as_str()), (got[0].header("webhook-id"), Some("alert.test")));
    let log = format!("/api/v1/deliveries?channel={}", word(&made["id"]));
    let log = site.wait_until(&log, |reply| reply.json()["items"][0]["delivery_state"] == "delivered").json();
    assert_eq!(log["items"][0]["attempts"].as_array().map(Vec::len), Some(2));
    site.post("oncall", &format!("/api/v1/deliveries/{}/redeliver", word(&accepted["delivery"])), &json!({})).expect(202);
    within_a_minute("once more by hand", || receiver.got().len() == 3);
    let changed = json!({ "name": "night", "kind": "webhook", "url": receiver.url, "least": "watch" });
    assert_eq!(site.put("engineer", &path, &changed).expect(200)["least"], "watch");
    site.send("engineer", "DELETE", &path, &[], Vec::new()).expect(204);
    site.get("engineer", &path).problem(404, "not-found");
}

#[test]
fn what_cannot_be_meant_is_refused_by_field() {
    for (body, field) in [
        (json!({ "name": "", "kind": "webhook", "url": "https://hooks.example/x" }), "name"),
        (json!({ "name": "a", "kind": "webhook", "url": "http://169.254.169.254/latest" }), "url"),
        (json!({ "name": "a", "kind": "webhook", "url": "https://127.0.0.1/" }), "url"),
        (json!({ "name": "a", "kind": "slack" }), "secret"),
        (json!({ "name": "a", "kind": "email", "to": "x", "from": "a@example.com", "host": "smtp.example.com" }), "to"),
        (json!({ "name": "a", "kind": "pigeon" }), "kind"),
    ] {
        let problem = site().post("engineer", "/api/v1/channels", &body).problem(400, "invalid");
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    let good = json!({ "name": "a", "kind": "webhook", "url": "https://hooks.example/x" });
    site().post("oncall", "/api/v1/channels", &good).problem(403, "forbidden");
    site().post("", "/api/v1/channels", &good).problem(401, "unauthenticated");
    for path in
        ["channels/nobody/test", "deliveries/nobody/redeliver", "monitors/churn/nobody/backtest", "alerts/nobody/acknowledge"]
    {
        site().post("engineer", &format!("/api/v1/{path}"), &json!({})).problem(404, "not-found");
    }
    site().get("engineer", "/api/v1/alerts/nobody").problem(404, "not-found");
    site().get("engineer", "/api/v1/monitors?deployment=nobody").problem(404, "not-found");
    site().put("engineer", "/api/v1/deployments/churn/route", &json!({ "steps": [] })).problem(400, "invalid");
    site().send("oncall", "DELETE", "/api/v1/silences/nobody", &[], Vec::new()).problem(404, "not-found");
}

#[test]
fn silences_are_made_and_ended() {
    let body = json!({ "deployment": "churn", "kind": "latency", "minutes": 5, "reason": "A load test." });
    let made = site().post("oncall", "/api/v1/silences", &body).expect(201);
    assert_eq!(made["what"], "latency in churn");
    let path = format!("/api/v1/silences/{}", word(&made["id"]));
    let all = site().get("stakeholder", "/api/v1/silences").expect(200);
    assert!(all["items"].as_array().expect("items").iter().any(|one| one["id"] == made["id"]));
    site().send("oncall", "DELETE", &path, &[], Vec::new()).expect(204);
    site().send("oncall", "DELETE", &path, &[], Vec::new()).problem(409, "conflict");
    for (bad, field) in
        [("minutes", json!(0)), ("reason", json!(" ")), ("kind", json!("nonsense")), ("deployment", json!("nobody"))]
    {
        let mut body = body.clone();
        body[bad] = field;
        assert_eq!(site().post("oncall", "/api/v1/silences", &body).problem(400, "invalid")["errors"][0]["field"], bad);
    }
    site().post("stakeholder", "/api/v1/silences", &body).problem(403, "forbidden");
}

#[test]
fn rules_are_tried_before_they_are_set() {
    let asked: Vec<Value> = (0..60).map(|row| record("churn", row)).collect();
    site().post("", "/api/v1/deployments/churn/predict", &json!({ "records": asked })).expect(200);
    let all = site().get("stakeholder", "/api/v1/monitors?deployment=churn").expect(200);
    let rules = all["items"].as_array().expect("items");
    let latency = rules.iter().find(|one| one["monitor"] == "latency").expect("latency");
    assert!(latency["words"].as_str().expect("words").contains("99th percentile"), "{latency}");
    let path = "/api/v1/monitors/churn/latency";
    let tested = |limit: f64| site().post("stakeholder", &format!("{path}/backtest"), &json!({ "limit": limit })).expect(200);
    let found = site().wait_until("/api/v1/deployments/churn/latency", |_| tested(0.01)["looks"].as_u64() > Some(0));
    assert_eq!(found.status, 200);
    assert!(tested(0.01)["headline"].as_str().expect("words").starts_with("With 0.010 ms it would"), "{}", tested(0.01));
    assert_eq!(tested(500_000.0)["episodes"], json!([]), "nothing takes that long");
    site().post("stakeholder", &format!("{path}/backtest"), &json!({ "limit": -1.0 })).problem(400, "invalid");
    site().put("oncall", path, &json!({ "limit": 75.0 })).problem(403, "forbidden");
    site().put("engineer", path, &json!({ "limit": 1e9 })).problem(400, "invalid");
    assert_eq!(site().put("engineer", path, &json!({ "limit": 75.0 })).expect(200)["limit"]["value"], 75.0);
    let now = site().get("stakeholder", "/api/v1/deployments/churn").expect(200);
    assert_eq!((&now["settings"]["p99_limit_ms"], &now["settings"]["drift_window_s"]), (&json!(75.0), &json!(120)));
    let audit = site().get("admin", "/api/v1/audit?q=monitor.changed").expect(200);
    assert!(audit["items"][0]["summary"].as_str().expect("words").contains("75 ms instead of"), "{audit}");
}

#[test]
fn a_route_is_declared_and_forgotten() {
    let site = near();
    let receiver = Receiver::start(None, 0);
    let id = word(&channel(site, "route", &receiver.url)["id"]);
    site.register("churn", "churn", 2);
    site.post("engineer", "/api/v1/deployments", &json!({ "name": "routed", "settings": { "model": "churn" } })).expect(201);
    let path = "/api/v1/deployments/routed/route";
    assert_eq!(site.get("stakeholder", path).expect(200)["declared"], false);
    let steps = json!({ "steps": [{ "channel": id, "after_minutes": 0 }, { "channel": id, "after_minutes": 15 }] });
    let saved = site.put("engineer", path, &steps).expect(200);
    assert!(saved["words"][1].as_str().expect("words").starts_with("After 15 minutes"), "{saved}");
    site.put("oncall", path, &steps).problem(403, "forbidden");
    let late = json!({ "steps": [{ "channel": id, "after_minutes": 5 }] });
    assert_eq!(site.put("engineer", path, &late).problem(400, "invalid")["errors"][0]["field"], "steps[0].after_minutes");
    assert_eq!(site.send("engineer", "DELETE", path, &[], Vec::new()).expect(200)["declared"], false);
}

#[test]
fn a_message_survives_a_kill() {
    for database in engines() {
        let dir = tempfile::tempdir().expect("a folder");
        let people = command(dir.path(), database.as_deref()).args(["user", "demo", "--json"]).output().expect("people");
        let people: Value = serde_json::from_slice(&people.stdout).expect("people as JSON");
        let (address, hook) = (free_address(), free_address());
        let program = serve(dir.path(), database.as_deref(), &address);
        let site = Site::at(format!("http://{address}"), dir, &people);
        let made = channel(&site, "ops", &format!("http://{hook}/hook"));
        let path = format!("/api/v1/channels/{}/test", word(&made["id"]));
        let accepted = site.post("engineer", &path, &json!({})).expect(202);
        let tried =
            |reply: &crate::site::Reply| reply.json()["items"][0]["attempts"].as_array().is_some_and(|tries| !tries.is_empty());
        let log = site.wait_until("/api/v1/deliveries", tried).json();
        assert_eq!(log["items"][0]["delivery_state"], "waiting", "nobody listens yet: {log}");
        // Killed as it stands: the drop is `kill -9`.
        drop(program);
        let receiver = Receiver::start(Some(&hook), 0);
        let _program = serve(site.dir.path(), database.as_deref(), &address);
        within_a_minute("it arrives after the restart", || !receiver.got().is_empty());
        assert_eq!(receiver.got()[0].header("webhook-id"), word(&accepted["delivery"]));
        site.wait_until("/api/v1/deliveries", |reply| reply.json()["items"][0]["delivery_state"] == "delivered");
    }
}
