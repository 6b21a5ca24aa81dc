//! Extreme and unseen values: whatever comes, the answer must be a finite number.

use super::Line;
use crate::gates::policy;
use crate::gates::subject::Subject;
use crate::gates::weights::with;
use crate::words;
use ::contract::views::common::Table;
use ::contract::views::gates::GateLine;
use ::contract::{Feature, FeatureKind, Task};
use serving::{RowAnswer, Served, Value};

/// Rows that each odd value is put into.
const ROWS: usize = 20;
const INPUTS: usize = 100;

/// Ten times beyond the range on both sides, zero, very large; an unseen category, an empty and a very long text.
pub fn extreme(served: &Served, subject: &Subject) -> GateLine {
    let step = subject.rows().div_ceil(ROWS).max(1);
    let rows: Vec<Vec<Value>> = subject.records.iter().step_by(step).cloned().collect();
    let (mut asked, mut good) = (0u64, 0u64);
    let mut table = Table::new("Values that had no valid answer", &["Input", "Value", "What came"]);
    for (at, feature) in served.contract.features.iter().enumerate().take(INPUTS) {
        for value in odd_values(feature) {
            let bent: Vec<Vec<Value>> = rows.iter().map(|row| with(row, at, value.clone())).collect();
            asked += bent.len() as u64;
            match served.evaluate_blocking(&bent) {
                Ok(answers) => {
                    let valid = answers.iter().filter(|answer| is_valid(served, answer)).count();
                    good += valid as u64;
                    if valid < answers.len() {
                        table.rows.push(vec![feature.name.clone(), shown(&value), "an answer that is not a valid score".into()]);
                    }
                }
                Err(error) => table.rows.push(vec![feature.name.clone(), shown(&value), error.to_string()]),
            }
        }
    }
    table.rows.truncate(50);
    Line::new("extreme", "Extreme and unseen values", "Answered with a valid score", policy::all(good, asked))
        .value(format!("{} of {}", words::count(good), words::count(asked)))
        .needed("all")
        .evidence(match table.rows.first() {
            None if asked == 0 => "The inputs are not named, so that none could be bent.".to_owned(),
            None => "Ten times beyond the range on both sides, zero, a billion, unseen categories, empty and very long text."
                .to_owned(),
            Some(first) => format!("First of all {} with the value {}.", first[0], first[1]),
        })
        .detail(table)
        .done()
}

fn odd_values(feature: &Feature) -> Vec<Value> {
    match feature.kind {
        FeatureKind::Number | FeatureKind::Integer => {
            let (min, max) = (feature.min.unwrap_or(0.0), feature.max.unwrap_or(1.0));
            let width = (max - min).abs().max(1.0);
            let mut numbers = vec![min - 10.0 * width, max + 10.0 * width, 0.0, 1e9];
            if feature.kind == FeatureKind::Integer {
                numbers.iter_mut().for_each(|number| *number = number.round());
            }
            // The unsigned and narrow integers of some models cannot hold all of these; the codec refuses those before the model.
            numbers
                .retain(|number| feature.kind == FeatureKind::Number || (number.abs() <= 2e9 && (*number >= 0.0 || min < 0.0)));
            numbers.into_iter().map(Value::Num).collect()
        }
        FeatureKind::Category | FeatureKind::Text => {
            [String::from("never seen before ✦"), String::new(), "x".repeat(10_000)].map(Value::Text).into()
        }
        FeatureKind::Boolean => vec![Value::Num(0.0), Value::Num(1.0)],
    }
}

/// Finite, and for classes scores between 0 and 1 where the model's scores are probabilities at all.
fn is_valid(served: &Served, answer: &RowAnswer) -> bool {
    let sum: f64 = answer.scores.iter().sum();
    let are_probabilities = served.contract.task != Task::Regression && answer.scores.len() > 1 && (sum - 1.0).abs() < 1e-3;
    answer.valid && (!are_probabilities || answer.scores.iter().all(|score| (-1e-6..=1.0 + 1e-6).contains(score)))
}

fn shown(value: &Value) -> String {
    match value {
        Value::Num(number) => words::bound(*number),
        Value::Text(text) if text.is_empty() => "an empty text".into(),
        Value::Text(text) if text.len() > 40 => format!("a text of {} letters", words::count(text.chars().count() as u64)),
        Value::Text(text) => format!("“{text}”"),
        Value::Missing => "missing".into(),
    }
}
