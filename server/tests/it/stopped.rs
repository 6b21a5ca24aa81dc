//! Asked to stop: endless answers end, what was answered is written, and the program says that all is well.

use crate::form::record;
use crate::killed::{command, free_address, serve};
use crate::site::Site;
use serde_json::{Value, json};
use std::process::Command;
use std::time::{Duration, Instant};

#[test]
fn what_was_answered_is_written_before_it_ends() {
    let dir = tempfile::tempdir().expect("a folder");
    let people = command(dir.path(), None).args(["user", "demo", "--json"]).output().expect("people");
    let people: Value = serde_json::from_slice(&people.stdout).expect("people as JSON");
    let address = free_address();
    let mut program = serve(dir.path(), None, &address);
    let site = Site::at(format!("http://{address}"), dir, &people);
    site.register("churn", "churn", 2);
    site.post("engineer", "/api/v1/deployments", &json!({ "name": "churn", "settings": { "model": "churn" } })).expect(201);
    site.promote("churn", 1, "churn", None);
    site.wait_for("/v2/models/churn/ready");

    // An open stream of events must not keep it from stopping.
    let stream = ureq::http::Request::get(format!("{}/api/v1/stream", site.url))
        .header("authorization", format!("Bearer {}", site.token("oncall")))
        .body(())
        .expect("a request");
    let stream = ureq::Agent::config_builder().build().new_agent().run(stream).expect("a stream");
    let asked = json!({ "records": (0..50).map(|row| record("churn", row)).collect::<Vec<_>>() });
    let answer = site.post("", "/api/v1/deployments/churn/predict", &asked).expect(200);

    let started = Instant::now();
    let pid = program.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("a signal").success());
    let ended = program.0.wait().expect("it ends");
    assert!(ended.success(), "{ended:?}");
    assert!(started.elapsed() < Duration::from_secs(15), "it took {:?}", started.elapsed());
    drop(stream);

    let _again = serve(site.dir.path(), None, &address);
    let told = |line: &Value| json!({ "prediction_id": line["prediction_id"], "label": "no" });
    let outcomes: Vec<Value> = answer["predictions"].as_array().expect("predictions").iter().map(told).collect();
    let kept = site.post("engineer", "/api/v1/outcomes", &json!({ "outcomes": outcomes })).expect(200);
    assert_eq!((kept["accepted"].as_u64(), kept["unknown"].as_u64()), (Some(50), Some(0)));
}
