//! Words for people who have never heard of features: names, values, scores.

use crate::words::{bound, percent};
use contract::spec::Feature;
use contract::{Contract, Task};
use serving::Value;

/// An input in words: the contract's description, or its name without underscores.
pub fn label(feature: &Feature) -> String {
    match feature.description.as_deref().filter(|text| !text.is_empty() && text.len() <= 60) {
        Some(text) => decapital(text.trim_end_matches('.')),
        None => feature.name.replace(['_', '-'], " "),
    }
}

/// The first letter small, unless the word is an abbreviation.
fn decapital(text: &str) -> String {
    let mut letters = text.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => first.to_lowercase().chain(letters).collect(),
        _ => text.to_owned(),
    }
}

pub fn value_words(value: &Value) -> String {
    match value {
        Value::Num(x) => bound(*x),
        Value::Text(text) => format!("“{text}”"),
        Value::Missing => "not known".into(),
    }
}

/// A score as it is written everywhere in the report.
pub fn score_words(contract: &Contract, score: f64) -> String {
    if contract.task == Task::Regression { bound((score * 10.0).round() / 10.0) } else { percent(score) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_people() {
        assert_eq!(decapital("Total minutes"), "total minutes");
        assert_eq!(decapital("SMS sent"), "SMS sent");
        assert_eq!(value_words(&Value::Missing), "not known");
        assert_eq!(value_words(&Value::Num(2640.0)), "2,640");
    }
}
