//! `/v2/repository/…`: the index, loading, unloading. On a site of its own, because it takes a name out of service.

use crate::site::start;
use serde_json::json;

#[test]
fn a_name_is_taken_out_of_service_and_put_back() {
    let site = start(tempfile::tempdir().expect("a folder"));
    site.register("bikes", "bikes", 1);
    site.post("engineer", "/api/v1/deployments", &json!({ "name": "bikes", "settings": { "model": "bikes" } })).expect(201);
    site.promote("bikes", 1, "bikes", None);
    site.wait_for("/v2/models/bikes/ready");

    let index = |body: &str| site.send("", "POST", "/v2/repository/index", &[], body.as_bytes().to_vec()).expect(200);
    assert_eq!(index(""), json!([{ "name": "bikes", "version": "1", "state": "READY", "reason": "" }]));
    assert_eq!(index("{\"ready\":true}").as_array().map(Vec::len), Some(1));

    let act = |role: &str, act: &str, body: &str| {
        site.send(role, "POST", &format!("/v2/repository/models/bikes/{act}"), &[], body.as_bytes().to_vec())
    };
    assert!(act("stakeholder", "unload", "").expect(403)["error"].is_string());
    act("engineer", "unload", "{\"parameters\":{\"unload_dependents\":false}}").expect(200);
    assert_eq!(index("")[0]["state"], "UNAVAILABLE");
    assert_eq!(index("{\"ready\":true}"), json!([]));
    let gone = site.get("", "/v2/models/bikes/ready");
    assert_eq!(gone.header("retry-after"), "5");
    gone.expect(503);
    site.post("", "/api/v1/deployments/bikes/predict", &json!({ "records": [{}] })).problem(503, "busy");
    // It has given its memory back, is listed all the same, and being unloaded twice is no harm.
    let metrics = site.get("", "/metrics").text();
    assert!(!metrics.contains("slipway_onnxruntime_sessions{deployment=\"bikes\""), "{metrics}");
    act("engineer", "unload", "").expect(200);
    assert_eq!(index(""), json!([{ "name": "bikes", "version": "1", "state": "UNAVAILABLE", "reason": "unloaded" }]));
    let stats = site.get("", "/v2/models/stats").expect(200);
    assert_eq!(stats["model_stats"][0]["name"], "bikes", "{stats}");

    act("", "load", "{\"parameters\":{\"config\":\"{}\"}}").expect(400);
    act("", "load", "{}").expect(200);
    site.get("", "/v2/models/bikes/ready").expect(200);
    for (path, body, status) in [
        ("/v2/repository/models/nobody/load", "", 404),
        ("/v2/repository/models/nobody/unload", "", 404),
        ("/v2/repository/index", "{", 400),
    ] {
        assert!(site.send("", "POST", path, &[], body.as_bytes().to_vec()).expect(status)["error"].is_string(), "{path}");
    }
}
