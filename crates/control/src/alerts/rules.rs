//! When something is worth a person's attention: pure rules over numbers, with a table of cases. Every deployment gets them without
//! configuration; limits come from its settings.

use crate::outcomes::Worse;
use contract::alerting::AlertLimits;
use contract::verdict::{State, Verdict};
use contract::views::alerts::AlertKind;
use contract::views::parts::Estimate;
use serde_json::{Value as Json, json};

use crate::words::{count, counted, listed, ms, number, percent, rarity};

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
    /// What the p-value takes into account, as the beginning of a sentence.
    pub chance: &'static str,
    /// A part of the distribution has changed, short of the declared distance.
    pub is_part: bool,
}

/// Effect and evidence have been judged already; what is left is how it is said.
pub fn feature_drift(look: &FeatureLook) -> Option<Firing> {
    if look.verdict != Verdict::Fail {
        return None;
    }
    let FeatureLook { feature, distance, threshold, p, rows, words, chance, .. } = look;
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
        _ if look.is_part => (format!("{feature} has changed in part"), format!("{words} {over}")),
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
        sentence: format!("{what}; the limit is {limit}. {chance} that happens {}.", rarity(*p)),
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

/// Realised quality of the stable version against its held-back value, and what else is worse.
#[derive(Clone, Debug)]
pub struct QualityLook {
    pub version: String,
    pub measure: String,
    pub is_rate: bool,
    pub offline: f64,
    /// With its interval of 95 %.
    pub seen: Estimate,
    /// Probability of this when it is worse by no more than what matters, and the level from which that is evidence.
    pub p: f64,
    pub level: f64,
    /// Other measures that are worse, each with its evidence.
    pub others: Vec<Worse>,
}

pub fn quality(look: &QualityLook) -> Option<Firing> {
    if look.seen.n < FEWEST {
        return None;
    }
    let written = |is_rate: bool, x: f64| if is_rate { percent(x) } else { number(x) };
    let was = |one: &Worse| {
        let (now, before) = (written(one.is_rate, one.value), written(one.is_rate, one.reference));
        format!("{} {now} over {} (was {before})", one.measure, counted(one.n, "outcome"))
    };
    let is_worse = look.p <= look.level;
    let (first, others) =
        if is_worse { (None, &look.others[..]) } else { look.others.split_first().map(|(first, rest)| (Some(first), rest))? };
    let Estimate { value, lower, upper, n } = look.seen;
    let (lower, upper) = (lower.unwrap_or(value), upper.unwrap_or(value));
    let own = |x| written(look.is_rate, x);
    let (headline, sentence) = match first {
        None => (
            format!(
                "{} of version {} is {}, and was {} on held-back data",
                look.measure,
                look.version,
                own(value),
                own(look.offline)
            ),
            format!("Between {} and {} over {} outcomes, 95% sure.", own(lower), own(upper), count(n)),
        ),
        Some(one) => (
            format!(
                "The {} of version {} is {}, and was {} on held-back data",
                one.measure,
                look.version,
                written(one.is_rate, one.value),
                written(one.is_rate, one.reference)
            ),
            format!(
                "Over {}. If it were worse by no more than matters, that would happen {}. {} is {}, and was {}.",
                counted(one.n, "outcome"),
                rarity(one.p),
                look.measure,
                own(value),
                own(look.offline)
            ),
        ),
    };
    let also: Vec<String> = others.iter().map(was).collect();
    let also = if also.is_empty() { String::new() } else { format!(" Worse too: {}.", listed(&also)) };
    let worse: Vec<Json> = look
        .others
        .iter()
        .map(|one| json!({"measure": one.measure, "value": one.value, "offline": one.reference, "n": one.n, "p": one.p}))
        .collect();
    Some(Firing {
        kind: AlertKind::Quality,
        subject: look.version.clone(),
        state: State::Bad,
        headline,
        sentence: format!("{sentence}{also}"),
        numbers: json!({
            "measure": look.measure, "value": value, "lower": lower, "upper": upper, "n": n, "offline": look.offline,
            "p": look.p, "worse": worse,
        }),
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
            chance: "By chance alone",
            is_part: false,
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
                chance: "By chance alone",
                is_part: false,
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
        let seen = |value: f64, n| Estimate { value, lower: Some(value - 0.02), upper: Some(value + 0.02), n };
        let look = |value, n, p, others: &[Worse]| QualityLook {
            version: "3".into(),
            measure: "Accuracy".into(),
            is_rate: true,
            offline: 0.9,
            seen: seen(value, n),
            p,
            level: 0.005,
            others: others.to_vec(),
        };
        let recall = Worse { measure: "recall".into(), is_rate: true, value: 0.3, reference: 0.8, n: 60, p: 1e-5 };
        let area = Worse { measure: "ROC AUC".into(), is_rate: false, value: 0.7, reference: 0.9, n: 500, p: 1e-4 };
        for (look, headline, also) in [
            (look(0.8, 500, 1e-6, &[]), Some("Accuracy of version 3 is 80.0%, and was 90.0% on held-back data"), false),
            (look(0.88, 500, 0.3, &[]), None, false),
            (look(0.5, 20, 1e-6, std::slice::from_ref(&recall)), None, false),
            (look(0.8, 500, 1e-6, std::slice::from_ref(&recall)), Some("Accuracy of version 3 is 80.0%"), true),
            (look(0.89, 500, 0.4, std::slice::from_ref(&recall)), Some("The recall of version 3 is 30.0%, and was 80.0%"), false),
            (look(0.89, 500, 0.4, &[recall.clone(), area]), Some("The recall of version 3 is 30.0%"), true),
        ] {
            let told = quality(&look);
            assert_eq!(told.is_some(), headline.is_some(), "{look:?}");
            let Some((told, headline)) = told.zip(headline) else { continue };
            assert!(told.headline.starts_with(headline) && told.sentence.contains("Worse too: ") == also, "{told:?}");
        }
    }
}
