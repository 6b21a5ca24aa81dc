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

/// Every file under a folder.
fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).map(|all| all.flatten().map(|entry| entry.path()).collect::<Vec<_>>());
    entries.unwrap_or_default().into_iter().flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn a_version_that_cannot_answer_does_not_say_that_it_is_ready() {
    let dir = tempfile::tempdir().expect("a folder");
    let people = command(dir.path(), None).args(["user", "demo", "--json"]).output().expect("people");
    let people: Value = serde_json::from_slice(&people.stdout).expect("people as JSON");
    let address = free_address();
    let program = serve(dir.path(), None, &address);
    let site = Site::at(format!("http://{address}"), dir, &people);
    site.register("churn", "churn", 2);
    site.post("engineer", "/api/v1/deployments", &json!({ "name": "churn", "settings": { "model": "churn" } })).expect(201);
    site.promote("churn", 1, "churn", None);
    site.wait_for("/v2/models/churn/ready");
    let late = json!({ "records": [record("churn", 0)], "timeout_ms": 0 });
    site.post("", "/api/v1/deployments/churn/predict", &late).problem(504, "too-late");

    drop(program);
    let model = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/churn/v2.onnx")).expect("the example");
    let stored = files(site.dir.path()).into_iter().find(|path| std::fs::read(path).is_ok_and(|bytes| bytes == model));
    std::fs::write(stored.expect("the version's file"), &model[..model.len() / 2]).expect("it is damaged");
    let _again = serve(site.dir.path(), None, &address);
    let ready = site.get("", "/v2/models/churn/ready");
    assert!(!ready.header("retry-after").is_empty());
    assert!(ready.expect(503)["error"].as_str().is_some_and(|error| error.contains("cannot answer")));
    let index = site.send("", "POST", "/v2/repository/index", &[], Vec::new()).expect(200);
    assert_eq!((&index[0]["name"], &index[0]["state"]), (&json!("churn"), &json!("UNAVAILABLE")));
    assert!(index[0]["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{index}");
}
