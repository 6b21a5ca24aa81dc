//! Rows of the prediction log. Columns that hold personal data are kept as a hash: enough to join on, not to read. Only what quality
//! is reported by (the contract's segments) stays readable, and never what names a person.

use contract::rollout::Arm;
use contract::spec::Pii;
use contract::{Contract, Feature};
use serde_json::{Value as Json, json};
use serving::{Outcome as Answered, Record, RowAnswer, Value};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use store::predictions::PredictionRow;

/// One row per answered row; none for a request that failed, and none for a shadow, whose rows have the ids of those it copied.
pub fn rows(record: &Record, answers: &[RowAnswer], columns: &[Vec<Value>]) -> Vec<PredictionRow> {
    let fallback = match &record.outcome {
        Answered::Failed { .. } => return Vec::new(),
        Answered::Fallback { kind, .. } => Some((*kind).to_owned()),
        Answered::Answered => None,
    };
    if record.arm == Arm::Shadow {
        return Vec::new();
    }
    let row = |(i, answer): (usize, &RowAnswer)| PredictionRow {
        id: record.prediction_id.row(i, record.rows).0,
        at: record.at.0,
        deployment: record.deployment.0.clone(),
        version: i64::from(record.answered_by.as_ref().unwrap_or(&record.served).version.0),
        arm: record.arm.word().to_owned(),
        label: answer.label.text(),
        score: answer.score,
        features: features(&record.served.contract, columns, i),
        latency_us: i64::try_from(record.spent.total.as_micros()).unwrap_or(i64::MAX),
        fallback: fallback.clone(),
        outcome: None,
        outcome_at: None,
    };
    answers.iter().enumerate().map(row).collect()
}

/// A row as a JSON object, written straight into a text: thousands of rows are logged a second, and a tree of values costs more
/// than everything else about them.
fn features(contract: &Contract, columns: &[Vec<Value>], row: usize) -> String {
    let mut text = String::with_capacity(24 * contract.features.len() + 2);
    text.push('{');
    for (feature, column) in contract.features.iter().zip(columns) {
        if text.len() > 1 {
            text.push(',');
        }
        push(&mut text, &json!(feature.name));
        text.push(':');
        let value = match column.get(row) {
            None | Some(Value::Missing) => Json::Null,
            Some(Value::Num(x)) => json!(x),
            Some(Value::Text(text)) => json!(text),
        };
        push(&mut text, &if is_readable(contract, feature) || value.is_null() { value } else { hashed(&feature.name, &value) });
    }
    text.push('}');
    text
}

/// Appends a value as JSON. A number or a text always has a form, and a `String` takes it.
fn push(text: &mut String, value: &Json) {
    let written = write!(text, "{value}");
    debug_assert!(written.is_ok(), "{written:?}");
}

/// Whether the log keeps a feature as it is.
pub(crate) fn is_readable(contract: &Contract, feature: &Feature) -> bool {
    feature.pii == Pii::None || (feature.pii != Pii::Direct && contract.segments.contains(&feature.name))
}

/// SHA-256 over feature and value, the first 16 hexadecimal digits.
pub(crate) fn hashed(feature: &str, value: &Json) -> Json {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let digest = hex::encode(Sha256::digest(format!("{feature}\u{0}{text}").as_bytes()));
    json!(format!("#{}", &digest[..16]))
}
