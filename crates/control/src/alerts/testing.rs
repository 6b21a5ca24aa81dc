//! What the tests of alerts share.

use store::alerts::AlertRow;

/// An open alert of `churn`.
pub fn alert() -> AlertRow {
    AlertRow {
        id: "a1".into(),
        deployment: "churn".into(),
        kind: "errors".into(),
        subject: String::new(),
        severity: "bad".into(),
        headline: "12.0% of requests fail".into(),
        sentence: "120 of 1,000 requests got no answer; 1.0% is the limit.".into(),
        numbers: r#"{"failed":120,"requests":1000}"#.into(),
        changed_before: None,
        url: "/fleet/churn/latency".into(),
        since: 100,
        seen_at: 100,
        clear_looks: 0,
        resolved_at: None,
        acknowledged_by: None,
        acknowledged_at: None,
        note: String::new(),
    }
}
