//! When something is worth a person's attention: pure rules over numbers, with a table of cases. Every deployment gets them without
//! configuration; limits come from its settings.

use contract::alerting::AlertLimits;
use contract::verdict::{State, Verdict};
use contract::views::alerts::AlertKind;
use serde_json::{Value as Json, json};

use crate::words::{count, ms, number, percent, rarity};

/// A rate is judged from this many requests on.
const FEWEST: u64 = 50;
/// Times the limit from which failed requests are bad, and those that a fallback answered.
const ERRORS_BAD: f64 = 5.0;
const DEGRADED_BAD: f64 = 10.0;

/// Something that fires.
#[derive(Clone, Debug, PartialEq)]
pub struct Firing {
    pub kind: AlertKind,
    /// A feature or a version; empty where the deployment itself is meant.
    pub subject: String,
    pub state: State,
    pub headline: String,
    pub sentence: String,
    pub numbers: Json,
}

/// Drift of one feature, as it was judged.
#[derive(Clone, Debug)]
pub struct FeatureLook {
    pub feature: String,
    pub kind: AlertKind,
    /// The limit is a share of the rows.
    pub is_share: bool,
    pub verdict: Verdict,
    pub distance: f64,
    pub threshold: f64,
    pub p: f64,
    pub rows: u64,
    /// The distance as the beginning of a sentence.
    pub words: String,
}

/// Effect and evidence have been judged already; what is left is how it is said.
pub fn feature_drift(look: &FeatureLook) -> Option<Firing> {
    if look.verdict != Verdict::Fail {
        return None;
    }
    let FeatureLook { feature, distance, threshold, p, rows, words, .. } = look;
    let over = format!("over {} rows", count(*rows));
    let (headline, what) = match look.kind {
        AlertKind::Missing => {
            (format!("{feature} is missing more often"), format!("{} more rows without a value {over}", percent(*distance)))
        }
        AlertKind::Unseen => (
            format!("{feature} has values that it did not have"),
            format!("{} more rows with new values {over}", percent(*distance)),
        ),
        AlertKind::OutOfRange => (
            format!("{feature} lies outside the range of the training data"),
            format!("{} of the values are ones beyond the least or the greatest that it had there, {over}", percent(*distance)),
        ),
        AlertKind::Stuck => (
            format!("{feature} stands still"),
            format!("Every value {over} is {words}, and {} of the training data have another", percent(*distance)),
        ),
        _ => (format!("{feature} has drifted"), format!("{words} {over}")),
    };
    let limit = if look.is_share { percent(*threshold) } else { number(*threshold) };
    // Inputs alone are something to watch; answers that have changed are bad.
    let far = *distance >= 2.0 * threshold && look.kind == AlertKind::PredictionDrift;
    Some(Firing {
        kind: look.kind,
        subject: feature.clone(),
        state: if far { State::Bad } else { State::Watch },
        headline,
        sentence: format!("{what}; the limit is {limit}. By chance alone that happens {}.", rarity(*p)),
        numbers: json!({"feature": feature, "distance": distance, "threshold": threshold, "p": p, "rows": rows}),
    })
}

/// Share of a class, now and in the reference, with the p-value of "the same rate".
#[derive(Clone, Debug)]
pub struct ShareLook {
    pub class: String,
    pub now: (u64, u64),
    pub reference: f64,
    pub p: f64,
    /// The p-value from which the evidence is enough.
    pub level: f64,
    /// Smallest difference that matters.
    pub margin: f64,
}

pub fn prediction_share(look: &ShareLook) -> Option<Firing> {
    let (k, n) = look.now;
    if n < FEWEST {
        return None;
    }
    let now = k as f64 / n as f64;
    let difference = (now - look.reference).abs();
    if difference < look.margin || look.p > look.level {
        return None;
    }
    let way = if now > look.reference { "rose" } else { "fell" };
    Some(Firing {
        kind: AlertKind::PredictionDrift,
        subject: look.class.clone(),
        state: if difference >= 2.0 * look.margin { State::Bad } else { State::Watch },
        headline: format!("The share of “{}” {way} from {} to {}", look.class, percent(look.reference), percent(now)),
        sentence: format!(
            "{} of {} predictions; {} is what the reference data get. By chance alone that happens {}.",
            count(k),
            count(n),
            percent(look.reference),
            rarity(look.p)
        ),
        numbers: json!({"class": look.class, "k": k, "n": n, "reference": look.reference, "p": look.p}),
    })
}

/// Requests of the last minutes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Traffic {
    pub requests: u64,
    pub failed: u64,
    pub fallback: u64,
    pub slow: u64,
    pub dropped: u64,
    pub p99_ms: Option<f64>,
    pub p99_limit_ms: f64,
    pub limits: AlertLimits,
}

/// What the requests of the last minutes say.
pub fn traffic(look: &Traffic) -> Vec<Firing> {
    let share = |part: u64| part as f64 / look.requests.max(1) as f64;
    let sure = |part: u64, limit: f64| stats::evidence::wilson(part, look.requests, 0.99).is_some_and(|rate| rate.lower > limit);
    let firing = |kind, state, headline: String, sentence: String, numbers| Firing {
        kind,
        subject: String::new(),
        state,
        headline,
        sentence,
        numbers,
    };
    let AlertLimits { error_share, degraded_share, .. } = look.limits;
    let mut fires = Vec::new();
    if look.requests >= FEWEST && sure(look.failed, error_share) {
        fires.push(firing(
            AlertKind::Errors,
            if share(look.failed) >= ERRORS_BAD * error_share { State::Bad } else { State::Watch },
            format!("{} of requests fail", percent(share(look.failed))),
            format!(
                "{} of {} requests got no answer; {} is the limit.",
                count(look.failed),
                count(look.requests),
                percent(error_share)
            ),
            json!({"failed": look.failed, "requests": look.requests}),
        ));
    }
    if look.requests >= FEWEST && sure(look.fallback, degraded_share) {
        fires.push(firing(
            AlertKind::Degraded,
            if share(look.fallback) >= DEGRADED_BAD * degraded_share { State::Bad } else { State::Watch },
            format!("{} of answers come from a fallback", percent(share(look.fallback))),
            format!(
                "{} of {} requests were answered by something else than the version that should have.",
                count(look.fallback),
                count(look.requests)
            ),
            json!({"fallback": look.fallback, "requests": look.requests}),
        ));
    }
    // p99 above the limit is the same as more than 1 % slower than it, which can be said with evidence.
    if let Some(p99) = look.p99_ms.filter(|p99| *p99 > look.p99_limit_ms && look.requests >= FEWEST && sure(look.slow, 0.01)) {
        fires.push(firing(
            AlertKind::Latency,
            if p99 >= 2.0 * look.p99_limit_ms { State::Bad } else { State::Watch },
            "p99 is above its limit".into(),
            format!(
                "p99 is {} against a limit of {}; {} of {} requests were slower.",
                ms(p99),
                ms(look.p99_limit_ms),
                count(look.slow),
                count(look.requests)
            ),
            json!({"p99_ms": p99, "limit_ms": look.p99_limit_ms, "slow": look.slow, "requests": look.requests}),
        ));
    }
    if look.dropped > 0 {
        fires.push(firing(
            AlertKind::RecordingDrops,
            State::Watch,
            "Records of answers were dropped".into(),
            format!(
                "{} answered requests are missing from monitoring or from the prediction log: they came faster than they could be written. Answers themselves were not affected.",
                count(look.dropped)
            ),
            json!({"dropped": look.dropped}),
        ));
    }
    fires
}

/// A rollout whose arms do not get their shares.
pub fn traffic_split(rollout: &str, canary: u64, stable: u64, weight: f64) -> Firing {
    let share = canary as f64 / (canary + stable).max(1) as f64;
    Firing {
        kind: AlertKind::TrafficSplit,
        subject: rollout.to_owned(),
        state: State::Watch,
        headline: format!("The canary gets {} of the requests instead of {}", percent(share), percent(weight / 100.0)),
        sentence: format!(
            "{} of {} requests in this step. What is compared on a wrong split cannot be trusted, so the rollout is held.",
            count(canary),
            count(canary + stable)
        ),
        numbers: json!({"rollout": rollout, "canary": canary, "stable": stable, "weight": weight}),
    }
}

/// Realised quality of the stable version against its held-back value.
#[derive(Clone, Debug)]
pub struct QualityLook {
    pub version: String,
    pub measure: String,
    pub higher_is_better: bool,
    pub offline: f64,
    pub value: f64,
    pub lower: f64,
    pub upper: f64,
    pub n: u64,
    /// Realised accuracy below the offline value by more than this, with its whole interval, is worse.
    pub margin: f64,
}

pub fn quality(look: &QualityLook) -> Option<Firing> {
    if look.n < FEWEST {
        return None;
    }
    let worse = if look.higher_is_better {
        look.upper < look.offline - look.margin
    } else {
        // Errors have a unit: the margin is relative.
        look.lower > look.offline * (1.0 + 2.0 * look.margin)
    };
    if !worse {
        return None;
    }
    let written = |x: f64| if look.higher_is_better { percent(x) } else { number(x) };
    Some(Firing {
        kind: AlertKind::Quality,
        subject: look.version.clone(),
        state: State::Bad,
        headline: format!(
            "{} of version {} is {}, and was {} on held-back data",
            look.measure,
            look.version,
            written(look.value),
            written(look.offline)
        ),
        sentence: format!(
            "Between {} and {} over {} outcomes, 95% sure.",
            written(look.lower),
            written(look.upper),
            count(look.n)
        ),
        numbers: json!({"measure": look.measure, "value": look.value, "lower": look.lower, "upper": look.upper, "n": look.n, "offline": look.offline}),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drift_needs_its_verdict() {
        let look = |kind, verdict, distance| FeatureLook {
            feature: "income".into(),
            kind,
            is_share: false,
            verdict,
            distance,
            threshold: 0.15,
            p: 1e-7,
            rows: 2_000,
            words: "Far away".into(),
        };
        for (kind, verdict, distance, state) in [
            (AlertKind::FeatureDrift, Verdict::Fail, 0.2, Some(State::Watch)),
            (AlertKind::FeatureDrift, Verdict::Fail, 0.5, Some(State::Watch)),
            (AlertKind::PredictionDrift, Verdict::Fail, 0.2, Some(State::Watch)),
            (AlertKind::PredictionDrift, Verdict::Fail, 0.5, Some(State::Bad)),
            (AlertKind::FeatureDrift, Verdict::Insufficient, 0.5, None),
            (AlertKind::FeatureDrift, Verdict::Pass, 0.1, None),
        ] {
            assert_eq!(feature_drift(&look(kind, verdict, distance)).map(|firing| firing.state), state);
        }
    }

    #[test]
    fn each_kind_of_change_is_said_in_its_own_words() {
        for (kind, distance, headline, sentence) in [
            (
                AlertKind::Missing,
                0.012,
                "age is missing more often",
                "1.2% more rows without a value over 2,000 rows; the limit is 0.40%.",
            ),
            (
                AlertKind::OutOfRange,
                0.012,
                "age lies outside the range of the training data",
                "1.2% of the values are ones beyond the least or the greatest that it had there, over 2,000 rows; the limit is 0.40%.",
            ),
            (
                AlertKind::Stuck,
                0.973,
                "age stands still",
                "Every value over 2,000 rows is 42, and 97.3% of the training data have another; the limit is 0.40%.",
            ),
        ] {
            let look = FeatureLook {
                feature: "age".into(),
                kind,
                is_share: true,
                verdict: Verdict::Fail,
                distance,
                threshold: 0.004,
                p: 1e-9,
                rows: 2_000,
                words: "42".into(),
            };
            let told = feature_drift(&look).unwrap();
            assert!(told.headline == headline && told.sentence.starts_with(sentence), "{told:?}");
            assert_eq!((told.kind, told.state), (kind, State::Watch));
        }
    }

    #[test]
    fn a_share_needs_effect_and_evidence() {
        for (k, n, reference, p, fires) in [
            (450, 1_000, 0.12, 1e-12, true),
            (125, 1_000, 0.12, 1e-12, false),
            (450, 1_000, 0.12, 1e-3, false),
            (20, 40, 0.12, 1e-12, false),
            (0, 1_000, 0.12, 1e-12, true),
        ] {
            let look = ShareLook { class: "yes".into(), now: (k, n), reference, p, level: 1e-4, margin: 0.05 };
            assert_eq!(prediction_share(&look).is_some(), fires, "{k} of {n} against {reference}, p {p}");
        }
    }

    #[test]
    fn traffic_is_judged_from_enough_requests_on() {
        let base = Traffic { requests: 1_000, p99_ms: Some(20.0), p99_limit_ms: 50.0, ..Traffic::default() };
        for (look, kinds) in [
            (base, vec![]),
            (Traffic { failed: 100, ..base }, vec![AlertKind::Errors]),
            (Traffic { failed: 10, ..base }, vec![]),
            (Traffic { requests: 10, failed: 10, ..base }, vec![]),
            (Traffic { fallback: 100, ..base }, vec![AlertKind::Degraded]),
            (Traffic { p99_ms: Some(80.0), slow: 50, ..base }, vec![AlertKind::Latency]),
            (Traffic { p99_ms: Some(80.0), slow: 11, ..base }, vec![]),
            (Traffic { dropped: 1, ..base }, vec![AlertKind::RecordingDrops]),
        ] {
            assert_eq!(traffic(&look).into_iter().map(|firing| firing.kind).collect::<Vec<_>>(), kinds, "{look:?}");
        }
    }

    #[test]
    fn only_worse_quality_fires() {
        let look = |value: f64, half: f64, n| QualityLook {
            version: "3".into(),
            measure: "Accuracy".into(),
            higher_is_better: true,
            offline: 0.9,
            value,
            lower: value - half,
            upper: value + half,
            n,
            margin: AlertLimits::default().quality_margin,
        };
        for (look, fires) in [
            (look(0.8, 0.02, 500), true),
            (look(0.88, 0.02, 500), false),
            (look(0.99, 0.01, 500), false),
            (look(0.5, 0.1, 20), false),
        ] {
            assert_eq!(quality(&look).is_some(), fires, "{look:?}");
        }
        let error = QualityLook {
            higher_is_better: false,
            offline: 100.0,
            value: 120.0,
            lower: 115.0,
            upper: 125.0,
            ..look(0.0, 0.0, 500)
        };
        assert!(quality(&error).is_some());
        assert!(quality(&QualityLook { value: 90.0, lower: 85.0, upper: 95.0, ..error }).is_none());
    }
}
