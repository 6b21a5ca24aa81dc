//! `POST /api/v1/datasets/compare`, and the same from the command line.

use crate::form::form;
use crate::site::{Reply, site};
use serde_json::{Value, json};
use std::process::Command;

/// Rows with a shift of `by` from the hour `from` on, thirty a minute, from a Monday on.
fn rows(start: usize, hours: usize, from: usize, by: f64) -> String {
    let mut text = String::from("at,age,plan\n");
    let mut state = 7u64 + start as u64;
    for row in start * 300..(start + hours) * 300 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let level = (state >> 40) as f64 / 16_777_216.0;
        let at = contract::Millis(1_767_571_200_000 + row as i64 * 12_000);
        let age = 20.0 + 60.0 * level + if row >= from * 300 { by } else { 0.0 };
        text.push_str(&format!("{},{age:.2},{}\n", at.rfc3339(), ["gold", "blue", "grey"][(state >> 33) as usize % 3]));
    }
    text
}

fn send(role: &str, accept: &str, options: &Value, parts: &[(&str, &str, Vec<u8>)]) -> Reply {
    let mut all = vec![("options", "", options.to_string().into_bytes())];
    all.extend(parts.iter().cloned());
    let (kind, body) = form(&all);
    site().send(role, "POST", "/api/v1/datasets/compare", &[("content-type", &kind), ("accept", accept)], body)
}

#[test]
fn files_are_compared_over_http_as_from_the_command_line() {
    let (reference, current) = (rows(0, 48, 999, 0.0), rows(48, 6, 52, 15.0));
    let options = json!({ "period": "hour", "timestamp": "at" });
    let parts = [
        ("reference", "reference.csv", reference.clone().into_bytes()),
        ("current", "current.csv", current.clone().into_bytes()),
    ];
    let answer = send("engineer", "*/*", &options, &parts);
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/x-ndjson"));
    let lines: Vec<Value> = answer.text().lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect();
    assert_eq!(lines.len(), 6);
    for (hour, line) in lines.iter().enumerate() {
        let told = line["alerts"]
            .as_array()
            .is_some_and(|alerts| alerts.iter().any(|a| a["kind"] == "feature_drift" && a["feature"] == "age"));
        assert_eq!(told, hour >= 4, "hour {hour}: {}", line["alerts"]);
    }
    assert_eq!(lines[5]["alerts"][0]["since"], lines[4]["start"]);
    let object = send("engineer", "application/json", &options, &parts).expect(200);
    assert_eq!(object["chunks"], Value::from(lines.clone()));

    let dir = tempfile::tempdir().expect("a folder");
    for (name, text) in [("reference.csv", &reference), ("current.csv", &current)] {
        std::fs::write(dir.path().join(name), text).expect("written");
    }
    let run = |more: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_slipway"))
            .args(["data", "compare", "reference.csv", "current.csv", "--period", "hour", "--timestamp", "at"])
            .args(more)
            .current_dir(dir.path())
            .output()
            .expect("the program runs")
    };
    let ran = run(&["--json"]);
    assert_eq!(ran.status.code(), Some(0), "{}", String::from_utf8_lossy(&ran.stderr));
    let printed: Vec<Value> =
        String::from_utf8_lossy(&ran.stdout).lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect();
    assert_eq!(printed, lines, "the same numbers");
    let words = run(&["--fail-on-alert"]);
    assert_eq!(words.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&words.stdout).contains("standard deviations from the reference"), "{words:?}");
    let wrong = run(&["--alert-budget", "few"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("--alert-budget"));
}

#[test]
fn what_does_not_fit_is_named() {
    let table = || b"age\n1\n2\n".to_vec();
    let both = [("reference", "r.csv", table()), ("current", "c.csv", table())];
    send("engineer", "*/*", &json!({ "period": "fortnight", "timestamp": "at" }), &both).problem(400, "invalid");
    send("engineer", "*/*", &json!({ "perid": "hour" }), &both).problem(400, "invalid");
    send("engineer", "*/*", &json!({ "numeric": "wage" }), &both).problem(400, "invalid");
    send("engineer", "*/*", &json!({}), &both[..1]).problem(400, "invalid");
    send("engineer", "*/*", &json!({}), &both[1..]).problem(400, "invalid");
    send("engineer", "*/*", &json!({}), &[("reference", "r.csv", table()), ("current", "c.pdf", b"%PDF-1.7".to_vec())])
        .problem(400, "invalid");
    send("engineer", "*/*", &json!({}), &[("references", "r.csv", table())]).problem(400, "invalid");
    send("", "*/*", &json!({}), &both).problem(401, "unauthenticated");
    site().post("engineer", "/api/v1/datasets/compare", &json!({})).problem(400, "invalid");
}

#[test]
fn a_file_is_profiled_and_held_against_a_contract() {
    let dir = tempfile::tempdir().expect("a folder");
    let contract = site().get("engineer", "/api/v1/models/churn/versions/1/contract").expect(200);
    std::fs::write(dir.path().join("contract.json"), contract.to_string()).expect("written");
    std::fs::copy(crate::form::examples().join("churn/reference.csv"), dir.path().join("good.csv")).expect("copied");
    std::fs::write(dir.path().join("bad.csv"), "account_length\n-5\nlong\n").expect("written");
    let run = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_slipway"))
            .arg("data")
            .args(arguments)
            .current_dir(dir.path())
            .output()
            .expect("the program runs")
    };
    let good = run(&["check", "good.csv", "--contract", "contract.json", "--json"]);
    assert_eq!(good.status.code(), Some(0), "{}", String::from_utf8_lossy(&good.stdout));
    let bad = run(&["check", "bad.csv", "--contract", "contract.json"]);
    assert_eq!(bad.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&bad.stdout).contains("is not there"), "{bad:?}");
    assert_eq!(run(&["check", "none.csv", "--contract", "contract.json"]).status.code(), Some(2));
    let columns: Value = serde_json::from_slice(&run(&["profile", "good.csv", "--json"]).stdout).expect("JSON");
    assert!(
        columns
            .as_array()
            .is_some_and(|all| all.iter().any(|column| column["name"] == "account_length" && column["numeric"] == true))
    );
}
