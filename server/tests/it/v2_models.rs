//! `/v2`, `/v2/health/…`, `/v2/models/…`: metadata, configuration, readiness, statistics.

use crate::site::site;
use serde_json::json;

#[test]
fn the_server_says_what_it_is_and_only_what_works() {
    for path in ["/v2", "/v2/"] {
        let about = site().get("", path).expect(200);
        assert_eq!(about["name"], "slipway");
        assert_eq!(
            about["extensions"],
            json!(["binary_tensor_data", "classification", "model_repository", "parameters", "schedule_policy", "statistics"])
        );
    }
    assert_eq!(site().get("", "/v2/health/live").expect(200), json!({ "live": true }));
    assert_eq!(site().get("", "/v2/health/ready").expect(200), json!({ "ready": true }));
    assert!(site().get("", "/v2/models").expect(200)["models"].as_array().is_some_and(|models| models.contains(&json!("churn"))));
}

#[test]
fn a_model_says_what_it_takes_and_gives() {
    for (path, versions) in [("/v2/models/churn", None), ("/v2/models/churn/versions/1", Some(json!(["1"])))] {
        let about = site().get("", path).expect(200);
        assert_eq!((&about["name"], &about["platform"]), (&json!("churn"), &json!("onnxruntime_onnx")));
        assert!(about["versions"].as_array().is_some_and(|known| known.contains(&json!("1"))));
        if let Some(versions) = versions {
            assert_eq!(about["versions"], versions);
        }
        assert_eq!(about["inputs"][0], json!({ "name": "area_code", "datatype": "BYTES", "shape": [-1, 1] }));
        let outputs: Vec<&str> =
            about["outputs"].as_array().expect("outputs").iter().filter_map(|output| output["name"].as_str()).collect();
        assert_eq!(outputs, ["label", "probabilities"]);
    }
}

#[test]
fn the_configuration_has_what_perf_analyzer_reads() {
    for path in ["/v2/models/churn/config", "/v2/models/churn/versions/1/config"] {
        let config = site().get("", path).expect(200);
        assert_eq!(config["max_batch_size"], 64);
        assert_eq!(config["input"][0], json!({ "name": "area_code", "data_type": "TYPE_STRING", "dims": [1] }));
        assert_eq!(config["input"][3]["data_type"], "TYPE_FP32");
        assert_eq!(config["model_transaction_policy"], json!({ "decoupled": false }));
        assert_eq!(config["response_cache"], json!({ "enable": false }));
    }
}

#[test]
fn statistics_have_every_key_zeros_included() {
    for path in ["/v2/models/stats", "/v2/models/churn/stats", "/v2/models/churn/versions/1/stats"] {
        let stats = site().get("", path).expect(200);
        let line = &stats["model_stats"][0];
        assert_eq!((&line["name"], &line["version"]), (&json!("churn"), &json!("1")), "{path}");
        assert!(line["inference_count"].is_u64() && line["execution_count"].is_u64() && line["last_inference"].is_i64());
        for key in ["success", "fail", "queue", "compute_input", "compute_infer", "compute_output", "cache_hit", "cache_miss"] {
            assert!(
                line["inference_stats"][key]["count"].is_u64() && line["inference_stats"][key]["ns"].is_u64(),
                "{path}: {key}"
            );
        }
    }
}

#[test]
fn what_is_not_there_is_an_error_in_the_protocols_form() {
    for (method, path, status) in [
        ("GET", "/v2/models/nobody", 404),
        ("GET", "/v2/models/nobody/ready", 404),
        ("GET", "/v2/models/churn/versions/77", 404),
        ("GET", "/v2/models/churn/versions/77/ready", 404),
        ("GET", "/v2/models/churn/versions/one/config", 404),
        ("GET", "/v2/models/nobody/stats", 404),
        ("GET", "/v2/nothing", 404),
        ("GET", "/v2/models/churn/nothing/at/all", 404),
        ("POST", "/v2/systemsharedmemory/status", 404),
        ("DELETE", "/v2/models/churn", 405),
        ("GET", "/v2/models/churn/infer", 405),
        ("POST", "/v2/health/live", 405),
    ] {
        let reply = site().send("", method, path, &[], vec![]);
        assert_eq!(reply.header("content-type"), "application/json", "{method} {path}");
        assert!(reply.expect(status)["error"].is_string(), "{method} {path}");
    }
    assert_eq!(site().get("", "/v2/models/churn/ready").expect(200), json!({ "name": "churn", "ready": true }));
}
