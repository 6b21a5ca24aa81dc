//! Webhooks as Standard Webhooks 1.0 describes them: an id that stays, a time, and an HMAC-SHA256 over both and the body.

use super::{Line, Said, http};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use contract::alerting::AlertMessage;
use hmac::{Hmac, Mac};
use serde_json::{Value as Json, json};
use sha2::Sha256;

/// What every key begins with.
const PREFIX: &str = "whsec_";

/// A new key of 256 bits, as text.
#[expect(clippy::disallowed_methods, reason = "a secret must not be replayable")]
pub fn fresh_secret() -> String {
    format!("{PREFIX}{}", STANDARD.encode(rand::random::<[u8; 32]>()))
}

/// The bytes of a key; `Err` says what is wrong with it.
pub fn key(secret: &str) -> Result<Vec<u8>, String> {
    let bytes = secret.strip_prefix(PREFIX).and_then(|text| STANDARD.decode(text).ok());
    match bytes {
        Some(bytes) if (24..=64).contains(&bytes.len()) => Ok(bytes),
        _ => Err(format!("A key is {PREFIX} and 24 to 64 bytes in base64. Leave it empty to have one made.")),
    }
}

/// `v1,` and the signature over `id.timestamp.body`; the time in seconds.
fn signature(key: &[u8], id: &str, seconds: i64, body: &str) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    mac.update(format!("{id}.{seconds}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// What is posted: times in RFC 3339, since other programs read it.
pub fn body(message: &AlertMessage) -> Json {
    let changed = message
        .changed_before
        .as_ref()
        .map(|change| json!({ "at": change.at.rfc3339(), "text": change.text, "who": change.who }));
    json!({
        "type": format!("alert.{}", message.event.word()),
        "timestamp": message.at.rfc3339(),
        "data": {
            "id": message.alert,
            "deployment": message.deployment,
            "kind": message.kind,
            "subject": message.subject,
            "severity": message.severity,
            "headline": message.headline,
            "sentence": message.sentence,
            "sure": message.sure,
            "since": message.since.rfc3339(),
            "changed_before": changed,
            "runbook": message.runbook,
            "runbook_url": message.runbook_url,
            "chart_url": message.chart_url,
            "url": message.alert_url,
            "environment": message.environment,
            "acknowledged_by": message.acknowledged_by,
            "note": message.note,
        }
    })
}

pub fn send(line: &Line, message: &AlertMessage) -> Said {
    let key = match key(&line.secret) {
        Ok(key) => key,
        Err(why) => return Said::failed("not sent", why),
    };
    let body = body(message).to_string();
    let (id, seconds) = (line.delivery.as_str(), line.at.0.div_euclid(1_000));
    let signature = signature(&key, id, seconds, &body);
    let seconds = seconds.to_string();
    let headers = [("webhook-id", id), ("webhook-timestamp", seconds.as_str()), ("webhook-signature", signature.as_str())];
    http::post(line.outbound, &line.target.url, &headers, &body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::send::tests::message;
    use contract::alerting::AlertEvent;

    #[test]
    fn signed_as_the_standard_does() {
        // The example of the specification's own libraries.
        let key = key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = signature(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn keys_are_long_enough_or_refused() {
        assert_eq!(super::key(&fresh_secret()).unwrap().len(), 32);
        for bad in ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!!!"] {
            assert!(super::key(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_body_says_it_all() {
        let body = body(&message(AlertEvent::Triggered));
        assert_eq!(body["type"], "alert.triggered");
        assert_eq!(body["data"]["kind"], "errors");
        assert_eq!(body["data"]["since"], "2026-03-17T14:00:00.000Z");
        assert_eq!(body["data"]["changed_before"]["who"], "Ada");
    }
}
