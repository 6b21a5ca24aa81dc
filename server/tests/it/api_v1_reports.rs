//! `/api/v1/reports/…` and explanations of a version.

use crate::form::record;
use crate::site::{site, word};
use serde_json::json;

#[test]
fn a_report_is_made_read_and_shared() {
    site().post("stakeholder", "/api/v1/reports", &json!({ "model": "churn", "version": 99 })).expect_refused(&[403, 404]);
    site().post("engineer", "/api/v1/reports", &json!({ "model": "churn", "version": 1 })).expect(202);
    let explained = site().wait_until("/api/v1/models/churn/versions/1/report", |reply| !reply.json()["report"].is_null()).json();
    let id = word(&explained["report"]["id"]);
    let path = format!("/api/v1/reports/{id}");
    assert!(site().get("stakeholder", &path).expect(200)["importance"]["bars"].as_array().is_some_and(|bars| !bars.is_empty()));
    site().post("stakeholder", &format!("{path}/shares"), &json!({})).problem(403, "forbidden");
    let shared = site().post("engineer", &format!("{path}/shares"), &json!({})).expect(201);
    assert!(word(&shared["url"]).starts_with(&format!("{}/report/", site().url)));
    site().get("stakeholder", "/api/v1/reports/none").problem(404, "not-found");

    let case = site()
        .post("stakeholder", "/api/v1/models/churn/versions/1/explain", &json!({ "record": record("churn", 0) }))
        .expect(200);
    assert!(case["reasons"].as_array().is_some_and(|reasons| !reasons.is_empty()));
    site().post("stakeholder", "/api/v1/models/churn/versions/1/explain", &json!({ "record": 3 })).problem(400, "invalid");
    site().get("stakeholder", "/api/v1/models/churn/versions/99/report").problem(404, "not-found");
}
