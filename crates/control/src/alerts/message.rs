//! What is said of an alert outside of the program: the row, with how sure it is, what to do, and addresses that work from anywhere.

use super::runbook::runbook;
use crate::words::rarity;
use contract::alerting::{AlertEvent, AlertMessage};
use contract::time::MINUTE;
use contract::views::alerts::AlertKind;
use contract::{AlertId, Millis, urls};
use serde_json::Value as Json;
use store::alerts::AlertRow;

/// How much of the time before an alert, and after it began, its chart shows, ms.
const BEFORE: i64 = 50 * MINUTE;
const AFTER: i64 = 10 * MINUTE;

/// Where and how an alert is spoken of.
pub struct Setting<'a> {
    /// Address of this installation, without a slash at the end.
    pub address: &'a str,
    pub environment: &'a str,
    /// The deployment's own runbook; empty for none.
    pub runbook_url: &'a str,
}

pub fn message(row: &AlertRow, event: AlertEvent, at: Millis, setting: &Setting<'_>) -> AlertMessage {
    let Setting { address, environment, runbook_url } = setting;
    let id = AlertId(row.id.clone());
    AlertMessage {
        event,
        kind: AlertKind::parse(&row.kind),
        subject: row.subject.clone(),
        severity: row.severity.clone(),
        headline: row.headline.clone(),
        sentence: row.sentence.clone(),
        sure: sure(&row.numbers),
        since: Millis(row.since),
        at,
        changed_before: row.changed_before.as_deref().and_then(|json| serde_json::from_str(json).ok()),
        runbook: runbook(&row.kind).into(),
        runbook_url: (*runbook_url).into(),
        chart_url: format!("{address}{}", chart(&row.url, Millis(row.since))),
        alert_url: format!("{address}{}", urls::alert(&id)),
        environment: (*environment).into(),
        acknowledged_by: row.acknowledged_by.clone().unwrap_or_default(),
        note: row.note.clone(),
        deployment: row.deployment.as_str().into(),
        alert: id,
    }
}

/// How sure it is, from the numbers that it fired on; empty where nothing was estimated.
pub fn sure(numbers: &str) -> String {
    let Ok(numbers) = serde_json::from_str::<Json>(numbers) else { return String::new() };
    let number = |name: &str| numbers.get(name).and_then(Json::as_f64);
    if let Some(p) = number("p") {
        return format!("If nothing had changed, chance alone would show this {}.", rarity(p));
    }
    if number("lower").is_some() && number("upper").is_some() {
        return "The whole 95% interval lies on the wrong side of the limit.".into();
    }
    match (number("requests"), number("failed").or(number("fallback")).or(number("slow"))) {
        (Some(_), Some(_)) => "The whole 99% interval of the rate lies above the limit.".into(),
        _ => String::new(),
    }
}

/// The address of its chart, at the time at which it began.
pub fn chart(url: &str, since: Millis) -> String {
    chart_between(url, since, since)
}

/// The address of a chart, from some time before a stretch to some time after it. A rollout's page shows all of its course already.
pub fn chart_between(url: &str, begin: Millis, end: Millis) -> String {
    if !url.starts_with("/fleet/") {
        return url.to_owned();
    }
    let joint = if url.contains('?') { '&' } else { '?' };
    let minute = |at: Millis| at.rfc3339()[..16].to_owned() + ":00Z";
    let (from, to) = (minute(begin + -BEFORE), minute(end + AFTER + MINUTE));
    format!("{url}{joint}from={}&to={}", urls::encode(&from), urls::encode(&to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_sure_in_words() {
        for (numbers, said) in [
            (r#"{"p":0.00001,"rows":500}"#, "If nothing had changed, chance alone would show this once in 100,000 looks."),
            (r#"{"lower":0.7,"upper":0.8,"n":400}"#, "The whole 95% interval lies on the wrong side of the limit."),
            (r#"{"failed":12,"requests":100}"#, "The whole 99% interval of the rate lies above the limit."),
            (r#"{"dropped":3}"#, ""),
            ("broken", ""),
        ] {
            assert_eq!(sure(numbers), said);
        }
    }

    #[test]
    fn a_chart_is_shown_at_its_time() {
        let since = Millis::parse("2026-03-17T14:20:05Z").unwrap();
        assert_eq!(
            chart("/fleet/churn/drift?feature=age", since),
            "/fleet/churn/drift?feature=age&from=2026-03-17T13%3A30%3A00Z&to=2026-03-17T14%3A31%3A00Z"
        );
        assert_eq!(chart("/fleet/churn/latency", since).matches('?').count(), 1);
        assert_eq!(chart("/releases/r1", since), "/releases/r1");
    }
}
