//! One alert for what happened once: features that moved together are named in one, the worst first, and one that joins later
//! is added to it.

use super::rules::{FeatureLook, Firing, feature_drift};
use crate::words::{listed, number, percent};
use contract::verdict::{State, Verdict};
use contract::views::alerts::AlertKind;
use serde_json::{Value as Json, json};

/// Features beside the worst that a sentence names.
const NAMED: usize = 5;

/// At most one firing per kind of change; `looks` has the worst feature first.
pub fn features(looks: &[FeatureLook]) -> Vec<Firing> {
    [AlertKind::FeatureDrift, AlertKind::Missing, AlertKind::Unseen, AlertKind::OutOfRange, AlertKind::Stuck]
        .into_iter()
        .filter_map(|kind| {
            group(&looks.iter().filter(|look| look.kind == kind && look.verdict == Verdict::Fail).collect::<Vec<_>>())
        })
        .collect()
}

fn group(looks: &[&FeatureLook]) -> Option<Firing> {
    let (worst, others) = looks.split_first()?;
    let all: Vec<Firing> = looks.iter().filter_map(|look| feature_drift(look)).collect();
    let first = all.first()?.clone();
    let members: Vec<Json> = all.iter().map(|firing| firing.numbers.clone()).collect();
    let mut numbers = first.numbers.clone();
    numbers["features"] = json!(members);
    Some(Firing {
        kind: worst.kind,
        // One alert whichever feature is the worst just now.
        subject: String::new(),
        state: all.iter().map(|firing| firing.state).min().unwrap_or(State::Watch),
        headline: if others.is_empty() { first.headline } else { headline(worst, others) },
        sentence: if others.is_empty() {
            first.sentence
        } else {
            format!("{}: {} {}", worst.feature, first.sentence, also(others))
        },
        numbers,
    })
}

fn headline(worst: &FeatureLook, others: &[&FeatureLook]) -> String {
    let who = match others {
        [other] => format!("{} and {}", worst.feature, other.feature),
        _ => format!("{} and {} other features", worst.feature, others.len()),
    };
    match worst.kind {
        AlertKind::Missing => format!("{who} are missing more often"),
        AlertKind::Unseen => format!("{who} have values that they did not have"),
        AlertKind::OutOfRange => format!("{who} lie outside the range of the training data"),
        AlertKind::Stuck => format!("{who} stand still"),
        _ => format!("{who} have drifted"),
    }
}

fn also(others: &[&FeatureLook]) -> String {
    let one = |look: &&FeatureLook| {
        let by = if look.is_share { percent(look.distance) } else { number(look.distance) };
        format!("{} ({by})", look.feature)
    };
    let mut named: Vec<String> = others.iter().take(NAMED).map(one).collect();
    match others.len() - named.len() {
        0 => {}
        1 => named.push("one more".into()),
        n => named.push(format!("{n} more")),
    }
    format!("Also: {}.", listed(&named))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(feature: &str, kind: AlertKind, verdict: Verdict, distance: f64) -> FeatureLook {
        FeatureLook {
            feature: feature.into(),
            kind,
            is_share: false,
            verdict,
            distance,
            threshold: 0.15,
            p: 1e-9,
            rows: 500,
            words: format!("{distance} standard deviations away"),
        }
    }

    #[test]
    fn one_change_of_the_world_is_one_alert() {
        use AlertKind::{FeatureDrift, Missing, OutOfRange, Stuck, Unseen};
        use Verdict::{Fail, Insufficient, Pass};
        for (looks, expected) in [
            (vec![], vec![]),
            (vec![look("a", FeatureDrift, Pass, 0.1), look("b", FeatureDrift, Insufficient, 0.9)], vec![]),
            (vec![look("a", FeatureDrift, Fail, 0.3)], vec![(FeatureDrift, "a has drifted", 1)]),
            (
                vec![look("a", FeatureDrift, Fail, 0.9), look("b", FeatureDrift, Fail, 0.3), look("c", FeatureDrift, Pass, 0.1)],
                vec![(FeatureDrift, "a and b have drifted", 2)],
            ),
            (
                (0..9).map(|i| look(&format!("f{i}"), FeatureDrift, Fail, 1.0)).collect(),
                vec![(FeatureDrift, "f0 and 8 other features have drifted", 9)],
            ),
            (
                vec![
                    look("a", FeatureDrift, Fail, 0.9),
                    look("a", Missing, Fail, 0.3),
                    look("b", Unseen, Fail, 0.3),
                    look("c", Unseen, Fail, 0.3),
                ],
                vec![
                    (FeatureDrift, "a has drifted", 1),
                    (Missing, "a is missing more often", 1),
                    (Unseen, "b and c have values that they did not have", 2),
                ],
            ),
            (
                vec![look("a", Stuck, Fail, 0.9), look("b", Stuck, Fail, 0.9), look("c", OutOfRange, Fail, 0.3)],
                vec![(OutOfRange, "c lies outside the range of the training data", 1), (Stuck, "a and b stand still", 2)],
            ),
        ] {
            let got = features(&looks);
            let told: Vec<_> =
                got.iter().map(|f| (f.kind, f.headline.as_str(), f.numbers["features"].as_array().unwrap().len())).collect();
            assert_eq!(told, expected);
            assert!(got.iter().all(|firing| firing.subject.is_empty() && firing.state == State::Watch));
        }
    }

    #[test]
    fn the_sentence_names_the_worst_and_lists_the_others() {
        let looks: Vec<FeatureLook> =
            (0..9).map(|i| look(&format!("f{i}"), AlertKind::FeatureDrift, Verdict::Fail, 1.0 - f64::from(i) / 10.0)).collect();
        let told = features(&looks);
        assert!(told[0].sentence.starts_with("f0: 1 standard deviations away over 500 rows"), "{}", told[0].sentence);
        assert!(
            told[0].sentence.ends_with("Also: f1 (0.9), f2 (0.8), f3 (0.7), f4 (0.6), f5 (0.5) and 3 more."),
            "{}",
            told[0].sentence
        );
        assert_eq!(told[0].numbers["feature"], "f0");
    }
}
