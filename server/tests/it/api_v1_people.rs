//! `/api/v1/me`, `/api/v1/users`, `/api/v1/tokens`.

use crate::site::{site, word};
use serde_json::json;

#[test]
fn everybody_knows_who_they_are() {
    for role in ["engineer", "approver", "stakeholder", "oncall", "admin"] {
        assert_eq!(site().get(role, "/api/v1/me").expect(200)["role"], role);
    }
    for header in ["Bearer slp_nonsense", "Bearer ", "Basic YTpi", "slp_nonsense"] {
        let reply = site().send("", "GET", "/api/v1/me", &[("authorization", header)], vec![]);
        assert!(reply.header("www-authenticate").starts_with("Bearer"));
        reply.problem(401, "unauthenticated");
    }
}

#[test]
fn only_administrators_manage_people() {
    let person =
        json!({ "email": "new@people.example", "name": "New Person", "role": "viewer", "password": "a password that is long" });
    site().post("engineer", "/api/v1/users", &person).problem(403, "forbidden");
    assert_eq!(site().post("admin", "/api/v1/users", &person).expect(201)["email"], "new@people.example");
    site().post("admin", "/api/v1/users", &person).expect_refused(&[400, 409]);
    site()
        .post("admin", "/api/v1/users", &json!({ "email": "x", "name": "", "role": "viewer", "password": "x" }))
        .problem(400, "invalid");
    site()
        .post(
            "admin",
            "/api/v1/users",
            &json!({ "email": "x@y.example", "name": "X", "role": "captain", "password": "long enough, surely" }),
        )
        .problem(400, "invalid");
    assert!(site().get("admin", "/api/v1/users").expect(200)["items"].as_array().is_some_and(|people| people.len() >= 6));
    site().get("engineer", "/api/v1/users").problem(403, "forbidden");
}

#[test]
fn a_token_works_until_it_is_revoked() {
    let made = site().post("engineer", "/api/v1/tokens", &json!({ "name": "ci", "role": "engineer" })).expect(201);
    let token = word(&made["token"]);
    assert!(token.starts_with("slp_"));
    let me = || site().send("", "GET", "/api/v1/me", &[("authorization", &format!("Bearer {token}"))], vec![]);
    assert_eq!(me().expect(200)["role"], "engineer");
    assert!(!site().get("engineer", "/api/v1/tokens").expect(200).to_string().contains(&token));
    site().post("engineer", "/api/v1/tokens", &json!({ "name": "more", "role": "admin" })).problem(403, "forbidden");
    let path = format!("/api/v1/tokens/{}", word(&made["id"]));
    assert_eq!(site().send("engineer", "DELETE", &path, &[], vec![]).status, 204);
    me().problem(401, "unauthenticated");
    site().send("engineer", "DELETE", "/api/v1/tokens/none", &[], vec![]).problem(404, "not-found");
}
