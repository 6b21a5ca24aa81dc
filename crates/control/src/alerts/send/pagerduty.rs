//! PagerDuty's Events API, version 2: the alert's id is the `dedup_key`, so that acknowledging and resolving find their incident.

use super::{Line, Said, http};
use contract::alerting::{AlertEvent, AlertMessage};
use serde_json::{Value as Json, json};

/// Where it is, unless the channel says otherwise (the service region in Europe, or a relay).
pub const API: &str = "https://events.pagerduty.com";
/// Longest summary that it takes, letters.
const SUMMARY: usize = 1_024;

pub fn send(line: &Line, message: &AlertMessage) -> Said {
    let base = if line.target.url.is_empty() { API } else { line.target.url.trim_end_matches('/') };
    // A test has no alert: its own id, so that it opens an incident of its own.
    let key = if message.alert.as_str().is_empty() { line.delivery.as_str() } else { message.alert.as_str() };
    http::post(line.outbound, &format!("{base}/v2/enqueue"), &[], &body(&line.secret, key, message).to_string())
}

fn body(routing_key: &str, dedup_key: &str, message: &AlertMessage) -> Json {
    let action = match message.event {
        AlertEvent::Acknowledged => "acknowledge",
        AlertEvent::Resolved => "resolve",
        AlertEvent::Triggered | AlertEvent::Worsened | AlertEvent::Escalated | AlertEvent::Test => "trigger",
    };
    let mut event = json!({ "routing_key": routing_key, "dedup_key": dedup_key, "event_action": action });
    if action == "trigger" {
        let severity = match (message.event, message.severity.as_str()) {
            (AlertEvent::Test, _) => "info",
            (_, "watch") => "warning",
            _ => "critical",
        };
        let summary: String = format!("{}: {}", message.deployment, message.headline).chars().take(SUMMARY).collect();
        let mut links =
            vec![json!({ "href": message.chart_url, "text": "Chart" }), json!({ "href": message.alert_url, "text": "Alert" })];
        if !message.runbook_url.is_empty() {
            links.push(json!({ "href": message.runbook_url, "text": "Runbook" }));
        }
        event["payload"] = json!({
            "summary": summary,
            "source": format!("slipway {}", message.environment),
            "severity": severity,
            "timestamp": message.since.rfc3339(),
            "component": message.deployment,
            "group": message.environment,
            "class": message.kind,
            "custom_details": {
                "what": message.sentence,
                "how_sure": message.sure,
                "changed_just_before": message.changed_before.as_ref().map(|change| format!("{} ({}, {})", change.text, change.who, change.at.rfc3339())),
                "what_to_do": message.runbook,
                "subject": message.subject,
            }
        });
        event["links"] = Json::Array(links);
        event["client"] = json!("Slipway");
        event["client_url"] = json!(message.alert_url);
    }
    event
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::send::tests::message;

    #[test]
    fn one_incident_from_trigger_to_resolve() {
        for (event, action, has_payload) in [
            (AlertEvent::Triggered, "trigger", true),
            (AlertEvent::Escalated, "trigger", true),
            (AlertEvent::Acknowledged, "acknowledge", false),
            (AlertEvent::Resolved, "resolve", false),
        ] {
            let body = body("key", "a1", &message(event));
            assert_eq!((body["event_action"].as_str(), body["dedup_key"].as_str()), (Some(action), Some("a1")));
            assert_eq!(body.get("payload").is_some(), has_payload, "{event:?}");
        }
        let watch = AlertMessage { severity: "watch".into(), headline: "x".repeat(2_000), ..message(AlertEvent::Triggered) };
        let body = body("key", "a1", &watch);
        assert_eq!(body["payload"]["severity"], "warning");
        assert_eq!(body["payload"]["summary"].as_str().unwrap().len(), SUMMARY);
    }
}
