//! The program's other commands, run as a script runs them.

use crate::form::{examples, record};
use crate::site::{Site, site};
use serde_json::{Value, json};
use std::process::{Command, Output};

fn slipway(site: &Site, role: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_slipway"))
        .args(arguments)
        .current_dir(site.dir.path())
        .env("SLIPWAY_URL", &site.url)
        .env("SLIPWAY_TOKEN", site.token(role))
        .env("SLIPWAY_DEMO", "1")
        .env("SLIPWAY_DATA", site.dir.path())
        .env_remove("DATABASE_URL")
        .output()
        .expect("the program runs")
}

#[track_caller]
fn ok(output: &Output) -> Value {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{out}{err}");
    serde_json::from_str(&out).unwrap_or_else(|_| panic!("no JSON: {out}"))
}

#[test]
fn push_and_check() {
    let path = |file: &str| examples().join("churn").join(file).display().to_string();
    let (model, reference, heldback) = (path("v3.onnx"), path("reference.csv"), path("heldback.csv"));
    let push = [
        "push",
        "pushed",
        &model,
        "--reference",
        &reference,
        "--heldback",
        &heldback,
        "--label",
        "churn",
        "--positive",
        "yes",
        "--tag",
        "from=test",
        "--json",
    ];
    assert_eq!(ok(&slipway(site(), "engineer", &push))["version"], 1);
    let again = slipway(site(), "engineer", &push);
    assert_eq!(again.status.code(), Some(2), "the same file is a version already");
    assert!(String::from_utf8_lossy(&again.stderr).contains("409"));
    let check = slipway(site(), "engineer", &["check", "pushed", "1", "--json"]);
    assert!(matches!(check.status.code(), Some(0 | 1)), "{}", String::from_utf8_lossy(&check.stderr));
    let found: Value = serde_json::from_slice(&check.stdout).expect("JSON");
    assert_eq!(check.status.code() == Some(0), found["state"] == "ok", "{found}");
    assert_eq!(slipway(site(), "stakeholder", &push).status.code(), Some(2));
}

#[test]
fn predict_from_a_file_and_by_hand() {
    let file = site().dir.path().join("records.json");
    for body in [record("churn", 0), json!([record("churn", 0)]), json!({ "records": [record("churn", 0)] })] {
        std::fs::write(&file, body.to_string()).expect("written");
        let answer = ok(&slipway(site(), "stakeholder", &["predict", "churn", &file.display().to_string(), "--json"]));
        assert_eq!(answer["predictions"].as_array().map(Vec::len), Some(1));
    }
    let words = slipway(site(), "stakeholder", &["predict", "churn", &file.display().to_string()]);
    let words = String::from_utf8_lossy(&words.stdout).into_owned();
    assert!(words.contains("yes 0.") || words.contains("no 0."), "{words}");
}

#[test]
fn rollouts_by_name() {
    let none = slipway(site(), "engineer", &["rollout", "status", "churn"]);
    assert_eq!(none.status.code(), Some(2));
    let refused = slipway(site(), "engineer", &["rollout", "start", "churn", "2", "--reason", "Around the approval."]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("403"), "{refused:?}");
}

#[test]
fn the_store_without_the_server() {
    let verified = ok(&slipway(site(), "admin", &["audit", "verify", "--json"]));
    assert_eq!(verified["intact"], true);
    let people = ok(&slipway(site(), "admin", &["user", "demo", "--json"]));
    assert_eq!(people.as_array().map(Vec::len), Some(5));
    let add = [
        "user",
        "add",
        "--email",
        "by@hand.example",
        "--name",
        "By Hand",
        "--role",
        "engineer",
        "--password",
        "a password that is long",
        "--json",
    ];
    assert_eq!(ok(&slipway(site(), "admin", &add))["role"], "engineer");
    assert!(ok(&slipway(site(), "admin", &["user", "list", "--json"])).as_array().is_some_and(|people| people.len() >= 6));
    let made = ok(&slipway(site(), "admin", &["token", "create", "--user", "by@hand.example", "--name", "ci", "--json"]));
    let token = made["token"].as_str().expect("a token").to_owned();
    let me = site().send("", "GET", "/api/v1/me", &[("authorization", &format!("Bearer {token}"))], vec![]).expect(200);
    assert_eq!(me["role"], "engineer");
    let id = made["id"].as_str().expect("an id").to_owned();
    assert!(ok(&slipway(site(), "admin", &["token", "list", "--json"])).to_string().contains(&id));
    ok(&slipway(site(), "admin", &["token", "revoke", &id, "--json"]));
    assert_eq!(slipway(site(), "admin", &["token", "create", "--user", "no@body.example", "--name", "x"]).status.code(), Some(2));
    assert_eq!(slipway(site(), "admin", &["sail"]).status.code(), Some(2));
    let version = slipway(site(), "admin", &["--version"]);
    assert!(String::from_utf8_lossy(&version.stdout).starts_with("slipway "));
}
