//! `/api/v1/rollouts/…` and `/api/v1/deployments/{d}/rollback`, on a site of its own.

use crate::form::record;
use crate::pages::signed_in;
use crate::site::{Site, engines, settings, start_with, word};
use serde_json::{Value, json};
use server::Settings;

#[test]
fn a_rollout_is_driven_by_hand_and_ended() {
    for database_url in engines() {
        let dir = tempfile::tempdir().expect("a folder");
        let settings = Settings { database_url, ..settings(&dir) };
        driven_by_hand_and_ended(&start_with(dir, settings));
    }
}

fn driven_by_hand_and_ended(site: &Site) {
    site.register("churn", "churn", 2);
    site.register("churn", "churn", 3);
    site.post("engineer", "/api/v1/deployments", &json!({ "name": "churn", "settings": { "model": "churn" } })).expect(201);
    site.promote("churn", 1, "churn", None);
    site.wait_for("/v2/models/churn/ready");
    let step = |weight: f64| json!({ "weight": weight, "seconds": 0, "min_requests": 0, "exit": "manual" });
    let plan = json!({
        "steps": [step(20.0), step(60.0), step(100.0)],
        "guardrails": [{ "metric": "error_rate", "limit": 0.5, "worse": "higher", "required": false }],
        "alpha": 0.05, "planned_requests": 1000
    });
    // Around the approval there is no way.
    site.post("engineer", "/api/v1/rollouts", &json!({ "deployment": "churn", "version": 2, "plan": plan, "reason": "Now." }))
        .problem(403, "needs-approval");
    let approved = site.promote("churn", 2, "churn", Some(plan));
    let id = word(&approved["rollout"]);
    let path = format!("/api/v1/rollouts/{id}");
    let act =
        |role: &str, act: &str, reason: &str| site.post(role, &format!("{path}/acts"), &json!({ "act": act, "reason": reason }));
    let view = site.get("stakeholder", &path).expect(200);
    assert_eq!((&view["phase"], &view["stable"], &view["canary"]), (&json!("running"), &json!(1), &json!(2)));

    // Sticky: one key, one arm; and the share is about what the step says.
    let arm = |key: &str| {
        site.post("", "/api/v1/deployments/churn/predict", &json!({ "records": [record("churn", 0)], "routing_key": key }))
            .expect(200)["arm"]
            .clone()
    };
    let arms: Vec<Value> = (0..200).map(|i| arm(&i.to_string())).collect();
    let canaries = arms.iter().filter(|arm| **arm == "canary").count();
    assert!((15..=65).contains(&canaries), "{canaries} of 200 at 20 percent");
    assert!((0..20).all(|i| arm(&i.to_string()) == arms[i]));

    act("stakeholder", "pause", "No.").problem(403, "forbidden");
    act("engineer", "pause", "").problem(400, "invalid");
    act("engineer", "sail", "Why not.").problem(400, "invalid");
    assert_eq!(act("engineer", "pause", "A look.").expect(200)["phase"], "paused");
    act("engineer", "pause", "Again.").problem(409, "conflict");
    assert_eq!(act("oncall", "resume", "Fine.").expect(200)["phase"], "running");
    let at = act("engineer", "advance", "Quick.").expect(200);
    assert_eq!(at["steps"][1]["state"], "current");
    assert_eq!(act("oncall", "roll_back", "Customers call.").expect(200)["phase"], "rolled_back");
    assert!((0..50).all(|i| arm(&i.to_string()) == "stable"));
    act("engineer", "advance", "Late.").problem(409, "conflict");
    let ended = site.get("engineer", "/api/v1/rollouts?deployment=churn&state=rolled_back").expect(200);
    assert_eq!(ended["items"][0]["id"], json!(id));
    assert_eq!(site.get("engineer", "/api/v1/rollouts?state=running").expect(200)["items"], json!([]));
    site.get("engineer", "/api/v1/rollouts/nothing").problem(404, "not-found");

    // A second one goes to the end, and then the deployment goes back as a whole.
    let quick = json!({ "steps": [{ "weight": 100.0, "seconds": 0, "min_requests": 0, "exit": "nothing_worse" }], "guardrails": [], "alpha": 0.05, "planned_requests": 100 });
    site.promote("churn", 2, "churn", Some(quick));
    site.wait_until("/api/v1/deployments/churn", |reply| reply.json()["stable"] == 2);
    site.post("stakeholder", "/api/v1/deployments/churn/rollback", &json!({ "reason": "No." })).problem(403, "forbidden");
    let back = site.post("oncall", "/api/v1/deployments/churn/rollback", &json!({ "reason": "Customers call." })).expect(200);
    assert_eq!(back["stable"], 1);
    let answer = site.post("", "/api/v1/deployments/churn/predict", &json!({ "records": [record("churn", 0)] })).expect(200);
    assert_eq!(answer["version"], 1);
    site.post("oncall", "/api/v1/deployments/churn/rollback", &json!({ "to": 99, "reason": "No." }))
        .expect_refused(&[400, 403, 404, 409]);
    site.post("oncall", "/api/v1/deployments/nobody/rollback", &json!({ "reason": "No." })).problem(404, "not-found");

    // All of that is in the log, whose chain holds, and on a page for who signs in.
    assert_eq!(site.get("admin", "/api/v1/audit/verify").expect(200)["intact"], true);
    let page = site.send("", "GET", &format!("/releases/{id}"), &[("cookie", &signed_in(site, "engineer"))], vec![]);
    assert!(page.status == 200 && page.text().contains("Customers call."), "{} {}", page.status, page.text());
}
