//! One alert for what happened once: features that begin to be wrong in the same way within one window are named in one, the worst
//! first. One that follows later is another change, and has an alert of its own.

use super::rules::{FeatureLook, Firing, feature_drift};
use crate::words::{listed, number, percent};
use contract::Millis;
use contract::verdict::{State, Verdict};
use contract::views::alerts::AlertKind;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use store::alerts::AlertRow;

/// Features beside the worst that a sentence names.
const NAMED: usize = 5;
/// Kinds of alerts that are about features.
pub const KINDS: [AlertKind; 5] =
    [AlertKind::FeatureDrift, AlertKind::Missing, AlertKind::Unseen, AlertKind::OutOfRange, AlertKind::Stuck];

/// An open alert about features.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    pub kind: AlertKind,
    pub subject: String,
    pub since: Millis,
    /// The features that it has told of, and when each was wrong last.
    pub told: BTreeMap<String, Millis>,
}

impl Group {
    /// `None` where an alert is about something else.
    pub fn of(row: &AlertRow) -> Option<Self> {
        let kind = AlertKind::parse(&row.kind).filter(|kind| KINDS.contains(kind))?;
        let numbers: Json = serde_json::from_str(&row.numbers).unwrap_or_default();
        // Alerts of before this was kept name those that were wrong last.
        let members = numbers["features"].as_array().into_iter().flatten().filter_map(|one| one["feature"].as_str());
        let members = members.chain(numbers["feature"].as_str()).map(|feature| (feature.to_owned(), Millis(row.seen_at)));
        let mut told: BTreeMap<String, Millis> = members.collect();
        let seen = numbers["told"].as_object().into_iter().flatten();
        told.extend(seen.filter_map(|(feature, at)| Some((feature.clone(), Millis(at.as_i64()?)))));
        Some(Self { kind, subject: row.subject.clone(), since: Millis(row.since), told })
    }
}

/// How patient the grouping is, ms.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// What begins within it after an open alert did belongs to that.
    pub together: i64,
    /// A feature that has been well for longer is another change when it is wrong again.
    pub forgets: i64,
}

/// At most one firing per kind of change and open alert, and one for what is new; `looks` has the worst feature first.
pub fn features(looks: &[FeatureLook], open: &[Group], now: Millis, patience: Patience) -> Vec<Firing> {
    KINDS.into_iter().flat_map(|kind| of_kind(kind, looks, open, now, patience)).collect()
}

fn of_kind(kind: AlertKind, looks: &[FeatureLook], open: &[Group], now: Millis, patience: Patience) -> Vec<Firing> {
    let Patience { together, forgets } = patience;
    let mut open: Vec<&Group> = open.iter().filter(|group| group.kind == kind).collect();
    open.sort_by_key(|group| group.since);
    let youngest = open.last().filter(|group| now - group.since < together).map(|group| &group.subject);
    let mut parts: Vec<(String, Vec<&FeatureLook>)> = Vec::new();
    for look in looks.iter().filter(|look| look.kind == kind && look.verdict == Verdict::Fail) {
        let is_known = |group: &&&Group| group.told.get(&look.feature).is_some_and(|at| now - *at <= forgets);
        let owner = open.iter().find(is_known).map(|group| &group.subject);
        let is_new = |subject: &str| open.iter().all(|group| group.subject != subject);
        let subject = match owner.or(youngest) {
            Some(subject) => subject.clone(),
            // One alert whichever feature is the worst just now; where there is one already, the next is named after its worst.
            None => match parts.iter().find(|(subject, _)| is_new(subject)) {
                Some((subject, _)) => subject.clone(),
                None if is_new("") => String::new(),
                None => look.feature.clone(),
            },
        };
        match parts.iter_mut().find(|(of, _)| *of == subject) {
            Some((_, members)) => members.push(look),
            None => parts.push((subject, vec![look])),
        }
    }
    let told = |subject: &str| open.iter().find(|group| group.subject == subject).map(|group| group.told.clone());
    let firing = |(subject, members): (String, Vec<&FeatureLook>)| {
        let mut told = told(&subject).unwrap_or_default();
        told.retain(|_, at| now - *at <= forgets);
        told.extend(members.iter().map(|look| (look.feature.clone(), now)));
        let firing = group(&members)?;
        let mut numbers = firing.numbers;
        numbers["told"] = json!(told);
        Some(Firing { subject, numbers, ..firing })
    };
    parts.into_iter().filter_map(firing).collect()
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
            chance: "By chance alone",
            is_part: false,
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
            let got = features(&looks, &[], Millis(0), Patience { together: 1, forgets: 1 });
            let told: Vec<_> =
                got.iter().map(|f| (f.kind, f.headline.as_str(), f.numbers["features"].as_array().unwrap().len())).collect();
            assert_eq!(told, expected);
            assert!(got.iter().all(|firing| firing.subject.is_empty() && firing.state == State::Watch));
        }
    }

    #[test]
    fn what_follows_later_is_another_alert() {
        use AlertKind::{FeatureDrift, Missing};
        let group = |kind, subject: &str, since, told: &[&str]| Group {
            kind,
            subject: subject.into(),
            since: Millis(since),
            told: told.iter().map(|name| ((*name).to_owned(), Millis(since))).collect(),
        };
        let drifted = |names: &[&str]| names.iter().map(|name| look(name, FeatureDrift, Verdict::Fail, 0.5)).collect::<Vec<_>>();
        let first = group(FeatureDrift, "", 0, &["a"]);
        let second = group(FeatureDrift, "b", 500, &["b", "c"]);
        type Case<'a> = (&'a str, &'a [&'a str], Vec<Group>, i64, Vec<(&'a str, Vec<&'a str>)>);
        let cases: [Case; 9] = [
            ("the first", &["a", "b"], vec![], 0, vec![("", vec!["a", "b"])]),
            ("soon after", &["b", "a"], vec![first.clone()], 99, vec![("", vec!["a", "b"])]),
            ("later", &["b", "a"], vec![first.clone()], 100, vec![("b", vec!["b"]), ("", vec!["a"])]),
            ("two later", &["c", "b", "a"], vec![first.clone()], 100, vec![("c", vec!["b", "c"]), ("", vec!["a"])]),
            ("each its own", &["c", "a"], vec![second.clone(), first.clone()], 900, vec![("b", vec!["b", "c"]), ("", vec!["a"])]),
            (
                "the youngest takes what is new",
                &["d"],
                vec![second.clone(), first.clone()],
                550,
                vec![("b", vec!["b", "c", "d"])],
            ),
            ("the first is over", &["d"], vec![second], 900, vec![("", vec!["d"])]),
            (
                "well for long, and wrong again",
                &["a"],
                vec![Group { since: Millis(0), ..first.clone() }],
                951,
                vec![("a", vec!["a"])],
            ),
            ("another kind", &["a"], vec![group(Missing, "", 0, &["a"])], 900, vec![("", vec!["a"])]),
        ];
        for (name, looks, open, now, expected) in cases {
            let got = features(&drifted(looks), &open, Millis(now), Patience { together: 100, forgets: 950 });
            let told: Vec<(&str, Vec<&str>)> = got
                .iter()
                .map(|f| (f.subject.as_str(), f.numbers["told"].as_object().unwrap().keys().map(String::as_str).collect()))
                .collect();
            assert_eq!(told, expected, "{name}");
        }
    }

    #[test]
    fn the_sentence_names_the_worst_and_lists_the_others() {
        let looks: Vec<FeatureLook> =
            (0..9).map(|i| look(&format!("f{i}"), AlertKind::FeatureDrift, Verdict::Fail, 1.0 - f64::from(i) / 10.0)).collect();
        let told = features(&looks, &[], Millis(0), Patience { together: 1, forgets: 1 });
        assert!(told[0].sentence.starts_with("f0: 1 standard deviations away over 500 rows"), "{}", told[0].sentence);
        assert!(
            told[0].sentence.ends_with("Also: f1 (0.9), f2 (0.8), f3 (0.7), f4 (0.6), f5 (0.5) and 3 more."),
            "{}",
            told[0].sentence
        );
        assert_eq!(told[0].numbers["feature"], "f0");
    }
}
