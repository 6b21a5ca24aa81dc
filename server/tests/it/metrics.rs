//! `/metrics`

use crate::form::record;
use crate::site::site;
use serde_json::json;

#[test]
fn prometheus_reads_what_was_served() {
    site().post("", "/api/v1/deployments/churn/predict", &json!({ "records": [record("churn", 0)] })).expect(200);
    let reply = site().get("", "/metrics");
    assert!(reply.header("content-type").starts_with("application/openmetrics-text"));
    let text = reply.text();
    for line in [
        "slipway_requests_total{deployment=\"churn\",version=\"1\",arm=\"stable\",outcome=\"answered\"}",
        "slipway_request_duration_seconds_bucket{le=\"0.0001\",deployment=\"churn\",version=\"1\"}",
        "slipway_queue_duration_seconds_count",
        "slipway_compute_duration_seconds_count",
        "slipway_batch_size_bucket",
        "slipway_rollout_weight{deployment=\"churn\"} 0.0",
        "slipway_model_age_seconds{deployment=\"churn\"}",
        "slipway_alerts_firing",
        "slipway_inflight",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
}
