//! `/api/v1/approvals/…`: asking, signing, refusing.

use crate::site::{site, word};
use serde_json::json;

#[test]
fn nobody_signs_what_they_did_not_see_or_what_is_their_own() {
    site().register("signed", "churn", 2);
    site().post("engineer", "/api/v1/deployments", &json!({ "name": "signed", "settings": { "model": "signed" } })).expect(201);
    site().post("engineer", "/api/v1/models/signed/versions/1/gates", &json!({})).expect(200);
    let request = json!({ "model": "signed", "version": 1, "deployment": "signed", "reason": "A test." });
    site().post("stakeholder", "/api/v1/approvals", &request).problem(403, "forbidden");
    site()
        .post("engineer", "/api/v1/approvals", &json!({ "model": "signed", "version": 9, "deployment": "signed" }))
        .expect_refused(&[400, 404, 409]);
    let asked = site().post("engineer", "/api/v1/approvals", &request);
    assert!(asked.header("location").starts_with("/api/v1/approvals/"), "{}", asked.text());
    let asked = asked.expect(201);
    let path = format!("/api/v1/approvals/{}", word(&asked["id"]));
    let open = site().get("approver", "/api/v1/approvals?state=open&deployment=signed").expect(200);
    assert_eq!(open["items"][0]["id"], asked["id"]);
    site().get("approver", "/api/v1/approvals?state=unheard").problem(400, "invalid");
    site().get("approver", "/api/v1/approvals/nothing").problem(404, "not-found");

    let hash = site().get("approver", &path).expect(200)["evidence_hash"].clone();
    let decide = |role: &str, decision: &str, hash: &serde_json::Value| {
        let body = json!({ "decision": decision, "comment": "Seen.", "evidence_hash": hash, "password": "approver-demo" });
        site().post(role, &format!("{path}/decisions"), &body)
    };
    decide("engineer", "approve", &hash).problem(403, "forbidden");
    decide("approver", "approve", &json!("0".repeat(64))).expect_refused(&[400, 409]);
    decide("approver", "perhaps", &hash).problem(400, "invalid");
    assert_eq!(decide("approver", "reject", &hash).expect(200)["state"], "rejected");
    decide("approver", "approve", &hash).problem(409, "conflict");

    let again = site().post("engineer", "/api/v1/approvals", &request).expect(201);
    let path = format!("/api/v1/approvals/{}/withdraw", word(&again["id"]));
    assert_eq!(site().post("engineer", &path, &json!({ "reason": "Not yet." })).expect(200)["state"], "withdrawn");
}
