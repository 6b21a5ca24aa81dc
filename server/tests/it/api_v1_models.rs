//! `/api/v1/models/…`: models, versions, contracts, data, gates, aliases.

use crate::form::{form, read, version_form};
use crate::site::site;
use serde_json::{Value, json};

#[test]
fn a_model_is_made_listed_and_read() {
    let made = site().post("engineer", "/api/v1/models", &json!({ "name": "made", "description": "A model that is made." }));
    assert_eq!(made.header("location"), "/api/v1/models/made");
    assert_eq!(made.expect(201)["name"], "made");
    site().post("engineer", "/api/v1/models", &json!({ "name": "made" })).problem(409, "conflict");
    let problem = site().post("engineer", "/api/v1/models", &json!({ "name": "../etc" })).problem(400, "invalid");
    assert_eq!(problem["errors"][0]["field"], "name");
    site().post("stakeholder", "/api/v1/models", &json!({ "name": "not-mine" })).problem(403, "forbidden");

    let page = site().get("stakeholder", "/api/v1/models?limit=1").expect(200);
    assert_eq!(page["items"].as_array().map(Vec::len), Some(1));
    let next = page["next_cursor"].as_str().expect("more than one model").to_owned();
    assert!(
        !site().get("stakeholder", &format!("/api/v1/models?cursor={next}")).expect(200)["items"]
            .as_array()
            .expect("items")
            .is_empty()
    );
    assert_eq!(site().get("admin", "/api/v1/models?q=MADE").expect(200)["items"][0]["name"], "made");
    assert_eq!(site().get("admin", "/api/v1/models/made").expect(200)["name"], "made");
    site().get("admin", "/api/v1/models/nobody").problem(404, "not-found");
    site().get("admin", "/api/v1/models?limit=0").problem(400, "invalid");
    site().get("admin", "/api/v1/models?cursor=x").problem(400, "invalid");
    assert_eq!(site().get("admin", "/api/v1/models/made/versions").expect(200)["items"], json!([]));
}

#[test]
fn a_version_says_what_was_read_from_its_file_and_data() {
    let version = site().get("approver", "/api/v1/models/churn/versions/1").expect(200);
    assert_eq!((&version["model"], &version["version"]), (&json!("churn"), &json!(1)));
    let contract = site().get("approver", "/api/v1/models/churn/versions/1/contract").expect(200);
    assert_eq!((&contract["task"], &contract["positive"]), (&json!("binary"), &json!("yes")));
    let file = site().get("approver", "/api/v1/models/churn/versions/1/file");
    assert_eq!((file.header("content-type"), file.bytes == read("churn/v2.onnx")), ("application/octet-stream", true));
    assert_eq!(site().get("approver", "/api/v1/models/churn/versions").expect(200)["items"].as_array().map(Vec::len), Some(2));
    for path in [
        "/api/v1/models/churn/versions/99",
        "/api/v1/models/churn/versions/x",
        "/api/v1/models/churn/versions/99/file",
        "/api/v1/models/nobody/versions",
    ] {
        site().get("approver", path).problem(404, "not-found");
    }
}

#[test]
fn judgements_in_a_contract_may_be_changed_and_facts_may_not() {
    site().register("judged", "churn", 1);
    let path = "/api/v1/models/judged/versions/1/contract";
    let mut contract = site().get("engineer", path).expect(200);
    let feature = contract["features"]
        .as_array()
        .expect("features")
        .iter()
        .position(|f| f["name"] == "account_length")
        .expect("the feature");
    contract["features"][feature]["max"] = json!(999.0);
    assert_eq!(site().put("engineer", path, &contract).expect(200)["features"][feature]["max"], 999.0);
    assert_eq!(site().get("engineer", path).expect(200)["features"][feature]["max"], 999.0);
    site().put("stakeholder", path, &contract).problem(403, "forbidden");
    contract["features"][feature]["name"] = json!("another");
    site().put("engineer", path, &contract).problem(400, "invalid");
    site().put("engineer", path, &json!({})).problem(400, "invalid");
}

#[test]
fn a_bare_file_is_a_version_too_and_gets_its_data_later() {
    let path = "/api/v1/models/bare/versions";
    let made =
        site().send("engineer", "POST", path, &[("content-type", "application/octet-stream")], read("churn/v1.onnx")).expect(201);
    assert_eq!((&made["version"], &made["gates_queued"]), (&json!(1), &json!(false)));
    let data = |role: &str, kind: &str, bytes: Vec<u8>| {
        site().send(role, "POST", &format!("{path}/1/datasets/{kind}"), &[("content-type", "text/csv")], bytes)
    };
    data("engineer", "training", vec![]).problem(404, "not-found");
    data("stakeholder", "reference", read("churn/reference.csv")).problem(403, "forbidden");
    data("engineer", "reference", b"no,table\n".to_vec()).problem(400, "invalid");
    assert!(data("engineer", "reference", read("churn/reference.csv")).expect(201)["id"].is_string());
    data("engineer", "reference", read("churn/reference.csv")).problem(409, "conflict");
}

#[test]
fn what_is_no_model_is_refused_with_words_and_leaves_nothing() {
    let path = "/api/v1/models/hostile/versions";
    let manifest: Value = serde_json::from_slice(&read("hostile/manifest.json")).expect("the manifest");
    for entry in manifest.as_array().expect("entries").iter().filter(|entry| entry["stop_at"] == "upload") {
        let file = entry["file"].as_str().expect("a file");
        let (kind, body) = form(&[("file", file, read(&format!("hostile/{file}")))]);
        let reply = site().send("engineer", "POST", path, &[("content-type", &kind)], body);
        assert!(matches!(reply.status, 400 | 413), "{file}: {} {}", reply.status, reply.text());
        assert!(reply.json()["detail"].as_str().is_some_and(|detail| detail.len() > 20), "{file}: {}", reply.text());
    }
    let send = |kind: &str, body: Vec<u8>| site().send("engineer", "POST", path, &[("content-type", kind)], body);
    send("application/octet-stream", vec![]).problem(400, "invalid");
    send("multipart/form-data", vec![1, 2]).problem(400, "invalid");
    let (kind, body) = form(&[("reference", "r.csv", vec![1])]);
    assert_eq!(send(&kind, body).problem(400, "invalid")["errors"][0]["field"], "file");
    let (kind, body) = form(&[("fiel", "m.onnx", vec![1])]);
    assert_eq!(send(&kind, body).problem(400, "invalid")["errors"][0]["field"], "fiel");
    let (kind, mut body) = version_form("churn", 1);
    body.truncate(body.len() / 2);
    send(&kind, body).problem(400, "invalid");
    let (kind, body) = version_form("churn", 1);
    site().send("approver", "POST", path, &[("content-type", &kind)], body).problem(403, "forbidden");
    site().get("engineer", "/api/v1/models/hostile").problem(404, "not-found");
}

#[test]
fn the_same_key_registers_once() {
    let (kind, body) = version_form("bikes", 1);
    let send = || {
        site().send(
            "engineer",
            "POST",
            "/api/v1/models/once/versions",
            &[("content-type", &kind), ("idempotency-key", "k1")],
            body.clone(),
        )
    };
    let first = send().expect(201);
    assert_eq!(send().expect(201), first);
    assert_eq!(site().get("engineer", "/api/v1/models/once/versions").expect(200)["items"].as_array().map(Vec::len), Some(1));
}

#[test]
fn any_change_with_the_same_key_is_made_once() {
    let send = |role: &str, key: &str, name: &str| {
        let body = json!({ "name": name }).to_string().into_bytes();
        site().send(role, "POST", "/api/v1/models", &[("idempotency-key", key)], body)
    };
    assert_eq!(send("engineer", "k2", "keyed").expect(201)["name"], "keyed");
    let again = send("engineer", "k2", "keyed");
    assert_eq!((again.header("idempotent-replay"), again.header("location")), ("true", "/api/v1/models/keyed"));
    assert_eq!(again.expect(201)["name"], "keyed");
    send("engineer", "k2", "another").problem(409, "conflict");
    send("admin", "k2", "keyed").problem(409, "conflict");
    send("engineer", "", "keyed").problem(400, "invalid");
}

#[test]
fn gates_are_run_and_read() {
    site().register("gated", "churn", 2);
    let path = "/api/v1/models/gated/versions/1/gates";
    site().post("stakeholder", path, &json!({})).problem(403, "forbidden");
    let run = site().post("engineer", path, &json!({})).expect(200);
    assert!(run["gates"].as_array().is_some_and(|gates| gates.len() > 3), "{run}");
    assert!(site().get("approver", path).expect(200)["run"].is_string());
    site().post("engineer", "/api/v1/models/gated/versions/9/gates", &json!({})).problem(404, "not-found");
    site().send("engineer", "POST", "/api/v1/models/ungated/versions", &[], read("churn_matrix/v2.onnx")).expect(201);
    site().get("approver", "/api/v1/models/ungated/versions/1/gates").problem(404, "not-found");
}

#[test]
fn aliases_move_except_around_an_approval() {
    let path = "/api/v1/models/churn/aliases/challenger";
    assert_eq!(
        site().put("engineer", path, &json!({ "version": 2 })).expect(200),
        json!({ "alias": "challenger", "version": 2 })
    );
    let all = site().get("approver", "/api/v1/models/churn/aliases").expect(200);
    assert!(all["items"].as_array().expect("items").contains(&json!({ "alias": "challenger", "version": 2 })), "{all}");
    assert_eq!(site().send("engineer", "DELETE", path, &[], vec![]).status, 204);
    site().put("engineer", path, &json!({ "version": 99 })).problem(404, "not-found");
    site().put("engineer", "/api/v1/models/churn/aliases/champion", &json!({ "version": 2 })).problem(403, "needs-approval");
}

#[test]
fn addresses_and_methods_that_are_none() {
    site().get("admin", "/api/v1/nothing").problem(404, "not-found");
    site().get("admin", "/api/v2/models").problem(404, "not-found");
    let reply = site().send("admin", "DELETE", "/api/v1/models", &[], vec![]);
    assert_eq!(reply.header("allow"), "GET,HEAD,POST");
    reply.problem(405, "method-not-allowed");
    let reply = site().send("admin", "GET", "/api/v1/me", &[("x-request-id", "mine-7")], vec![]);
    assert_eq!(reply.header("x-request-id"), "mine-7");
    assert_eq!(site().get("", "/api/v1/me").problem(401, "unauthenticated")["request_id"].as_str().map(str::len), Some(32));
}
