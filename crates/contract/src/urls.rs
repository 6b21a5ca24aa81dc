//! Every address of a page, built from typed parts: pages, redirects, alerts and tests all call these.

use crate::ids::*;

pub const SIGN_IN: &str = "/sign-in";
pub const INBOX: &str = "/inbox";
pub const FLEET: &str = "/fleet";
pub const MODELS: &str = "/models";
pub const RELEASES: &str = "/releases";
pub const ALERTS: &str = "/alerts";
pub const CHANNELS: &str = "/alerts/channels";
pub const INCIDENTS: &str = "/incidents";
pub const RESOURCES: &str = "/resources";
pub const AUDIT: &str = "/audit";
pub const STYLEGUIDE: &str = "/styleguide";
pub const STREAM: &str = "/api/v1/stream";

pub fn model(model: &ModelName) -> String {
    format!("/models/{model}")
}
pub fn new_version(model: &ModelName) -> String {
    format!("/models/{model}/new")
}
/// Takes the form with the files of a new version.
pub fn upload(model: &ModelName) -> String {
    format!("/models/{model}/versions")
}
pub const NEW_MODEL: &str = "/models/new";
/// `tab`: "" (overview), `contract`, `gates`, `explain`, `activity`.
pub fn version(model: &ModelName, version: VersionNo, tab: &str) -> String {
    if tab.is_empty() { format!("/models/{model}/{version}") } else { format!("/models/{model}/{version}/{tab}") }
}
/// `tab`: "" (overview), `drift`, `quality`, `latency`, `alerts`.
pub fn deployment(name: &DeploymentName, tab: &str) -> String {
    if tab.is_empty() { format!("/fleet/{name}") } else { format!("/fleet/{name}/{tab}") }
}
pub fn drift_feature(name: &DeploymentName, feature: &str) -> String {
    format!("/fleet/{name}/drift?feature={}", encode(feature))
}
/// One alert among all of them.
pub fn alert(id: &AlertId) -> String {
    format!("{ALERTS}#{id}")
}
pub fn channel(id: &ChannelId) -> String {
    format!("{CHANNELS}/{id}")
}
pub fn rollout(id: &RolloutId) -> String {
    format!("/releases/{id}")
}
pub fn incident(id: &IncidentId) -> String {
    format!("/incidents/{id}")
}
/// The post-mortem as a Markdown file, as it stands now.
pub fn post_mortem(id: &IncidentId) -> String {
    format!("/api/v1/incidents/{id}/postmortem.md")
}
pub fn approval(id: &ApprovalId) -> String {
    format!("/inbox/{id}")
}
/// Address of a shared report: the token in it is the right to read.
pub fn report(token: &str) -> String {
    format!("/report/{}", encode(token))
}

/// Percent-encodes one path segment or query value (RFC 3986, unreserved characters stay).
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(byte as char),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert_eq!(version(&"churn".into(), VersionNo(3), "gates"), "/models/churn/3/gates");
        assert_eq!(drift_feature(&"churn".into(), "a b&c"), "/fleet/churn/drift?feature=a%20b%26c");
    }
}
