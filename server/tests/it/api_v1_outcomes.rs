//! `POST /api/v1/outcomes`, and `/api/v1/alerts`.

use crate::form::record;
use crate::site::{site, word};
use serde_json::json;

#[test]
fn outcomes_come_as_json_lines_or_a_table() {
    let asked = json!({ "records": (0..3).map(|row| record("churn", row)).collect::<Vec<_>>() });
    let answer = site().post("", "/api/v1/deployments/churn/predict", &asked).expect(200);
    let ids: Vec<String> =
        answer["predictions"].as_array().expect("predictions").iter().map(|line| word(&line["prediction_id"])).collect();
    let send = |kind: &str, body: String| {
        site().send("engineer", "POST", "/api/v1/outcomes", &[("content-type", kind)], body.into_bytes())
    };
    let one = json!({ "prediction_id": ids[0], "label": "no" });
    assert_eq!(send("application/json", json!({ "outcomes": [one] }).to_string()).expect(200)["accepted"], 1);
    assert_eq!(send("application/json", json!({ "outcomes": [one] }).to_string()).expect(200)["accepted"], 1);
    assert_eq!(
        send("application/x-ndjson", json!({ "prediction_id": ids[1], "label": "yes" }).to_string()).expect(200)["accepted"],
        1
    );
    assert_eq!(send("text/csv", format!("prediction_id,label\n{},no\n", ids[2])).expect(200)["accepted"], 1);
    assert_eq!(
        send("application/json", json!({ "outcomes": [{ "prediction_id": "never", "label": "no" }] }).to_string()).expect(200)["unknown"],
        1
    );
    for (kind, body) in
        [("application/json", "{"), ("application/json", "{}"), ("text/csv", "a,b\n1,2\n"), ("application/x-ndjson", "x")]
    {
        send(kind, body.into()).problem(400, "invalid");
    }
    site().post("stakeholder", "/api/v1/outcomes", &json!({ "outcomes": [] })).problem(403, "forbidden");
    site().post("", "/api/v1/outcomes", &json!({ "outcomes": [] })).problem(401, "unauthenticated");
}

#[test]
fn alerts_are_listed_and_what_is_none_is_not_acknowledged() {
    for query in ["", "?state=firing", "?state=resolved&deployment=churn"] {
        assert!(site().get("oncall", &format!("/api/v1/alerts{query}")).expect(200)["items"].is_array());
    }
    site().get("oncall", "/api/v1/alerts?state=loud").problem(400, "invalid");
    site().post("oncall", "/api/v1/alerts/none/acknowledge", &json!({})).problem(404, "not-found");
    site().post("stakeholder", "/api/v1/alerts/none/acknowledge", &json!({})).problem(403, "forbidden");
}
