//! Recorded requests of a version: what it is warmed up with, and the answers that it must give again before it serves.

use crate::personal::{hashed, is_readable};
use crate::registry::Version;
use crate::words::counted;
use crate::{Ctx, IntoProblem, Outcome};
use contract::spec::Pii;
use contract::{Contract, DeploymentName, Millis, VersionNo};
use serde_json::Value as Json;
use serving::{Label, RowAnswer, Served, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use store::predictions::PredictionRow;

/// Requests that are asked again, of so many of the newest rows.
const ASKED: usize = 32;
const ROWS: i64 = 256;
/// How long asking them may take; one is asked in any case.
const LIMIT: Duration = Duration::from_secs(5);
/// Difference of two numbers, relative where they are above one, that another machine's rounding may make.
const TOLERANCE: f64 = 1e-4;

/// One answered row as the log has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    pub id: String,
    pub row: Vec<Value>,
    pub label: String,
    pub score: Option<f64>,
}

/// Rows that were answered together.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub rows: Vec<Recorded>,
    /// All rows of the request are there, so that it can be asked as it was. Otherwise they are rows that stand for themselves.
    pub whole: bool,
}

/// What the log has of the answers of one version.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Log {
    /// Rows that were read.
    pub rows: usize,
    /// Newest first.
    pub requests: Vec<Request>,
    /// Rows that cannot be asked again because the log does not show what stood in columns with personal data, and those columns.
    pub hidden: usize,
    pub personal: BTreeSet<String>,
}

/// Why a row cannot be asked again.
enum Lost {
    /// What stood in this column is kept as a hash, or not at all.
    Personal(String),
    Unknown,
}

/// What became of the check when the version was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// It answered so many requests of so many rows as it did before.
    Same { requests: usize, rows: usize, hidden: usize },
    /// It could not be checked, and why: the end of a sentence.
    Not(String),
}

impl Checked {
    /// A sentence for its row on a page.
    pub fn words(&self) -> String {
        match self {
            Self::Same { requests, rows, hidden } => {
                let asked = counted(*requests as u64, "recorded request");
                let of_rows = if rows == requests { String::new() } else { format!(" of {}", counted(*rows as u64, "row")) };
                let but = match hidden {
                    0 => String::new(),
                    n => format!("; {} with personal columns could not be asked again", counted(*n as u64, "row")),
                };
                format!("Golden check: {asked}{of_rows} answered as before{but}.")
            }
            Self::Not(why) => format!("Golden check not done: {why}."),
        }
    }
}

/// The newest requests that `version` answered in this deployment, as far as the log still shows what was asked. Those from before the
/// contract was last changed are left out: their answers were read differently.
pub async fn recorded(cx: &Ctx, deployment: &DeploymentName, version: &Version) -> Outcome<Log> {
    let doing = "Reading recorded requests";
    let id = format!("{}/{}", version.model.name, version.version);
    let changes = cx.store.db.audit_of("version", &id, 1_000).await.or_problem(doing)?;
    let since = changes.iter().filter(|entry| entry.action == "contract.changed").map(|entry| entry.at).max().unwrap_or(0);
    let rows = cx.store.db.predictions_of(deployment, version.version, Millis(since), ROWS).await.or_problem(doing)?;
    Ok(grouped(&version.contract, &rows))
}

/// Rows, newest first, as the requests that they were part of.
fn grouped(contract: &Contract, rows: &[PredictionRow]) -> Log {
    let mut log = Log { rows: rows.len(), ..Log::default() };
    // By request, in the order in which they come; each row with its place.
    let mut groups: Vec<(&str, Vec<(usize, &PredictionRow)>)> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows {
        let part = row.id.rsplit_once('.').and_then(|(request, i)| Some((request, i.parse::<usize>().ok()?)));
        let (request, i) = part.unwrap_or((&row.id, 0));
        let place = *places.entry(request).or_insert(groups.len());
        match groups.get_mut(place) {
            Some((_, group)) => group.push((i, row)),
            None => groups.push((request, vec![(i, row)])),
        }
    }
    let last = groups.len().saturating_sub(1);
    for (n, (request, mut group)) in groups.into_iter().enumerate() {
        group.sort_by_key(|(i, _)| *i);
        let single = group.len() == 1 && group[0].1.id == request;
        // The end of what was read may cut a request in two, and an outcome brings back a row of one that was packed.
        let cut = n == last && rows.len() as i64 >= ROWS;
        let in_order = group.iter().enumerate().all(|(n, (i, row))| n == *i && row.outcome.is_none());
        let complete = group.len() > 1 && in_order && !cut;
        let mut restored = Vec::with_capacity(group.len());
        for (_, row) in &group {
            match restore(contract, row) {
                Ok(row) => restored.push(row),
                Err(Lost::Personal(column)) => {
                    log.hidden += 1;
                    log.personal.insert(column);
                }
                Err(Lost::Unknown) => {}
            }
        }
        if !restored.is_empty() && log.requests.len() < ASKED {
            let whole = single || (complete && restored.len() == group.len());
            log.requests.push(Request { rows: restored, whole });
        }
    }
    log
}

/// What was asked, from the log.
fn restore(contract: &Contract, row: &PredictionRow) -> Result<Recorded, Lost> {
    let Ok(Json::Object(kept)) = serde_json::from_str::<Json>(&row.features) else { return Err(Lost::Unknown) };
    if contract.features.is_empty() {
        return Err(Lost::Unknown);
    }
    let value = |feature: &contract::Feature| {
        let lost = || if feature.pii == Pii::None { Lost::Unknown } else { Lost::Personal(feature.name.clone()) };
        match kept.get(&feature.name).ok_or_else(lost)? {
            Json::Null => Ok(Value::Missing),
            json if is_readable(contract, feature) => match json {
                Json::Number(number) => number.as_f64().map(Value::Num).ok_or(Lost::Unknown),
                Json::String(text) => Ok(Value::Text(text.clone())),
                _ => Err(Lost::Unknown),
            },
            // The contract may list what it may have been.
            json => {
                let mut known = feature.categories.iter().flatten();
                let found = known.find(|known| hashed(&feature.name, &Json::from(known.as_str())) == *json);
                found.map(|text| Value::Text(text.clone())).ok_or_else(lost)
            }
        }
    };
    let values = contract.features.iter().map(value).collect::<Result<Vec<Value>, Lost>>()?;
    Ok(Recorded { id: row.id.clone(), row: values, label: row.label.clone(), score: row.score })
}

/// Asks again what `recorded` has, each request as it was. `Err` is the sentence that says what is different; nothing is compared where
/// `check` is off.
pub fn ask_again(served: &Served, recorded: &Recordings, check: bool) -> Result<Checked, String> {
    let started = Instant::now();
    let (mut asked, mut rows, mut different, mut parts) = (0, 0, Vec::new(), 0);
    for request in &recorded.log.requests {
        // Where rows of a request may have influenced each other, a part of them says nothing.
        if !request.whole && !served.onnx.batches() {
            parts += request.rows.len();
            continue;
        }
        let inputs: Vec<Vec<Value>> = request.rows.iter().map(|one| one.row.clone()).collect();
        let now = served.evaluate_blocking(&inputs);
        (asked, rows) = (asked + 1, rows + inputs.len());
        let what = match &now {
            Ok(answers) => request
                .rows
                .iter()
                .zip(answers)
                .find_map(|(one, answer)| Some(format!("prediction {} was {}", one.id, difference(one, answer)?))),
            Err(error) => request
                .rows
                .first()
                .map(|one| format!("prediction {} was {}, now it fails: {error}", one.id, said(&one.label, one.score))),
        };
        different.extend(what);
        if started.elapsed() > LIMIT {
            break;
        }
    }
    if !check {
        return Ok(Checked::Not("golden_check is false in the deployment's settings".into()));
    }
    if !recorded.own {
        return Ok(Checked::Not(not_checked(&recorded.missing, 0)));
    }
    match different.first() {
        Some(first) => Err(format!(
            "it answers {} of {asked} recorded requests otherwise than it did before: {first}. Its file, its contract or ONNX Runtime has \
             changed; if that is meant, set golden_check to false in the deployment's settings.",
            different.len()
        )),
        None if asked == 0 => Ok(Checked::Not(not_checked(&recorded.log, parts))),
        None => Ok(Checked::Same { requests: asked, rows, hidden: recorded.log.hidden }),
    }
}

/// Why nothing of the log could be asked again; `parts` of its rows are parts of requests.
fn not_checked(log: &Log, parts: usize) -> String {
    let rows = |n: usize| counted(n as u64, "recorded row");
    if log.rows == 0 {
        return "it has answered nothing here that is still in the log".into();
    }
    if log.hidden > 0 {
        let columns: Vec<&str> = log.personal.iter().map(String::as_str).collect();
        return format!(
            "{} of {} cannot be asked again, since the log keeps no readable value of {}, which holds personal data",
            log.hidden,
            rows(log.rows),
            columns.join(", ")
        );
    }
    if parts > 0 {
        return format!("the {} are parts of requests whose rows may have influenced each other", rows(parts));
    }
    format!("the log does not show what was asked in {}", rows(log.rows))
}

/// What is different about an answer, or `None` if it is the same up to rounding. A tie that rounding decides is no difference.
fn difference(before: &Recorded, now: &RowAnswer) -> Option<String> {
    let close = |a: f64, b: f64| (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()).max(1.0);
    let same_score = match (before.score, now.score) {
        (Some(before), Some(now)) => close(before, now),
        (None, None) => true,
        _ => false,
    };
    let same = match &now.label {
        Label::Value(value) => before.label.parse::<f64>().is_ok_and(|before| close(before, *value)) && same_score,
        Label::Class(class) if *class == before.label => same_score,
        Label::Class(_) => before.score.is_some() && same_score,
    };
    (!same).then(|| format!("{}, now it is {}", said(&before.label, before.score), said(&now.label.text(), now.score)))
}

fn said(label: &str, score: Option<f64>) -> String {
    score.map_or_else(|| format!("“{label}”"), |score| format!("“{label}” with {score:.4}"))
}

/// Whether requests of one version can warm up another.
pub fn fits(one: &Contract, other: &Contract) -> bool {
    let names =
        |contract: &Contract| contract.features.iter().map(|feature| (feature.name.clone(), feature.kind)).collect::<Vec<_>>();
    one.inputs == other.inputs && one.layout == other.layout && names(one) == names(other)
}

/// What a version is warmed up with.
#[derive(Clone, Debug, Default)]
pub struct Recordings {
    pub log: Log,
    /// It is what the version itself answered, and must answer again.
    pub own: bool,
    /// What its own log has, where that is not it.
    pub missing: Log,
}

/// Recorded requests to warm up with: the version's own, or else those of the stable one where it takes the same inputs.
pub async fn warming(cx: &Ctx, deployment: &DeploymentName, version: &Version, stable: Option<VersionNo>) -> Outcome<Recordings> {
    let own = recorded(cx, deployment, version).await?;
    let other = stable.filter(|stable| *stable != version.version && own.requests.is_empty());
    let Some(stable) = other else { return Ok(Recordings { log: own, own: true, missing: Log::default() }) };
    let stable = crate::registry::version(cx, &version.model.name, stable).await?;
    let theirs =
        if fits(&version.contract, &stable.contract) { recorded(cx, deployment, &stable).await? } else { Log::default() };
    Ok(Recordings { log: theirs, own: false, missing: own })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rounding_is_no_difference() {
        let class = |label: &str, score: Option<f64>| RowAnswer {
            label: Label::Class(label.into()),
            score,
            scores: Vec::new(),
            valid: true,
        };
        let value = |value: f64| RowAnswer { label: Label::Value(value), score: None, scores: Vec::new(), valid: true };
        let cases = [
            ("yes", Some(0.9), class("yes", Some(0.900_01)), false),
            ("yes", Some(0.9), class("yes", Some(0.91)), true),
            ("yes", Some(0.5), class("no", Some(0.500_01)), false),
            ("yes", Some(0.9), class("no", Some(0.1)), true),
            ("yes", None, class("yes", None), false),
            ("yes", None, class("no", None), true),
            ("yes", Some(0.9), class("yes", None), true),
            ("12.5", None, value(12.500_1), false),
            ("120000", None, value(120_005.0), false),
            ("12.5", None, value(12.6), true),
            ("none", None, value(12.6), true),
        ];
        for (label, score, now, expected) in cases {
            let before = Recorded { id: "p".into(), row: Vec::new(), label: label.into(), score };
            assert_eq!(difference(&before, &now).is_some(), expected, "{label} {score:?} {now:?}");
        }
    }
}
