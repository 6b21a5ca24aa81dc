//! `/api/v1/audit/…`

use crate::site::site;

#[test]
fn the_log_is_paged_searched_exported_and_holds() {
    let verified = site().get("stakeholder", "/api/v1/audit/verify").expect(200);
    assert_eq!(verified["intact"], true);
    assert!(verified["entries"].as_i64().is_some_and(|entries| entries > 5));
    let page = site().get("stakeholder", "/api/v1/audit?limit=2").expect(200);
    let seqs: Vec<i64> = page["items"].as_array().expect("items").iter().filter_map(|line| line["seq"].as_i64()).collect();
    let cursor = page["next_cursor"].as_str().expect("more entries").to_owned();
    let next = site().get("stakeholder", &format!("/api/v1/audit?limit=2&cursor={cursor}")).expect(200);
    assert_eq!(next["items"][0]["seq"].as_i64(), Some(seqs[1] - 1));
    let found = site().get("stakeholder", "/api/v1/audit?q=version.registered").expect(200);
    assert!(
        found["items"]
            .as_array()
            .is_some_and(|lines| !lines.is_empty() && lines.iter().all(|line| line["action"] == "version.registered"))
    );
    let table = site().get("stakeholder", "/api/v1/audit/export?q=version.registered");
    assert!(table.header("content-disposition").contains("audit.csv"));
    assert!(table.text().starts_with("seq,at,actor,action,"));
    let lines = site().get("stakeholder", "/api/v1/audit/export?format=ndjson").text();
    assert!(lines.lines().count() > 5 && lines.lines().all(|line| line.starts_with('{')));
    site().get("stakeholder", "/api/v1/audit/export?format=xml").problem(400, "invalid");
    site().get("", "/api/v1/audit").problem(401, "unauthenticated");
    site().get("", "/api/v1/audit/export").problem(401, "unauthenticated");
}
