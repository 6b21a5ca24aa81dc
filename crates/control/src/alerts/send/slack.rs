//! Slack: an incoming webhook, whose address is the secret. Blocks for people, a text for notifications.

use super::{Line, Said, beginning, http, since};
use contract::alerting::{AlertEvent, AlertMessage};
use serde_json::{Value as Json, json};

/// Longest text that Slack takes in a header and in a section, letters.
const HEADER: usize = 150;
const SECTION: usize = 3_000;

pub fn send(line: &Line, message: &AlertMessage) -> Said {
    http::post(line.outbound, &line.secret, &[], &body(message).to_string())
}

fn body(message: &AlertMessage) -> Json {
    let title = format!("{}: {}", message.deployment, message.headline);
    let mut blocks = vec![
        json!({ "type": "header", "text": { "type": "plain_text", "text": cut(&title, HEADER), "emoji": false } }),
        section(&format!("*{}.* {}", beginning(message), escaped(&message.sentence))),
    ];
    if message.event.calls() {
        let mut lines = vec![format!("*Since* {}", since(message))];
        if !message.sure.is_empty() {
            lines.push(format!("*How sure* {}", escaped(&message.sure)));
        }
        if let Some(change) = &message.changed_before {
            let before = contract::time::span_words(message.since - change.at);
            lines.push(format!("*Changed just before* {} ({}, {before} before)", escaped(&change.text), escaped(&change.who)));
        }
        lines.push(format!("*What to do* {}", escaped(&message.runbook)));
        blocks.push(section(&lines.join("\n")));
    } else if message.event == AlertEvent::Acknowledged {
        let note = if message.note.is_empty() { String::new() } else { format!(": {}", escaped(&message.note)) };
        blocks.push(section(&format!("{} is on it{note}", escaped(&message.acknowledged_by))));
    }
    let button = |text: &str, url: &str| json!({ "type": "button", "text": { "type": "plain_text", "text": text }, "url": url });
    let mut buttons = vec![button("Show the chart", &message.chart_url), button("Open the alert", &message.alert_url)];
    if !message.runbook_url.is_empty() {
        buttons.push(button("Runbook", &message.runbook_url));
    }
    blocks.push(json!({ "type": "actions", "elements": buttons }));
    blocks.push(json!({ "type": "context", "elements": [{ "type": "mrkdwn", "text": format!("Slipway, {}", escaped(&message.environment)) }] }));
    json!({ "text": escaped(&format!("{}: {title}", beginning(message))), "blocks": blocks })
}

fn section(text: &str) -> Json {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": cut(text, SECTION) } })
}

/// The three letters that Slack reads as its own.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most { text.to_owned() } else { text.chars().take(most - 1).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::send::tests::message;

    #[test]
    fn blocks_are_short_enough_and_text_stays_text() {
        let body = body(&message(AlertEvent::Triggered));
        let blocks = body["blocks"].as_array().unwrap();
        assert_eq!(blocks[0]["text"]["text"], "churn: 12.0% of requests fail <now>", "plain text is not escaped");
        assert!(body["text"].as_str().unwrap().contains("&lt;now&gt;"), "{body}");
        let said = blocks[2]["text"]["text"].as_str().unwrap();
        for part in
            ["*Since* 2026-03-17 14:00 UTC", "*How sure*", "Rolled out version 3 (Ada, 5 min before)", "*What to do* Look"]
        {
            assert!(said.contains(part), "{said} lacks {part}");
        }
        assert_eq!(blocks[3]["elements"].as_array().unwrap().len(), 3);
        assert_eq!(cut(&"x".repeat(200), HEADER).chars().count(), HEADER);
        let seen = super::body(&AlertMessage { acknowledged_by: "Ada".into(), ..message(AlertEvent::Acknowledged) });
        assert!(seen.to_string().contains("Ada is on it"));
    }
}
