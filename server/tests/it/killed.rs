//! kill -9 under load: whatever was acknowledged is there when the server comes back, and the rollout goes on from its step.

use crate::form::record;
use crate::site::{Site, dylib, engines, word};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The real program on a port of its own; killed when it is dropped.
pub struct Program(pub Child);

impl Drop for Program {
    fn drop(&mut self) {
        // It may have been killed already: that is the point of this test.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `database` as a setting; SQLite in the folder where there is none.
pub fn command(dir: &Path, database: Option<&str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_slipway"));
    command
        .current_dir(dir)
        .env("SLIPWAY_DATA", dir)
        .env("SLIPWAY_DEMO", "1")
        .env("SLIPWAY_PRIVATE_DESTINATIONS", "1")
        .env("ORT_DYLIB_PATH", dylib())
        .env("SLIPWAY_LOG", "warn");
    match database {
        Some(url) => command.env("DATABASE_URL", url),
        None => command.env_remove("DATABASE_URL"),
    };
    command
}

/// An address that is free just now.
pub fn free_address() -> String {
    let probe = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    probe.local_addr().expect("its address").to_string()
}

/// Starts the program and waits until it is ready.
pub fn serve(dir: &Path, database: Option<&str>, address: &str) -> Program {
    let child =
        command(dir, database).args(["serve", "--addr", address]).stdout(Stdio::null()).spawn().expect("the program starts");
    let program = Program(child);
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(5)))
        .build()
        .new_agent();
    let started = Instant::now();
    while !agent.get(format!("http://{address}/v2/health/ready")).call().is_ok_and(|reply| reply.status() == 200) {
        assert!(started.elapsed() < Duration::from_secs(60), "not ready within a minute");
        std::thread::sleep(Duration::from_millis(50));
    }
    program
}

/// Asks without panicking, because the server dies on the way.
fn try_post(agent: &ureq::Agent, token: &str, url: &str, body: &Value) -> Option<Value> {
    let request = agent.post(url).header("authorization", format!("Bearer {token}")).content_type("application/json");
    let mut reply = request.send(body.to_string()).ok().filter(|reply| reply.status() == 200)?;
    serde_json::from_slice(&reply.body_mut().read_to_vec().ok()?).ok()
}

#[test]
fn what_was_acknowledged_survives_a_kill_under_load() {
    for database in engines() {
        killed_under_load(database.as_deref());
    }
}

fn killed_under_load(database: Option<&str>) {
    let dir = tempfile::tempdir().expect("a folder");
    let people = command(dir.path(), database).args(["user", "demo", "--json"]).output().expect("people");
    let people: Value = serde_json::from_slice(&people.stdout).expect("people as JSON");
    let address = free_address();
    let program = serve(dir.path(), database, &address);
    let site = Site::at(format!("http://{address}"), dir, &people);
    site.register("churn", "churn", 2);
    site.register("churn", "churn", 3);
    let settings = json!({ "model": "churn", "recording": "durable" });
    site.post("engineer", "/api/v1/deployments", &json!({ "name": "churn", "settings": settings })).expect(201);
    site.promote("churn", 1, "churn", None);
    site.wait_for("/v2/models/churn/ready");
    let step = |weight: f64| json!({ "weight": weight, "seconds": 3600, "min_requests": 1, "exit": "manual" });
    let plan = json!({
        "steps": [step(10.0), step(50.0), step(100.0)],
        "guardrails": [{ "metric": "error_rate", "limit": 0.5, "worse": "higher", "required": true }],
        "alpha": 0.05, "planned_requests": 1000
    });
    let approved = site.promote("churn", 2, "churn", Some(plan));
    let rollout = format!("/api/v1/rollouts/{}", word(&approved["rollout"]));
    site.post("engineer", &format!("{rollout}/acts"), &json!({ "act": "advance", "reason": "Quick." })).expect(200);
    let before = site.get("engineer", &rollout).expect(200);
    assert_eq!(before["steps"][1]["state"], "current");

    let (acknowledged, stop) = (Mutex::new(Vec::new()), AtomicBool::new(false));
    let asked = json!({ "records": [record("churn", 0)] });
    std::thread::scope(|callers| {
        for _ in 0..4 {
            callers.spawn(|| {
                let agent = ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(5))).build().new_agent();
                let token = site.token("engineer");
                while !stop.load(Ordering::Relaxed) {
                    let Some(answer) = try_post(&agent, token, &format!("{}/api/v1/deployments/churn/predict", site.url), &asked)
                    else {
                        continue;
                    };
                    let outcome = json!({ "prediction_id": answer["predictions"][0]["prediction_id"], "label": "no" });
                    let told =
                        try_post(&agent, token, &format!("{}/api/v1/outcomes", site.url), &json!({ "outcomes": [outcome] }));
                    if told.is_some_and(|told| told["accepted"] == 1) {
                        acknowledged.lock().unwrap_or_else(PoisonError::into_inner).push(outcome);
                    }
                }
            });
        }
        std::thread::sleep(Duration::from_secs(4));
        drop(program);
        stop.store(true, Ordering::Relaxed);
    });
    let acknowledged = acknowledged.into_inner().unwrap_or_else(PoisonError::into_inner);
    assert!(acknowledged.len() > 10, "only {} outcomes were acknowledged before the kill", acknowledged.len());

    let _again = serve(site.dir.path(), database, &address);
    assert_eq!(site.get("engineer", "/api/v1/models/churn/versions").expect(200)["items"].as_array().map(Vec::len), Some(2));
    assert_eq!(site.get("engineer", "/api/v1/models/churn/versions/2/file").bytes, crate::form::read("churn/v3.onnx"));
    let approvals = site.get("approver", "/api/v1/approvals?state=approved").expect(200);
    assert_eq!(approvals["items"].as_array().map(Vec::len), Some(2));
    assert_eq!(site.get("admin", "/api/v1/audit/verify").expect(200)["intact"], true);
    // Told again, every acknowledged outcome is known: neither it nor its prediction was lost.
    for part in acknowledged.chunks(500) {
        let told = site.post("engineer", "/api/v1/outcomes", &json!({ "outcomes": part })).expect(200);
        assert_eq!(
            (told["accepted"].as_u64(), told["unknown"].as_u64(), told["changed"].as_u64()),
            (Some(part.len() as u64), Some(0), Some(0))
        );
    }
    let after = site.get("engineer", &rollout).expect(200);
    assert_eq!((&after["phase"], &after["steps"][1]["state"]), (&json!("running"), &json!("current")));
    let arm = |key: usize| {
        site.post(
            "",
            "/api/v1/deployments/churn/predict",
            &json!({ "records": [record("churn", 0)], "routing_key": key.to_string() }),
        )
        .expect(200)["arm"]
            .clone()
    };
    let canaries = (0..100).filter(|key| arm(*key) == "canary").count();
    assert!((25..=75).contains(&canaries), "{canaries} of 100 at 50 percent");
}
