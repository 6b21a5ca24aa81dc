//! Which change may have caused it: pure, with a table of cases.
//!
//! A change is the more suspect the closer it is before the first alert, and the more often its kind causes such trouble.
//! The score orders what somebody should look at first; it is no probability.

use contract::Millis;
use contract::time::MINUTE;
use contract::views::incidents::CauseKind;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// A change this far before the first alert is half as suspect as one right before it.
pub const HALF: i64 = 30 * MINUTE;
/// Below this a change is no suspect.
const LEAST: f64 = 0.02;
/// Suspects that are named.
const MOST: usize = 8;

/// What is wrong, as far as it tells kinds of causes apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symptom {
    /// Inputs or answers have moved.
    Data,
    /// Slow, failing, short of something.
    Service,
    /// Answers have become worse.
    Quality,
    Other,
}

impl Symptom {
    /// Of the word of an alert's kind; one that is not known here says nothing of causes.
    pub fn of(kind: &str) -> Symptom {
        match kind {
            "feature_drift" | "missing" | "unseen" | "out_of_range" | "stuck" | "prediction_drift" | "joint_drift" => {
                Symptom::Data
            }
            "errors" | "latency" | "degraded" | "recording_drops" | "error_budget" | "resources" => Symptom::Service,
            "quality" | "concept_drift" | "estimate" => Symptom::Quality,
            _ => Symptom::Other,
        }
    }
}

/// How often a change of this kind causes such trouble, from 0 to 1. A judgement: new versions and new data come first, what only
/// changes words or rights comes last.
pub fn weight(kind: CauseKind, symptom: Symptom) -> f64 {
    use CauseKind::*;
    let [data, service, quality, other] = match kind {
        Version => [0.7, 1.0, 1.0, 1.0],
        Settings => [0.3, 0.9, 0.3, 0.6],
        Threshold => [0.8, 0.8, 0.8, 0.8],
        Contract => [0.6, 0.5, 0.4, 0.5],
        Alias => [0.2, 0.2, 0.2, 0.2],
        Policy => [0.1, 0.1, 0.1, 0.1],
        Approval => [0.1, 0.1, 0.1, 0.1],
        DataRun => [1.0, 0.3, 0.9, 0.7],
        Training => [0.4, 0.2, 0.7, 0.4],
        Outside => [0.8, 0.8, 0.6, 0.8],
        Schema => [1.0, 0.6, 0.9, 0.8],
        Traffic => [0.7, 0.9, 0.4, 0.7],
    };
    match symptom {
        Symptom::Data => data,
        Symptom::Service => service,
        Symptom::Quality => quality,
        Symptom::Other => other,
    }
}

/// 1 right before, one half at [`HALF`], one third at twice that. `None` for what came after: it is no cause.
pub fn closeness(at: Millis, start: Millis) -> Option<f64> {
    let before = start - at;
    (before >= 0).then(|| 1.0 / (1.0 + before as f64 / HALF as f64))
}

/// Places of the suspects among the changes, likeliest first, with their scores. `symptoms` of all alerts: the one that fits best
/// counts. Without an alert nothing is known of the trouble, and [`Symptom::Other`] stands for it.
pub fn rank(start: Millis, symptoms: &[Symptom], changes: &[(Millis, Option<CauseKind>)]) -> Vec<(usize, f64)> {
    let symptoms = if symptoms.is_empty() { &[Symptom::Other] } else { symptoms };
    let score = |(at, kind): &(Millis, Option<CauseKind>)| -> Option<f64> {
        let kind = (*kind)?;
        let fits = symptoms.iter().map(|symptom| weight(kind, *symptom)).fold(0.0, f64::max);
        Some(closeness(*at, start)? * fits)
    };
    let mut found: Vec<(usize, f64)> =
        changes.iter().enumerate().filter_map(|(i, change)| Some((i, score(change)?))).filter(|(_, s)| *s >= LEAST).collect();
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then(changes[b.0].0.cmp(&changes[a.0].0)));
    found.truncate(MOST);
    found
}

/// What an entry of the audit log changed: `None` if it changes nothing that anybody would look at, `Some(None)` if it is worth a
/// line but causes nothing.
pub fn of_entry(action: &str, detail: &Json) -> Option<Option<CauseKind>> {
    Some(match action {
        "deployment.stable_set" | "rollout.started" | "rollout.advanced" => Some(CauseKind::Version),
        "rollout.rolled_back" | "rollout.aborted" => Some(CauseKind::Version),
        // What ends a rollout or goes back has an entry beside it that says which version answers now.
        "rollout.completed" | "rollout.paused" | "rollout.resumed" | "rollout.not_approved" | "deployment.rolled_back" => None,
        "deployment.created" => Some(CauseKind::Settings),
        "deployment.changed" => Some(settings(&detail["before"], &detail["after"])),
        "contract.changed" => Some(CauseKind::Contract),
        "alias.set" | "alias.removed" => Some(CauseKind::Alias),
        _ if action.starts_with("policy.") => Some(CauseKind::Policy),
        _ if action.starts_with("rule.") || action.starts_with("silence.") => Some(CauseKind::Threshold),
        "approval.approved" | "approval.rejected" => Some(CauseKind::Approval),
        _ => return None,
    })
}

/// Settings that only say when an alert is raised.
const THRESHOLDS: [&str; 9] = [
    "p99_limit_ms",
    "drift_threshold",
    "alert_budget_per_week",
    "alert_limits",
    "concept_detector",
    "drift_window_s",
    "slo_availability",
    "slo_latency",
    "stale",
];

fn settings(before: &Json, after: &Json) -> CauseKind {
    let keys = |of: &Json| -> Vec<String> { of.as_object().map(|map| map.keys().cloned().collect()).unwrap_or_default() };
    let all: BTreeSet<String> = keys(before).into_iter().chain(keys(after)).collect();
    let mut changed = all.iter().filter(|key| before[key.as_str()] != after[key.as_str()]).peekable();
    let any = changed.peek().is_some();
    if any && changed.all(|key| THRESHOLDS.contains(&key.as_str())) { CauseKind::Threshold } else { CauseKind::Settings }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::time::HOUR;
    use serde_json::json;

    #[test]
    fn closer_is_more_suspect_and_later_is_none() {
        let start = Millis(100 * HOUR);
        for (before, closeness_is) in [(0, Some(1.0)), (HALF, Some(0.5)), (2 * HALF, Some(1.0 / 3.0)), (-1, None), (-HOUR, None)]
        {
            let found = closeness(start + -before, start);
            assert_eq!(found.is_some(), closeness_is.is_some(), "{before}");
            assert!((found.unwrap_or_default() - closeness_is.unwrap_or_default()).abs() < 1e-12, "{before}");
        }
    }

    #[test]
    fn suspects_are_ranked_by_closeness_and_kind() {
        use CauseKind::*;
        use Symptom::*;
        let start = Millis(100 * HOUR);
        let change = |minutes: i64, kind| (start + -minutes * MINUTE, kind);
        for (symptoms, changes, order) in [
            // The nearer of two alike.
            (vec![Service], vec![change(40, Some(Version)), change(10, Some(Version))], vec![1, 0]),
            // A new version explains slowness sooner than a data run that is a little nearer, and drift the other way round.
            (vec![Service], vec![change(13, Some(Version)), change(7, Some(DataRun))], vec![0, 1]),
            (vec![Data], vec![change(13, Some(Version)), change(7, Some(DataRun))], vec![1, 0]),
            (vec![Quality], vec![change(30, Some(Version)), change(30, Some(Settings))], vec![0, 1]),
            // The symptom that fits best counts.
            (vec![Service, Data], vec![change(13, Some(Settings)), change(13, Some(DataRun))], vec![1, 0]),
            // What came after, and what causes nothing, is no suspect.
            (vec![Service], vec![change(-1, Some(Version)), change(1, None), change(2, Some(Settings))], vec![2]),
            // An old approval is below the least.
            (vec![Service], vec![change(600, Some(Approval))], vec![]),
            (vec![], vec![change(5, Some(Policy)), change(5, Some(Version))], vec![1, 0]),
            (vec![Data], vec![], vec![]),
        ] {
            let found: Vec<usize> = rank(start, &symptoms, &changes).into_iter().map(|(i, _)| i).collect();
            assert_eq!(found, order, "{symptoms:?} {changes:?}");
        }
        let many: Vec<_> = (0..20).map(|i| change(i, Some(Version))).collect();
        assert_eq!(rank(start, &[Service], &many).len(), MOST);
    }

    #[test]
    fn entries_of_the_log_as_causes() {
        let none = json!({});
        let settings = |before: Json, after: Json| json!({"before": before, "after": after});
        for (action, detail, kind) in [
            ("deployment.stable_set", none.clone(), Some(Some(CauseKind::Version))),
            ("rollout.paused", none.clone(), Some(None)),
            ("alias.set", none.clone(), Some(Some(CauseKind::Alias))),
            ("gates.ran", none.clone(), None),
            ("version.registered", none, None),
            ("deployment.changed", settings(json!({"max_batch": 1}), json!({"max_batch": 8})), Some(Some(CauseKind::Settings))),
            (
                "deployment.changed",
                settings(json!({"max_batch": 1, "drift_threshold": 0.1}), json!({"max_batch": 1, "drift_threshold": 0.2})),
                Some(Some(CauseKind::Threshold)),
            ),
            (
                "deployment.changed",
                settings(json!({"cache": {}, "p99_limit_ms": 5}), json!({"p99_limit_ms": 6})),
                Some(Some(CauseKind::Settings)),
            ),
            ("deployment.changed", settings(json!({"a": 1}), json!({"a": 1})), Some(Some(CauseKind::Settings))),
        ] {
            assert_eq!(of_entry(action, &detail), kind, "{action} {detail}");
        }
    }
}
