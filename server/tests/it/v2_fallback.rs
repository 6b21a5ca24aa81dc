//! `POST /v2/models/{m}/infer` where the model does not answer: the fallback chain, the circuit breaker and the cache, on a site
//! of its own.

use crate::form::{form, read};
use crate::site::{Reply, Site, start, word};
use serde_json::{Value, json};

/// A version of a file that takes two numbers, `a` and `b`, and says 0 or 1.
fn register(site: &Site, model: &str, onnx: Vec<u8>) -> u64 {
    let rows: String = (0..60).map(|i| format!("{},{},{}\n", f64::from(i) / 10.0, i % 7, i % 2)).collect();
    let meta = json!({ "task": "binary", "label_column": "label", "positive": "1" });
    let (kind, body) = form(&[
        ("meta", "", meta.to_string().into_bytes()),
        ("file", "model.onnx", onnx),
        ("reference", "reference.csv", format!("a,b,label\n{rows}").into_bytes()),
    ]);
    let made = site.send("engineer", "POST", &format!("/api/v1/models/{model}/versions"), &[("content-type", &kind)], body);
    made.expect(201)["version"].as_u64().expect("a version")
}

/// The file whose every probability is NaN, and the same with 0.25 in its place.
fn broken_and_mended() -> (Vec<u8>, Vec<u8>) {
    let broken = read("hostile/nan_output.onnx");
    let nan = f32::NAN.to_le_bytes();
    let at = broken.windows(4).position(|bytes| bytes == nan).expect("the NaN is in the file");
    let mut mended = broken.clone();
    mended[at..at + 4].copy_from_slice(&0.25_f32.to_le_bytes());
    (broken, mended)
}

fn infer(site: &Site, model: &str, a: f64) -> Reply {
    let body = json!({ "inputs": [{ "name": "X", "datatype": "FP32", "shape": [1, 2], "data": [a, 1.0] }] });
    site.post("", &format!("/v2/models/{model}/infer"), &body)
}

/// What answered, who the caller is told it was, the version, and whether it was kept.
fn told(answer: &Value) -> (Value, String, String, bool) {
    let parameters = &answer["parameters"];
    let fallback = parameters.get("fallback").cloned().unwrap_or(Value::Null);
    (fallback, word(&parameters["served_by"]), word(&answer["model_version"]), parameters["cached"] == true)
}

fn said(answer: &Value, output: &str) -> Value {
    answer["outputs"].as_array().expect("outputs").iter().find(|found| found["name"] == output).expect("the output")["data"]
        .clone()
}

#[test]
fn a_deployment_goes_on_answering_while_its_model_does_not() {
    let site = start(tempfile::tempdir().expect("a folder"));
    let (broken, mended) = broken_and_mended();
    assert_eq!((register(&site, "bad", mended), register(&site, "bad", broken)), (1, 2));
    let settings = |chain: Value, cache: Value| json!({ "model": "bad", "fallback": chain, "cache": cache });
    let cache = json!({ "ttl_ms": 600_000, "max_bytes": 1 << 20 });
    let path = "/api/v1/deployments/bad";
    let chain = json!([{ "kind": "cache" }, { "kind": "default", "label": "1", "score": 0.75 }]);
    site.post("engineer", "/api/v1/deployments", &json!({ "name": "bad", "settings": settings(chain, cache.clone()) }))
        .expect(201);

    // What could never answer is refused when it is declared.
    for (chain, cache, field, words) in [
        (
            json!([{ "kind": "rule", "rule": "if aa > 3 then \"1\" else \"0\"" }]),
            json!(null),
            "fallback[0].rule",
            "there is no feature “aa”",
        ),
        (json!([{ "kind": "rule", "rule": "if a > then \"1\"" }]), json!(null), "fallback[0].rule", "Line 1, column 8"),
        (json!([{ "kind": "rule", "rule": "\"2\"" }]), json!(null), "fallback[0].rule", "is no class"),
        (json!([{ "kind": "default", "label": "maybe", "score": null }]), json!(null), "fallback[0].label", "maybe"),
        (json!([{ "kind": "cache" }]), json!(null), "fallback[0]", "declare `cache`"),
    ] {
        let problem = site.put("engineer", path, &settings(chain, cache)).problem(400, "invalid");
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
        assert!(word(&problem["errors"][0]["message"]).contains(words), "{problem}");
    }

    let roll_out = |version: u64, plan: Value| {
        let body = json!({ "deployment": "bad", "version": version, "plan": plan, "reason": "A test." });
        let started = site.post("admin", "/api/v1/rollouts", &body);
        assert!(matches!(started.status, 200 | 201), "{}", started.text());
        started.json()
    };
    roll_out(1, Value::Null);
    site.wait_for("/v2/models/bad/ready");
    let none = Value::Null;
    assert_eq!(told(&infer(&site, "bad", 1.0).expect(200)), (none.clone(), "bad:1".into(), "1".into(), false));
    let again = infer(&site, "bad", 1.0).expect(200);
    assert_eq!(told(&again), (none.clone(), "bad:1".into(), "1".into(), true));
    assert_eq!(said(&again, "probabilities"), json!([0.25, 0.25]));
    let stats = site.get("", "/v2/models/bad/versions/1/stats").expect(200)["model_stats"][0]["inference_stats"].clone();
    assert_eq!(
        (&stats["cache_hit"]["count"], &stats["cache_miss"]["count"], &stats["success"]["count"]),
        (&json!(1), &json!(1), &json!(2))
    );
    assert!(stats["cache_hit"]["ns"].as_u64() > Some(0));

    // A canary that answers NaN to everybody: a kept answer where there is one, else the default.
    let step = json!({ "weight": 100.0, "seconds": 0, "min_requests": 0, "exit": "manual" });
    let rollout = roll_out(2, json!({ "steps": [step], "guardrails": [], "alpha": 0.05, "planned_requests": 1000 }));
    assert_eq!(told(&infer(&site, "bad", 1.0).expect(200)), (json!("cache"), "bad:1".into(), "1".into(), true));
    for i in 0..6 {
        let answer = infer(&site, "bad", 2.0 + f64::from(i)).expect(200);
        assert_eq!(told(&answer), (json!("default"), "default".into(), "2".into(), false));
        assert_eq!((said(&answer, "label"), said(&answer, "probabilities")), (json!([1]), json!([0.25, 0.75])));
    }
    let metrics = site.get("", "/metrics").text();
    for line in [
        "slipway_breaker_open{deployment=\"bad\",version=\"1\"} 0",
        "slipway_breaker_open{deployment=\"bad\",version=\"2\"} 1",
        "slipway_fallback_total{deployment=\"bad\",kind=\"cache\"} 1",
        "slipway_fallback_total{deployment=\"bad\",kind=\"default\"} 6",
        "slipway_cache_lookups{deployment=\"bad\",version=\"1\",result=\"hit\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }

    // It becomes the stable version all the same, and the order of the chain is the declared one.
    let act = json!({ "act": "advance", "reason": "A test." });
    site.post("engineer", &format!("/api/v1/rollouts/{}/acts", word(&rollout["id"])), &act).expect(200);
    site.wait_until(path, |reply| reply.json()["stable"] == 2);
    let rule = json!({ "kind": "rule", "rule": "if a > 3 and b in (1, 2) then \"1\" score 0.9 else \"0\"" });
    let previous = json!({ "kind": "previous", "version": null });
    site.put("engineer", path, &settings(json!([rule, previous]), cache.clone())).expect(200);
    let ruled = infer(&site, "bad", 4.0).expect(200);
    assert_eq!((told(&ruled), said(&ruled, "label")), ((json!("rule"), "rule".into(), "2".into(), false), json!([1])));
    assert_eq!(said(&infer(&site, "bad", 3.0).expect(200), "label"), json!([0]));
    let record = site.post("", &format!("{path}/predict"), &json!({ "records": [{ "a": 5, "b": 2 }] })).expect(200);
    assert_eq!(
        (&record["fallback"], &record["predictions"][0]["label"], &record["served_by"]),
        (&json!("rule"), &json!("1"), &json!("rule"))
    );
    site.put("engineer", path, &settings(json!([previous, rule]), cache)).expect(200);
    assert_eq!(told(&infer(&site, "bad", 4.0).expect(200)), (json!("previous"), "bad:1".into(), "1".into(), false));

    // Without a chain the caller is told when to come back, and is asked to by nothing else than the version itself.
    site.put("engineer", path, &settings(json!([]), Value::Null)).expect(200);
    let refused = (0..20).map(|_| infer(&site, "bad", 4.0)).find(|reply| reply.status == 503).expect("the breaker is open");
    assert!(refused.header("retry-after").parse::<u64>().expect("seconds") >= 1);
    assert!(word(&refused.json()["error"]).contains("failed too often"));

    // The fault is gone, and the deployment with it.
    site.post("oncall", &format!("{path}/rollback"), &json!({ "reason": "NaN." })).expect(200);
    assert_eq!(told(&infer(&site, "bad", 4.0).expect(200)), (none, "bad:1".into(), "1".into(), false));

    // What was degraded is known afterwards, from what was stored.
    let line = |reply: &Reply| {
        let fleet = reply.json();
        fleet["deployments"]
            .as_array()
            .and_then(|lines| lines.iter().find(|line| line["name"] == "bad").cloned())
            .unwrap_or_default()
    };
    let seen = site.wait_until("/api/v1/fleet?range=1h", |reply| {
        line(reply)["degraded"].as_str().is_some_and(|words| words.ends_with("% of answers came from a fallback"))
    });
    let page = site.get("admin", "/v2/models/bad/ready");
    assert_eq!((page.status, line(&seen)["version"].clone()), (200, json!(1)));
}

#[test]
fn a_model_that_runs_out_of_memory_is_answered_for() {
    let site = start(tempfile::tempdir().expect("a folder"));
    // With reference data it would not even register: it cannot answer them.
    let meta = json!({ "task": "regression" }).to_string().into_bytes();
    let (kind, body) = form(&[("meta", "", meta), ("file", "model.onnx", read("hostile/allocation_at_run.onnx"))]);
    site.send("engineer", "POST", "/api/v1/models/hungry/versions", &[("content-type", &kind)], body).expect(201);
    let settings = json!({ "model": "hungry", "fallback": [{ "kind": "rule", "rule": "if a > 1 then a * 2" }] });
    site.post("engineer", "/api/v1/deployments", &json!({ "name": "hungry", "settings": settings })).problem(400, "invalid");
    let settings = json!({ "model": "hungry", "fallback": [{ "kind": "default", "label": "7", "score": null }] });
    site.post("engineer", "/api/v1/deployments", &json!({ "name": "hungry", "settings": settings })).expect(201);
    site.post("admin", "/api/v1/rollouts", &json!({ "deployment": "hungry", "version": 1, "reason": "A test." })).expect(200);
    site.wait_for("/v2/models/hungry/ready");
    for i in 0..8 {
        let answer = infer(&site, "hungry", f64::from(i)).expect(200);
        assert_eq!((told(&answer).0, said(&answer, "Y")[0].as_f64()), (json!("default"), Some(7.0)));
    }
    assert!(site.get("", "/metrics").text().contains("slipway_breaker_open{deployment=\"hungry\",version=\"1\"} 1"));
    site.get("", "/v2/health/ready").expect(200);
}

/// The model takes as many rounds as its number says: some millions are seconds.
#[test]
fn a_model_that_hangs_is_answered_for_within_the_deadline() {
    let site = start(tempfile::tempdir().expect("a folder"));
    let meta = json!({ "task": "regression" }).to_string().into_bytes();
    let (kind, body) = form(&[("meta", "", meta), ("file", "model.onnx", read("../crates/serving/tests/models/rounds.onnx"))]);
    site.send("engineer", "POST", "/api/v1/models/sleepy/versions", &[("content-type", &kind)], body).expect(201);
    let settings = json!({ "model": "sleepy", "fallback": [{ "kind": "default", "label": "7", "score": null }] });
    site.post("engineer", "/api/v1/deployments", &json!({ "name": "sleepy", "settings": settings })).expect(201);
    site.post("admin", "/api/v1/rollouts", &json!({ "deployment": "sleepy", "version": 1, "reason": "A test." })).expect(200);
    site.wait_for("/v2/models/sleepy/ready");
    let infer = |number: f64| {
        let input = json!({ "name": "x", "datatype": "FP32", "shape": [1, 1], "data": [number] });
        let body = json!({ "inputs": [input], "parameters": { "timeout": 400_000 } });
        site.post("", "/v2/models/sleepy/infer", &body)
    };
    assert_eq!(told(&infer(3.0).expect(200)).0, Value::Null);
    // Each of them hangs as many sessions as there are, or waits for one.
    for _ in 0..8 {
        let answer = infer(6_000_000.0).expect(200);
        assert_eq!((told(&answer).0, said(&answer, "y")[0].as_f64()), (json!("default"), Some(7.0)));
    }
    assert!(site.get("", "/metrics").text().contains("slipway_breaker_open{deployment=\"sleepy\",version=\"1\"} 1"));
    let started = std::time::Instant::now();
    while told(&infer(3.0).expect(200)).0 != Value::Null {
        assert!(started.elapsed().as_secs() < 60, "it does not come back");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}
