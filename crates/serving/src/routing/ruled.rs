//! A declared rule over a request's tensors.

use super::fallback::{Stated, stated};
use crate::interpret::{Label, RowAnswer, interpret};
use crate::model::Named;
use crate::records::{Value, decode_feature};
use contract::rule::{Answered, Cell, Rule};
use contract::{Contract, FeatureKind, Task};
use std::collections::HashMap;

/// What the rule says about each row of a request. `Err` where it does not fit the contract, or has no answer to some row.
pub fn ruled(rule: &Rule, contract: &Contract, inputs: &Named, rows: usize) -> Result<Vec<Stated>, String> {
    say(rule, contract, rows, |at| decode_feature(contract, inputs, at))
}

/// The rule's answers to records, each in the contract's order of features, as a model's would be read: a baseline for models.
pub fn rule_answers(rule: &Rule, contract: &Contract, records: &[Vec<Value>]) -> Result<Vec<RowAnswer>, String> {
    let column = |at: usize| records.iter().map(|record| record.get(at).cloned().unwrap_or(Value::Missing)).collect();
    let said = say(rule, contract, records.len(), column)?;
    interpret(contract, &stated(contract, &said)?)
}

fn say(rule: &Rule, contract: &Contract, rows: usize, column: impl Fn(usize) -> Vec<Value>) -> Result<Vec<Stated>, String> {
    rule.fit(contract).map_err(|error| error.to_string())?;
    let mut columns = HashMap::new();
    for name in rule.features() {
        if let Some((at, feature)) = contract.features.iter().enumerate().find(|(_, feature)| feature.name == name) {
            columns.insert(name, (feature.kind == FeatureKind::Boolean, column(at)));
        }
    }
    let answer = |row: usize| {
        let cell = |name: &str| {
            columns
                .get(name)
                .and_then(|(boolean, column)| column.get(row).map(|value| cell(*boolean, value)))
                .unwrap_or(Cell::Missing)
        };
        match rule.answer(contract.task == Task::Regression, &cell) {
            Some(Answered::Class { label, score }) => Ok(Stated { label: Label::Class(label), score }),
            Some(Answered::Value(value)) => Ok(Stated { label: Label::Value(value), score: None }),
            None => Err(format!("row {row}: what the rule computes is missing")),
        }
    };
    (0..rows).map(answer).collect()
}

fn cell(boolean: bool, value: &Value) -> Cell<'_> {
    match value {
        Value::Missing => Cell::Missing,
        Value::Num(number) if boolean => Cell::Bool(*number != 0.0),
        Value::Num(number) => Cell::Number(meant(*number)),
        Value::Text(text) if boolean => match text.as_str() {
            "true" | "True" => Cell::Bool(true),
            "false" | "False" => Cell::Bool(false),
            _ => Cell::Missing,
        },
        Value::Text(text) => Cell::Text(text),
    }
}

/// A number that travelled in single precision as the one that people wrote: 0.1, not 0.10000000149, or `x <= 0.1` would not
/// hold for 0.1.
fn meant(number: f64) -> f64 {
    let single = number as f32;
    if f64::from(single) == number { single.to_string().parse().unwrap_or(number) } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::encode;
    use crate::records::testing::columns;

    #[test]
    fn rows_are_read_through_the_contract() {
        let row = |age: Value, plan: &str, member: f64| vec![age, Value::Num(3.0), Value::Text(plan.into()), Value::Num(member)];
        let rows = [
            row(Value::Num(0.1), "gold", 0.0),
            row(Value::Num(0.2), "gold", 0.0),
            row(Value::Missing, "silver", 0.0),
            row(Value::Missing, "silver", 1.0),
        ];
        let inputs = encode(&columns(), &rows).expect("they fit");
        let rule = Rule::new(
            "if age <= 0.1 and plan = \"gold\" or member then yes score 0.8 if visits = 3 and age is missing then no score 0.7 else no",
        );
        let said: Vec<_> = ruled(&rule, &columns(), &inputs, 4)
            .expect("answers")
            .into_iter()
            .map(|said| (said.label.text(), said.score))
            .collect();
        let expected = [("yes", Some(0.8)), ("no", None), ("no", Some(0.7)), ("yes", Some(0.8))]
            .map(|(label, score)| (label.to_owned(), score));
        assert_eq!(said, expected);
        let answers = rule_answers(&rule, &columns(), &rows).expect("answers");
        assert_eq!(answers.iter().map(|answer| answer.label.text()).collect::<Vec<_>>(), ["yes", "no", "no", "yes"]);
        assert!((answers[2].score.expect("a score") - 0.3).abs() < 1e-6, "the positive class's");
        assert!(
            ruled(&Rule::new("if agee > 3 then yes else no"), &columns(), &inputs, 4)
                .is_err_and(|why| why.contains("did you mean “age”?"))
        );
    }

    #[test]
    fn a_number_that_cannot_be_computed_is_no_answer() {
        let contract = Contract { task: Task::Regression, classes: Vec::new(), ..columns() };
        let row = |age| vec![age, Value::Num(3.0), Value::Text("gold".into()), Value::Num(0.0)];
        let inputs = encode(&contract, &[row(Value::Num(4.0)), row(Value::Missing)]).expect("they fit");
        let rule = Rule::new("age * visits");
        assert_eq!(ruled(&rule, &contract, &inputs, 1).map(|said| said[0].label.clone()), Ok(Label::Value(12.0)));
        assert!(ruled(&rule, &contract, &inputs, 2).is_err_and(|why| why.contains("row 1")));
        assert!(ruled(&Rule::new("if age is missing then 0 else age"), &contract, &inputs, 2).is_ok());
    }
}
