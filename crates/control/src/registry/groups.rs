//! Into which groups a row falls: one per segment feature of the contract; and what is frozen of each.

use crate::datasets::Table;
use crate::personal::is_readable;
use contract::Contract;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use serving::tensor::number_text;
use serving::{Label, RowAnswer, Value};
use stats::bins::{Baseline, CategoricalBaseline, DEFAULT_BINS, NumericBaseline};
use std::collections::BTreeMap;

/// Group of rows without a value.
pub const NOT_GIVEN: &str = "not given";
/// Group of values that the reference did not have.
const OTHER: &str = "other";
/// Groups by which a category is reported; rarer ones go together.
const GROUPS: usize = 20;

/// What the model answers to the reference rows of one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupBaseline {
    pub feature: String,
    pub value: String,
    pub rows: u64,
    /// Predicted classes, or predicted values of a regression.
    pub label: Option<Baseline>,
    /// Score of the positive class.
    pub score: Option<Baseline>,
}

/// `(feature, group)` per segment feature. Numbers fall into thirds of the reference.
pub fn groups(contract: &Contract, features: &BTreeMap<String, Baseline>, record: &Json) -> Vec<(String, String)> {
    let group = |feature: &String| {
        let baseline = features.get(feature);
        let group = match &record[feature.as_str()] {
            Json::Null => NOT_GIVEN.to_owned(),
            Json::Number(number) => match baseline {
                Some(Baseline::Numeric(baseline)) => third(baseline, number.as_f64().unwrap_or(f64::NAN)),
                _ => category(baseline, &number_text(number.as_f64().unwrap_or(f64::NAN))),
            },
            Json::String(text) => category(baseline, text),
            other => category(baseline, &other.to_string()),
        };
        (feature.clone(), group)
    };
    contract.segments.iter().map(group).collect()
}

/// Whether the values of a segment feature may stand in what is kept.
pub fn is_named(contract: &Contract, name: &str) -> bool {
    contract.feature(name).is_none_or(|feature| is_readable(contract, feature))
}

/// The segment features of a row as the log would hold them.
pub fn record(contract: &Contract, row: &[Value]) -> Json {
    let of = |feature: &String| {
        let place = contract.features.iter().position(|known| known.name == *feature)?;
        let value = match row.get(place)? {
            Value::Missing => Json::Null,
            Value::Num(x) => json!(x),
            Value::Text(text) => json!(text),
        };
        Some((feature.clone(), value))
    };
    Json::Object(contract.segments.iter().filter_map(of).collect())
}

/// Freezes the answers to the reference rows group by group: one answer for every `step`-th row.
pub(super) fn freeze(
    contract: &Contract,
    reference: &Table,
    features: &BTreeMap<String, Baseline>,
    answers: &[RowAnswer],
    step: usize,
) -> Vec<GroupBaseline> {
    if contract.segments.is_empty() || answers.is_empty() {
        return Vec::new();
    }
    let mut found: BTreeMap<(String, String), Vec<&RowAnswer>> = BTreeMap::new();
    let asked: Vec<usize> = (0..reference.rows).step_by(step).collect();
    for (row, answer) in reference.only(&asked).records(contract).iter().zip(answers) {
        for group in groups(contract, features, &record(contract, row)) {
            found.entry(group).or_default().push(answer);
        }
    }
    let of = |((feature, value), answers): ((String, String), Vec<&RowAnswer>)| {
        let (label, score) = answered(contract, &answers);
        GroupBaseline { feature, value, rows: answers.len() as u64, label, score }
    };
    found.into_iter().map(of).collect()
}

/// Baselines of answers: of classes or values, and of the score of the positive class.
pub(super) fn answered(contract: &Contract, answers: &[&RowAnswer]) -> (Option<Baseline>, Option<Baseline>) {
    let numeric = |values: &[f64]| (!values.is_empty()).then(|| Baseline::Numeric(NumericBaseline::fit(values, DEFAULT_BINS)));
    let values: Vec<f64> = answers.iter().filter_map(|answer| answer.label.value()).collect();
    let classes: Vec<&str> = answers
        .iter()
        .filter_map(|answer| if let Label::Class(class) = &answer.label { Some(class.as_str()) } else { None })
        .collect();
    let scores: Vec<f64> = answers.iter().filter_map(|answer| answer.score).collect();
    let label = numeric(&values).or_else(|| {
        (!classes.is_empty()).then(|| Baseline::Categorical(CategoricalBaseline::fit(classes.iter().map(|class| Some(*class)))))
    });
    (label, if contract.positive.is_some() { numeric(&scores) } else { None })
}

fn category(baseline: Option<&Baseline>, value: &str) -> String {
    match baseline {
        Some(Baseline::Categorical(known)) if known.index(value).is_none_or(|position| position >= GROUPS) => OTHER.to_owned(),
        _ => value.chars().take(60).collect(),
    }
}

/// Edges at the thirds of the reference's rows, as far as its bins tell.
fn thirds(baseline: &NumericBaseline) -> Option<(f64, f64)> {
    let edge = |share: f64| {
        let mut below = 0;
        baseline.edges.iter().zip(&baseline.counts).find_map(|(edge, count)| {
            below += count;
            (below as f64 >= share * baseline.n as f64).then_some(*edge)
        })
    };
    let (low, high) = (edge(1.0 / 3.0)?, edge(2.0 / 3.0)?);
    (low < high).then_some((low, high))
}

fn third(baseline: &NumericBaseline, x: f64) -> String {
    let Some((low, high)) = thirds(baseline) else { return "all".to_owned() };
    let words = |x: f64| crate::words::number(x);
    if x < low {
        format!("under {}", words(low))
    } else if x < high {
        format!("{} to {}", words(low), words(high))
    } else {
        format!("{} and over", words(high))
    }
}
