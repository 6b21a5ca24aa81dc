//! Rows of the prediction log. Columns that hold personal data are kept as a hash: enough to join on, not to read. Only what quality
//! is reported by (the contract's segments) stays readable, and never what names a person.

use crate::personal::{hash, is_readable};
use contract::rollout::Arm;
use contract::spec::Pii;
use contract::{Contract, Feature, Task};
use serde_json::{Value as Json, json};
use serving::records::{Columns, Seen};
use serving::{Outcome as Answered, Record, RowAnswer};
use std::fmt::Write;
use store::predictions::PredictionRow;

/// Classes whose probabilities are kept one by one.
const CLASSES: usize = 100;

/// What answered in the version's place, empty if it answered itself. `None` where there is nothing to log: a request that failed, and
/// a shadow, whose rows have the ids of those it copied.
pub fn loggable(record: &Record) -> Option<&'static str> {
    if record.arm == Arm::Shadow {
        return None;
    }
    match &record.outcome {
        Answered::Failed { .. } => None,
        Answered::Fallback { kind, .. } => Some(kind),
        Answered::Answered => Some(""),
    }
}

/// The version whose answer it is.
pub fn version(record: &Record) -> i64 {
    i64::from(record.answered_by.as_ref().unwrap_or(&record.served).version.0)
}

pub fn latency_us(record: &Record) -> i64 {
    i64::try_from(record.spent.total.as_micros()).unwrap_or(i64::MAX)
}

/// One row per answered row.
pub fn rows<'r>(
    record: &'r Record,
    answers: &'r [RowAnswer],
    columns: &'r Columns<'_>,
) -> impl Iterator<Item = PredictionRow> + 'r {
    let fallback = loggable(record);
    let answers = if fallback.is_some() { answers } else { &[] };
    answers.iter().enumerate().map(move |(i, answer)| PredictionRow {
        id: record.prediction_id.row(i, record.rows).0,
        at: record.at.0,
        deployment: record.deployment.0.clone(),
        version: version(record),
        arm: record.arm.word().to_owned(),
        label: answer.label.text(),
        score: answer.score,
        features: features(&record.served.contract, columns, i),
        latency_us: latency_us(record),
        fallback: fallback.filter(|kind| !kind.is_empty()).map(str::to_owned),
        outcome: None,
        outcome_at: None,
        scores: scores(&record.served.contract, answer).map(|scores| json!(scores).to_string()),
    })
}

/// The probabilities of all classes, where the one that is kept anyway does not tell them.
pub fn scores<'a>(contract: &Contract, answer: &'a RowAnswer) -> Option<&'a [f64]> {
    let are_kept = contract.task == Task::Multiclass && (3..=CLASSES).contains(&answer.scores.len());
    are_kept.then_some(&answer.scores[..])
}

/// A row as a JSON object, written straight into a text: thousands of rows are logged a second, and a tree of values costs more
/// than everything else about them.
fn features(contract: &Contract, columns: &Columns<'_>, row: usize) -> String {
    let mut text = String::with_capacity(24 * contract.features.len() + 2);
    text.push('{');
    for column in columns.iter() {
        if text.len() > 1 {
            text.push(',');
        }
        push(&mut text, &json!(column.feature.name));
        text.push(':');
        match kept(contract, column.feature, column.seen(row)) {
            Ok(seen) => push(&mut text, &json(&seen)),
            Err(hash) => push(&mut text, &json!(hash)),
        }
    }
    text.push('}');
    text
}

/// Appends a value as JSON. A number or a text always has a form, and a `String` takes it.
fn push(text: &mut String, value: &Json) {
    let written = write!(text, "{value}");
    debug_assert!(written.is_ok(), "{written:?}");
}

fn json(seen: &Seen<'_>) -> Json {
    match seen {
        Seen::Missing => Json::Null,
        Seen::Num(x) => json!(x),
        Seen::Text(text) => json!(text),
    }
}

/// A value as the log keeps it: as it is, or `Err` with its hash.
pub fn kept<'r>(contract: &Contract, feature: &Feature, seen: Seen<'r>) -> Result<Seen<'r>, String> {
    if feature.pii == Pii::None || seen == Seen::Missing || is_readable(contract, feature) {
        return Ok(seen);
    }
    Err(hash(&feature.name, &json(&seen)))
}
