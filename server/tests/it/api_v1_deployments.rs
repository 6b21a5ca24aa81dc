//! `/api/v1/deployments/…`, `/api/v1/fleet`: served names, plain records, what is watched.

use crate::form::record;
use crate::site::site;
use serde_json::json;

#[test]
fn a_deployment_is_made_changed_and_listed() {
    let settings = json!({ "model": "churn", "owner_team": "Retention", "p99_limit_ms": 40.0 });
    let made = site().post("engineer", "/api/v1/deployments", &json!({ "name": "second", "settings": settings }));
    assert_eq!(made.header("location"), "/api/v1/deployments/second");
    assert_eq!(made.expect(201)["stable"], json!(null));
    site().post("engineer", "/api/v1/deployments", &json!({ "name": "second", "settings": settings })).problem(409, "conflict");
    site()
        .post("engineer", "/api/v1/deployments", &json!({ "name": "third", "settings": { "model": "nobody" } }))
        .expect_refused(&[400, 404]);
    site().post("engineer", "/api/v1/deployments", &json!({ "name": "a b", "settings": settings })).problem(400, "invalid");
    site().post("oncall", "/api/v1/deployments", &json!({ "name": "not-mine", "settings": settings })).problem(403, "forbidden");
    let changed = json!({ "model": "churn", "description": "Another." });
    assert_eq!(site().put("engineer", "/api/v1/deployments/second", &changed).expect(200)["settings"]["description"], "Another.");
    assert_eq!(site().get("stakeholder", "/api/v1/deployments/second").expect(200)["settings"]["description"], "Another.");
    site().get("stakeholder", "/api/v1/deployments/nobody").problem(404, "not-found");
    let all = site().get("stakeholder", "/api/v1/deployments").expect(200);
    assert!(all["items"].as_array().expect("items").iter().any(|item| item["name"] == "churn" && item["stable"] == 1));
    // It exists and has nothing that could answer.
    let nothing = site().post("", "/api/v1/deployments/second/predict", &json!({ "records": [record("churn", 0)] }));
    assert!(matches!(nothing.status, 404 | 503), "{}", nothing.text());
}

#[test]
fn plain_records_are_answered() {
    let asked = json!({ "records": [record("churn", 0), record("churn", 1)], "routing_key": 7 });
    let answer = site().post("", "/api/v1/deployments/churn/predict", &asked).expect(200);
    assert_eq!((&answer["version"], &answer["arm"], answer.get("fallback")), (&json!(1), &json!("stable"), None));
    let lines = answer["predictions"].as_array().expect("predictions");
    assert_eq!(lines.len(), 2);
    assert_ne!(lines[0]["prediction_id"], lines[1]["prediction_id"]);
    for line in lines {
        assert!(["yes", "no"].contains(&line["label"].as_str().expect("a class")));
        let sum: f64 = line["scores"].as_object().expect("scores").values().filter_map(|score| score.as_f64()).sum();
        assert!((sum - 1.0).abs() < 1e-5, "{line}");
    }
}

#[test]
fn records_that_do_not_fit_are_refused_by_name() {
    let path = "/api/v1/deployments/churn/predict";
    let mut wrong = record("churn", 0);
    wrong["total_day_minutes"] = json!("many");
    assert!(
        site().post("", path, &json!({ "records": [wrong] })).problem(400, "invalid")["detail"]
            .as_str()
            .expect("words")
            .contains("total_day_minutes")
    );
    for body in [json!({}), json!([]), json!({ "records": [] }), json!({ "records": 3 }), json!({ "records": [1] })] {
        site().post("", path, &body).problem(400, "invalid");
    }
    site().post("", path, &json!({ "records": [record("churn", 0)], "version": 99 })).problem(404, "not-found");
    site().post("", "/api/v1/deployments/nobody/predict", &json!({ "records": [record("churn", 0)] })).problem(404, "not-found");
    site().get("", path).problem(405, "method-not-allowed");
    let reply = site().send("", "POST", path, &[("authorization", "Bearer slp_none")], b"{}".to_vec());
    reply.problem(401, "unauthenticated");
}

#[test]
fn latency_is_told_in_parts_with_units_in_names() {
    site()
        .post("", "/api/v1/deployments/churn/predict", &json!({ "records": [record("churn", 5), record("churn", 6)] }))
        .expect(200);
    let has_parts = |view: &serde_json::Value| view["versions"].as_array().is_some_and(|versions| !versions.is_empty());
    let view =
        site().wait_until("/api/v1/deployments/churn/latency", |reply| reply.status == 200 && has_parts(&reply.json())).json();
    assert_eq!(view["relative_error"], 0.01);
    let one = view["versions"].as_array().expect("versions").iter().find(|one| one["version"] == 1).expect("version 1");
    assert_eq!(one["arm"], "stable");
    for (part, least) in [("wait", 0.0), ("queue", 0.0), ("compute", 1e-6), ("rest", 1e-6), ("overhead", 1e-6)] {
        let part = &one["parts"][part];
        let (p50, p99) = (part["p50_ms"].as_f64().expect("p50"), part["p99_ms"].as_f64().expect("p99"));
        assert!(least <= p50 && p50 <= p99 && part["n"].as_u64() > Some(0), "{part}");
    }
    let mean = |part: &str| one["parts"][part]["mean_ms"].as_f64().expect("a mean");
    let whole = mean("compute") + mean("overhead");
    assert!((["wait", "queue", "compute", "rest"].map(mean).iter().sum::<f64>() - whole).abs() < 1e-6);
    assert!(one["batches"].as_array().is_some_and(|steps| steps.iter().any(|step| step["runs"].as_u64() > Some(0))), "{one}");
    assert!(one["memory_bytes"].as_u64() > Some(0) && view["totals"]["degraded_share"].is_number());
}

#[test]
fn what_is_watched_can_be_read() {
    site().post("", "/api/v1/deployments/churn/predict", &json!({ "records": [record("churn", 3)] })).expect(200);
    let fleet = site().get("stakeholder", "/api/v1/fleet?range=1h").expect(200);
    assert!(fleet["deployments"].as_array().expect("deployments").iter().any(|line| line["name"] == "churn"));
    for page in ["overview", "drift", "latency", "quality"] {
        let path = format!("/api/v1/deployments/churn/{page}");
        assert_eq!(site().get("stakeholder", &format!("{path}?range=15m")).expect(200)["head"]["name"], "churn", "{page}");
        site().get("stakeholder", &format!("{path}?range=soon")).problem(400, "invalid");
        site().get("stakeholder", &format!("/api/v1/deployments/nobody/{page}")).problem(404, "not-found");
        site().get("", &path).problem(401, "unauthenticated");
    }
    site().get("stakeholder", "/api/v1/deployments/churn/drift?feature=total_day_minutes").expect(200);
}

impl crate::site::Reply {
    /// A problem with one of these statuses.
    #[track_caller]
    pub fn expect_refused(self, statuses: &[u16]) {
        assert!(statuses.contains(&self.status), "{} {}", self.status, self.text());
        assert_eq!(self.header("content-type"), "application/problem+json");
    }
}
