//! `/api/v1/events` and `/api/v1/incidents`, on a site of its own: told, opened, led, written up and closed.

use crate::pages::signed_in;
use crate::site::{Site, engines, settings, start_with, word};
use serde_json::json;
use server::Settings;

#[test]
fn an_incident_from_its_opening_to_its_post_mortem() {
    for database_url in engines() {
        let dir = tempfile::tempdir().expect("a folder");
        let settings = Settings { database_url, ..settings(&dir) };
        from_opening_to_post_mortem(&start_with(dir, settings));
    }
}

fn from_opening_to_post_mortem(site: &Site) {
    site.register("churn", "churn", 2);
    site.post(
        "engineer",
        "/api/v1/deployments",
        &json!({ "name": "churn", "settings": { "model": "churn", "p99_limit_ms": 5000.0 } }),
    )
    .expect(201);
    site.promote("churn", 1, "churn", None);
    site.wait_for("/v2/models/churn/ready");

    // Events: told once, told again, told wrongly.
    let event = json!({ "source": "etl", "title": "Loaded March", "kind": "data_run", "deployments": ["churn"], "key": "run-7", "link": "https://etl.example/7" });
    let made = site.post("engineer", "/api/v1/events", &event);
    assert!(made.header("location").starts_with("/api/v1/events/"), "{}", made.header("location"));
    let made = made.expect(201);
    assert_eq!(made["kind"], "data_run");
    assert!(!word(&made["posted_by"]).is_empty());
    assert_eq!(site.post("engineer", "/api/v1/events", &event).expect(200)["id"], made["id"]);
    site.post("engineer", "/api/v1/events", &json!({ "source": "etl", "title": "Other", "key": "run-7" }))
        .problem(409, "conflict");
    site.post("engineer", "/api/v1/events", &json!({ "source": "etl", "title": "X", "kind": "party" })).problem(400, "invalid");
    site.post("engineer", "/api/v1/events", &json!({ "source": "etl", "title": "X", "deployments": ["nobody"] }))
        .problem(400, "invalid");
    site.post("engineer", "/api/v1/events", &json!({ "source": "etl", "title": "X", "at": "2999-01-01T00:00:00Z" }))
        .problem(400, "invalid");
    site.post("stakeholder", "/api/v1/events", &event).problem(403, "forbidden");
    site.post("", "/api/v1/events", &event).problem(401, "unauthenticated");
    let path = format!("/api/v1/events/{}", word(&made["id"]));
    assert_eq!(site.get("stakeholder", &path).expect(200)["title"], "Loaded March");
    site.get("stakeholder", "/api/v1/events/none").problem(404, "not-found");
    for (query, count) in [("", 1), ("?deployment=churn", 1), ("?kind=data_run&source=etl", 1), ("?kind=schema", 0)] {
        assert_eq!(
            site.get("stakeholder", &format!("/api/v1/events{query}")).expect(200)["items"].as_array().map(Vec::len),
            Some(count),
            "{query}"
        );
    }
    site.get("stakeholder", "/api/v1/events?kind=party").problem(400, "invalid");
    let overview = site.get("stakeholder", "/api/v1/deployments/churn/overview").expect(200);
    assert!(overview["changes"].to_string().contains("etl: Loaded March"), "{}", overview["changes"]);

    // An incident, by hand.
    let open = json!({ "deployment": "churn", "title": "Too many say yes", "note": "Seen on the board." });
    site.post("stakeholder", "/api/v1/incidents", &open).problem(403, "forbidden");
    site.post("oncall", "/api/v1/incidents", &json!({ "deployment": "churn", "title": "" })).problem(400, "invalid");
    site.post("oncall", "/api/v1/incidents", &json!({ "deployment": "nobody", "title": "X" })).problem(400, "invalid");
    let opened = site.post("oncall", "/api/v1/incidents", &open).expect(201);
    site.post("oncall", "/api/v1/incidents", &open).problem(409, "conflict");
    let path = format!("/api/v1/incidents/{}", word(&opened["id"]));
    let view = site.get("stakeholder", &path).expect(200);
    assert_eq!((&view["line"]["phase"], &view["line"]["number"]), (&json!("open"), &json!(1)));
    assert!(view["suspects"].to_string().contains("etl: Loaded March"), "{}", view["suspects"]);
    assert_eq!(
        site.get("stakeholder", "/api/v1/incidents?state=open&deployment=churn").expect(200)["items"][0]["id"],
        opened["id"]
    );
    assert_eq!(site.get("stakeholder", "/api/v1/incidents?state=resolved").expect(200)["items"], json!([]));
    site.get("stakeholder", "/api/v1/incidents/none").problem(404, "not-found");
    site.post("engineer", &format!("{path}/notes"), &json!({ "text": "It is the data." })).expect(204);
    site.post("engineer", &format!("{path}/notes"), &json!({ "text": " " })).problem(400, "invalid");
    let me = word(&site.get("approver", "/api/v1/me").expect(200)["id"]);
    site.put("oncall", &format!("{path}/people/{me}"), &json!({ "role": "commander" })).expect(204);
    site.put("oncall", &format!("{path}/people/nobody"), &json!({ "role": "observer" })).problem(400, "invalid");
    site.put("oncall", &format!("{path}/people/{me}"), &json!({ "role": "king" })).problem(400, "invalid");
    let said = site.send(
        "oncall",
        "PATCH",
        &path,
        &[("content-type", "application/json")],
        json!({ "cause": "A column was swapped." }).to_string().into_bytes(),
    );
    assert_eq!(said.expect(200)["cause"], "A column was swapped.");
    let act =
        |role: &str, act: &str, reason: &str| site.post(role, &format!("{path}/acts"), &json!({ "act": act, "reason": reason }));
    act("stakeholder", "mitigate", "No.").problem(403, "forbidden");
    act("oncall", "mitigate", "").problem(400, "invalid");
    act("oncall", "dance", "Why not.").problem(400, "invalid");
    act("oncall", "roll_back", "Go back.").problem(409, "conflict");

    // Its page is whole without a script, and so is the list.
    let cookie = signed_in(site, "oncall");
    let page = |path: &str| site.send("", "GET", path, &[("cookie", cookie.as_str()), ("accept", "text/html")], vec![]);
    let shown = page(&format!("/incidents/{}", word(&opened["id"])));
    assert_eq!(shown.status, 200);
    for part in [
        "Too many say yes",
        "etl: Loaded March",
        "It is the data.",
        "A column was swapped.",
        "There is no version before this one.",
    ] {
        assert!(shown.text().contains(part), "“{part}” is not on the page");
    }
    assert!(page("/incidents").text().contains("Too many say yes"));

    assert_eq!(act("oncall", "mitigate", "Loaded again.").expect(200)["line"]["phase"], "mitigated");
    assert_eq!(act("oncall", "resolve", "It is over.").expect(200)["line"]["phase"], "resolved");
    act("oncall", "resolve", "Again.").problem(409, "conflict");
    site.put("oncall", &format!("{path}/people/{me}"), &json!({ "role": "observer" })).problem(409, "conflict");
    let file = site.get("stakeholder", &format!("{path}/postmortem.md"));
    assert_eq!((file.status, file.header("content-type")), (200, "text/markdown; charset=utf-8"));
    assert!(file.header("content-disposition").contains("incident-1-churn.md"));
    for part in [
        "# Incident 1: Too many say yes",
        "> A column was swapped.",
        "> It is the data.",
        "Resolved: It is over.",
        "etl: Loaded March",
    ] {
        assert!(file.text().contains(part), "“{part}” is not in\n{}", file.text());
    }
    site.send("oncall", "DELETE", &format!("{path}/people/{me}"), &[], vec![]).expect(204);
    site.send("oncall", "DELETE", &format!("{path}/people/{me}"), &[], vec![]).problem(404, "not-found");
    assert_eq!(site.get("admin", "/api/v1/audit/verify").expect(200)["intact"], true);

    // Objectives.
    let slo = site.get("stakeholder", "/api/v1/deployments/churn/slo").expect(200);
    assert_eq!((&slo["days"], slo["objectives"].as_array().map(Vec::len)), (&json!(30), Some(2)));
    site.get("stakeholder", "/api/v1/deployments/nobody/slo").problem(404, "not-found");
    site.put("engineer", "/api/v1/deployments/churn", &json!({ "model": "churn", "slo_availability": 1.0 }))
        .problem(400, "invalid");

    // What is used, once two samples have been taken.
    let used =
        site.wait_until("/api/v1/resources?deployment=churn", |reply| reply.status == 200 && reply.json()["nodes"] != json!([]));
    let used = used.json();
    assert!(used["nodes"][0]["gauges"].to_string().contains("Disk"), "{}", used["nodes"]);
    assert_eq!((&used["head"]["name"], &used["versions"][0]["version"]), (&json!("churn"), &json!(1)));
    assert_eq!(site.get("stakeholder", "/api/v1/resources").expect(200)["head"], json!(null));
    site.get("stakeholder", "/api/v1/resources?deployment=nobody").problem(404, "not-found");
    site.get("", "/api/v1/resources").problem(401, "unauthenticated");
    for path in ["/resources", "/fleet/churn/resources", "/fleet/churn/latency", "/fleet/churn"] {
        assert_eq!(page(path).status, 200, "{path}");
    }
    assert!(page("/fleet/churn/latency").text().contains("99.9% of requests answered without an error"));
    assert!(page("/fleet/churn").text().contains("How fresh it is"));
}
