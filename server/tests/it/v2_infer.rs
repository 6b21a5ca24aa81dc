//! `POST /v2/models/{m}[/versions/{v}]/infer`

use crate::form::record;
use crate::site::{Reply, Site, settings, site, start_with};
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use serde_json::{Value, json};
use server::Settings;
use std::io::{Read, Write};

/// A request with `rows` customers, as JSON.
fn request(rows: usize) -> Value {
    let records: Vec<Value> = (0..rows).map(|row| record("churn", row)).collect();
    let metadata = site().get("", "/v2/models/churn").json();
    let inputs: Vec<Value> = metadata["inputs"]
        .as_array()
        .expect("inputs")
        .iter()
        .map(|input| {
            let text = input["datatype"] == "BYTES";
            let missing = if text { json!("") } else { Value::Null };
            let data: Vec<Value> = records
                .iter()
                .map(|record| record.get(input["name"].as_str().expect("a name")).cloned().unwrap_or(missing.clone()))
                .collect();
            json!({ "name": input["name"], "datatype": input["datatype"], "shape": [rows, 1], "data": data })
        })
        .collect();
    json!({ "inputs": inputs })
}

/// The same with every input behind the JSON.
fn binary(request: &Value) -> (String, Vec<u8>) {
    let mut request = request.clone();
    let mut tail = Vec::new();
    for input in request["inputs"].as_array_mut().expect("inputs") {
        let start = tail.len();
        for value in input["data"].as_array().expect("data") {
            match value {
                Value::String(text) => {
                    tail.extend((text.len() as u32).to_le_bytes());
                    tail.extend(text.as_bytes());
                }
                number => tail.extend((number.as_f64().unwrap_or(f64::NAN) as f32).to_le_bytes()),
            }
        }
        let input = input.as_object_mut().expect("an input");
        input.remove("data");
        input.insert("parameters".into(), json!({ "binary_data_size": tail.len() - start }));
    }
    let json = request.to_string();
    (json.len().to_string(), [json.into_bytes(), tail].concat())
}

fn infer(site: &Site, body: &Value) -> Reply {
    // No Content-Type at all, as the stock client does.
    site.send("", "POST", "/v2/models/churn/infer", &[], body.to_string().into_bytes())
}

fn output<'a>(answer: &'a Value, name: &str) -> &'a Value {
    answer["outputs"]
        .as_array()
        .expect("outputs")
        .iter()
        .find(|output| output["name"] == name)
        .unwrap_or_else(|| panic!("no {name} in {answer}"))
}

#[test]
fn closed_inference_wants_a_token() {
    let dir = tempfile::tempdir().expect("a folder");
    let settings = Settings { open_inference: Some(false), ..settings(&dir) };
    let closed = start_with(dir, settings);
    closed.register("churn", "churn", 2);
    closed.post("engineer", "/api/v1/deployments", &json!({ "name": "churn", "settings": { "model": "churn" } })).expect(201);
    closed.promote("churn", 1, "churn", None);
    closed.wait_for("/v2/models/churn/ready");
    let body = request(1);
    let refused = infer(&closed, &body).expect(401);
    assert!(refused["error"].as_str().is_some_and(|error| error.contains("token") || error.contains("Bearer")), "{refused}");
    let wrong = closed.send(
        "",
        "POST",
        "/v2/models/churn/infer",
        &[("authorization", "Bearer slp_wrong")],
        body.to_string().into_bytes(),
    );
    assert!(wrong.expect(401)["error"].is_string());
    let answer = closed.post("engineer", "/v2/models/churn/infer", &body).expect(200);
    assert_eq!(answer["model_name"], "churn");
}

#[test]
fn json_in_json_out_with_everything_that_is_promised() {
    let mut body = request(3);
    body["id"] = json!("four-two");
    body["parameters"] = json!({ "routing_key": "k", "priority": 1, "sequence_id": 7 });
    let answer = infer(site(), &body).expect(200);
    assert_eq!(
        (&answer["id"], &answer["model_name"], &answer["model_version"]),
        (&json!("four-two"), &json!("churn"), &json!("1"))
    );
    assert!(answer["parameters"]["prediction_id"].as_str().is_some_and(|id| !id.is_empty()));
    assert_eq!(answer["parameters"]["arm"], "stable");
    assert_eq!(answer["parameters"].get("fallback"), None);
    assert_eq!(output(&answer, "label")["shape"], json!([3]));
    let scores = output(&answer, "probabilities");
    assert_eq!((&scores["shape"], &scores["datatype"]), (&json!([3, 2]), &json!("FP32")));
    let scores: Vec<f64> =
        scores["data"].as_array().expect("data").iter().map(|score| score.as_f64().expect("a score")).collect();
    assert!(scores.chunks(2).all(|row| (row[0] + row[1] - 1.0).abs() < 1e-5), "{scores:?}");
}

#[test]
fn binary_says_the_same_as_json() {
    let body = request(4);
    let plain = infer(site(), &body).expect(200);
    let mut asked = body.clone();
    asked["outputs"] = json!([{ "name": "probabilities", "parameters": { "binary_data": true } }, { "name": "label" }]);
    let (length, bytes) = binary(&asked);
    let reply = site().send("", "POST", "/v2/models/churn/infer", &[("inference-header-content-length", &length)], bytes);
    assert_eq!((reply.status, reply.header("content-type")), (200, "application/octet-stream"), "{}", reply.text());
    let at: usize = reply.header("inference-header-content-length").parse().expect("a length");
    let json: Value = serde_json::from_slice(&reply.bytes[..at]).expect("JSON before the tensors");
    assert_eq!(json["outputs"][0]["parameters"]["binary_data_size"], 32);
    assert_eq!(output(&json, "label")["data"], output(&plain, "label")["data"]);
    let scores: Vec<f32> = reply.bytes[at..].chunks(4).map(|b| f32::from_le_bytes(b.try_into().expect("four bytes"))).collect();
    let expected: Vec<f32> = output(&plain, "probabilities")["data"]
        .as_array()
        .expect("data")
        .iter()
        .map(|v| v.as_f64().expect("a number") as f32)
        .collect();
    assert_eq!(scores, expected);
}

#[test]
fn compression_in_and_out_only_as_asked() {
    let bytes = request(50).to_string().into_bytes();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&bytes).expect("packed");
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
    zlib.write_all(&bytes).expect("packed");
    for (coding, body) in [("gzip", gzip.finish().expect("packed")), ("deflate", zlib.finish().expect("packed"))] {
        let reply =
            site().send("", "POST", "/v2/models/churn/infer", &[("content-encoding", coding), ("accept-encoding", "br")], body);
        assert_eq!((reply.status, reply.header("content-encoding")), (200, ""), "{coding}: {}", reply.text());
    }
    let agent = ureq::Agent::config_builder().build().new_agent();
    let asked = ureq::http::Request::post(format!("{}/v2/models/churn/infer", site().url))
        .header("accept-encoding", "deflate, br")
        .body(bytes.clone());
    let mut reply = agent.run(asked.expect("a request")).expect("an answer");
    assert_eq!(reply.headers()["content-encoding"], "deflate");
    let packed = reply.body_mut().read_to_vec().expect("a body");
    let mut plain = String::new();
    flate2::read::ZlibDecoder::new(packed.as_slice()).read_to_string(&mut plain).expect("zlib framing");
    assert!(plain.starts_with('{'));

    // Thousandfold smaller on the way in, past the limit once unpacked: refused early, and the server lives on.
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![b' '; 1 << 20];
    (0..80).for_each(|_| bomb.write_all(&zeros).expect("packed"));
    let bomb = bomb.finish().expect("packed");
    let reply = site().send("", "POST", "/v2/models/churn/infer", &[("content-encoding", "gzip")], bomb);
    assert_eq!(reply.status, 413, "{}", reply.text());
    let reply = site().send("", "POST", "/v2/models/churn/infer", &[("content-encoding", "br")], vec![1]);
    assert_eq!(reply.status, 415, "{}", reply.text());
}

#[test]
fn top_classes_instead_of_scores() {
    let mut body = request(2);
    body["outputs"] = json!([{ "name": "probabilities", "parameters": { "classification": 1 } }]);
    let answer = infer(site(), &body).expect(200);
    let output = output(&answer, "probabilities");
    assert_eq!((&output["datatype"], &output["shape"]), (&json!("BYTES"), &json!([2, 1])));
    for line in output["data"].as_array().expect("data") {
        let parts: Vec<&str> = line.as_str().expect("a text").split(':').collect();
        assert!(parts.len() == 3 && ["no", "yes"].contains(&parts[2]), "{line}");
    }
}

#[test]
fn a_named_version_bypasses_the_rollout() {
    let body = request(1).to_string().into_bytes();
    let answer = site().send("", "POST", "/v2/models/churn/versions/1/infer", &[], body.clone()).expect(200);
    assert_eq!(answer["model_version"], "1");
    for path in ["/v2/models/churn/versions/99/infer", "/v2/models/churn/versions/v1/infer", "/v2/models/nobody/infer"] {
        let reply = site().send("", "POST", path, &[], body.clone());
        assert_eq!(reply.header("content-type"), "application/json");
        assert!(reply.expect(404)["error"].as_str().is_some_and(|error| error.contains("nknown")), "{path}");
    }
}

#[test]
fn wrong_input_is_named_and_never_a_failure_of_ours() {
    let good = request(2);
    let with = |change: &dyn Fn(&mut Value)| {
        let mut body = good.clone();
        change(&mut body);
        body.to_string().into_bytes()
    };
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("nothing", vec![], "parse"),
        ("no JSON", b"\x00\x01".to_vec(), "parse"),
        ("a list", b"[]".to_vec(), "parse"),
        (
            "a missing input",
            with(&|body| {
                body["inputs"].as_array_mut().expect("inputs").remove(0);
            }),
            "area_code",
        ),
        ("an unknown input", with(&|body| body["inputs"][0]["name"] = json!("age")), "age"),
        ("a wrong type", with(&|body| body["inputs"][3]["datatype"] = json!("INT64")), "FP32"),
        (
            "a wrong shape",
            with(&|body| {
                body["inputs"][3]["shape"] = json!([1, 2]);
            }),
            "account_length",
        ),
        ("too few elements", with(&|body| body["inputs"][3]["data"] = json!([1])), "account_length"),
        ("a text for a number", with(&|body| body["inputs"][3]["data"] = json!(["x", "y"])), "account_length"),
        ("an unknown output", with(&|body| body["outputs"] = json!([{ "name": "p" }])), "probabilities"),
        (
            "different batches",
            with(&|body| {
                body["inputs"][3]["shape"] = json!([1, 1]);
                body["inputs"][3]["data"] = json!([1]);
            }),
            "account_length",
        ),
    ];
    for (what, body, part) in cases {
        let reply = site().send("", "POST", "/v2/models/churn/infer", &[], body);
        assert_eq!(reply.header("content-type"), "application/json", "{what}");
        let error = reply.expect(400)["error"].as_str().expect("an error").to_owned();
        assert!(error.contains(part), "{what}: {error}");
    }
    for length in ["99999999", "-1", "x"] {
        let reply =
            site().send("", "POST", "/v2/models/churn/infer", &[("inference-header-content-length", length)], b"{}".to_vec());
        assert!(reply.expect(400)["error"].is_string());
    }
    let reply = site().send("", "POST", "/v2/models/churn/infer", &[("inference-header-content-length", "0")], vec![0; 8]);
    assert!(reply.expect(400)["error"].as_str().is_some_and(|error| error.contains("one input")));
    infer(site(), &good).expect(200);
}

#[test]
fn a_body_past_the_limit_is_413() {
    let reply = site().send("", "POST", "/v2/models/churn/infer", &[], vec![b' '; 65 << 20]);
    assert!(reply.expect(413)["error"].is_string());
}

#[test]
fn a_deadline_that_has_passed_is_504() {
    let mut body = request(1);
    body["parameters"] = json!({ "timeout": 1 });
    let reply = infer(site(), &body);
    assert!(reply.status == 504 || reply.status == 200, "{}", reply.text());
    let mut late = request(400);
    late["parameters"] = json!({ "timeout": 1 });
    infer(site(), &late).expect(504);
}

#[test]
fn a_token_that_is_none_is_refused_even_where_inference_is_open() {
    let reply = site().send(
        "",
        "POST",
        "/v2/models/churn/infer",
        &[("authorization", "Bearer slp_nonsense")],
        request(1).to_string().into_bytes(),
    );
    assert_eq!(reply.status, 401);
}
