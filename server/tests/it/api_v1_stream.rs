//! `/api/v1/stream`: server-sent events.

use crate::site::site;
use serde_json::json;
use std::io::{BufRead, BufReader};

#[test]
fn a_change_is_told_while_it_happens() {
    site().get("", "/api/v1/stream").problem(401, "unauthenticated");
    let request = ureq::http::Request::get(format!("{}/api/v1/stream", site().url))
        .header("authorization", format!("Bearer {}", site().token("oncall")));
    let response = ureq::Agent::config_builder().build().new_agent().run(request.body(()).expect("a request")).expect("a stream");
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let lines = BufReader::new(response.into_body().into_reader()).lines();
    site().post("engineer", "/api/v1/deployments", &json!({ "name": "streamed", "settings": { "model": "churn" } })).expect(201);
    let mut event = String::new();
    for line in lines.map_while(Result::ok) {
        if let Some(name) = line.strip_prefix("event:") {
            event = name.trim().to_owned();
        }
        if event == "deployment" && line.starts_with("data:") && line.contains("streamed") {
            return;
        }
    }
    panic!("the stream ended without the event");
}
