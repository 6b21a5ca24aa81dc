//! JSON records to rows: every wrong type and every unknown field is an error that names the field.

use super::Value;
use crate::model::BadInput;
use crate::tensor::number_text;
use contract::{Contract, Feature, FeatureKind, Layout};
use serde_json::{Map, Value as Json};

/// Rows of values in the contract's order of features. An absent field and `null` are missing values.
///
/// Where the contract takes one opaque tensor, a record may give it whole under the input's name, as nested arrays.
pub fn from_json(contract: &Contract, records: &[Map<String, Json>]) -> Result<Vec<Vec<Value>>, BadInput> {
    records.iter().enumerate().map(|(i, record)| row(contract, record).map_err(|bad| at(bad, i, records.len()))).collect()
}

/// Says in which record it was, where there are several.
fn at(bad: BadInput, i: usize, records: usize) -> BadInput {
    if records == 1 { bad } else { BadInput { message: format!("record {i}: {}", bad.message), field: bad.field } }
}

fn row(contract: &Contract, record: &Map<String, Json>) -> Result<Vec<Value>, BadInput> {
    if let Layout::Tensor { input } = &contract.layout
        && let Some(whole) = record.get(input)
    {
        let mut values = Vec::new();
        flatten(input, whole, &mut values, 0)?;
        return Ok(values);
    }
    let mut found = 0;
    let values = contract
        .features
        .iter()
        .map(|feature| match record.get(&feature.name) {
            Some(json) => {
                found += 1;
                value(feature, json)
            }
            None => Ok(Value::Missing),
        })
        .collect::<Result<Vec<Value>, BadInput>>()?;
    if found < record.len()
        && let Some(unknown) = record.keys().find(|key| contract.feature(key).is_none())
    {
        return Err(BadInput::new(unknown.as_str(), format!("there is no field “{unknown}”{}", expected(contract, unknown))));
    }
    Ok(values)
}

/// The nearest known name, or all of them.
fn expected(contract: &Contract, unknown: &str) -> String {
    let lower = unknown.to_lowercase();
    let near = contract.features.iter().find(|feature| {
        let name = feature.name.to_lowercase();
        name.contains(&lower)
            || lower.contains(&name)
            || name.chars().zip(lower.chars()).filter(|(a, b)| a != b).count() + name.len().abs_diff(lower.len()) <= 2
    });
    match near {
        Some(feature) => format!("; did you mean “{}”?", feature.name),
        None if contract.features.is_empty() => match &contract.layout {
            Layout::Tensor { input } | Layout::Matrix { input } => format!("; expected “{input}” with the whole tensor"),
            Layout::Columns => String::new(),
        },
        None => {
            let names: Vec<String> = contract.features.iter().take(12).map(|feature| format!("“{}”", feature.name)).collect();
            let more =
                if contract.features.len() > 12 { format!(" and {} more", contract.features.len() - 12) } else { String::new() };
            format!("; expected {}{more}", names.join(", "))
        }
    }
}

fn value(feature: &Feature, json: &Json) -> Result<Value, BadInput> {
    let wrong = |expected: &str| {
        let got = match json {
            Json::String(text) => format!("the text “{}”", text.chars().take(40).collect::<String>()),
            Json::Number(number) => format!("the number {number}"),
            Json::Bool(value) => value.to_string(),
            Json::Array(_) => "a list".into(),
            Json::Object(_) => "an object".into(),
            Json::Null => "null".into(),
        };
        Err(BadInput::new(feature.name.as_str(), format!("field “{}”: expected {expected}, got {got}", feature.name)))
    };
    Ok(match (feature.kind, json) {
        (_, Json::Null) => Value::Missing,
        (FeatureKind::Number, Json::Number(number)) => match number.as_f64() {
            Some(number) => Value::Num(number),
            None => return wrong("a number"),
        },
        (FeatureKind::Number, _) => return wrong("a number"),
        (FeatureKind::Integer, Json::Number(number)) => match number.as_f64() {
            Some(number) if number.fract() == 0.0 => Value::Num(number),
            _ => return wrong("a whole number"),
        },
        (FeatureKind::Integer, _) => return wrong("a whole number"),
        (FeatureKind::Boolean, Json::Bool(value)) => Value::Num(f64::from(u8::from(*value))),
        (FeatureKind::Boolean, Json::Number(number)) if matches!(number.as_f64(), Some(0.0 | 1.0)) => {
            Value::Num(number.as_f64().unwrap_or_default())
        }
        (FeatureKind::Boolean, _) => return wrong("true or false"),
        (FeatureKind::Category | FeatureKind::Text, Json::String(text)) => Value::Text(text.clone()),
        // Categories such as 0, 1, 2 are written as numbers as often as not.
        (FeatureKind::Category, Json::Number(number)) => {
            Value::Text(number.as_f64().map_or_else(|| number.to_string(), number_text))
        }
        (FeatureKind::Category, Json::Bool(value)) => Value::Text(value.to_string()),
        (FeatureKind::Category | FeatureKind::Text, _) => return wrong("text"),
    })
}

/// Nested arrays of numbers, row-major. Nesting is bounded by the parser's own limit, and here.
fn flatten(input: &str, json: &Json, into: &mut Vec<Value>, depth: usize) -> Result<(), BadInput> {
    match json {
        Json::Array(items) if depth < 32 => items.iter().try_for_each(|item| flatten(input, item, into, depth + 1)),
        Json::Number(number) => {
            into.push(number.as_f64().map_or(Value::Missing, Value::Num));
            Ok(())
        }
        Json::Bool(value) => {
            into.push(Value::Num(f64::from(u8::from(*value))));
            Ok(())
        }
        Json::String(text) => {
            into.push(Value::Text(text.clone()));
            Ok(())
        }
        Json::Null => {
            into.push(Value::Missing);
            Ok(())
        }
        _ => Err(BadInput::new(input, format!("field “{input}”: expected nested lists of values"))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{columns, matrix, picture};
    use super::*;
    use serde_json::json;

    fn rows(contract: &Contract, records: Json) -> Result<Vec<Vec<Value>>, BadInput> {
        let records: Vec<Map<String, Json>> =
            records.as_array().expect("a list").iter().map(|r| r.as_object().expect("an object").clone()).collect();
        from_json(contract, &records)
    }

    #[test]
    fn records_become_rows() {
        let read = rows(
            &columns(),
            json!([{"plan": "gold", "age": 41, "visits": 3.0, "member": true}, {"age": null, "visits": 0, "plan": 7, "member": 0}]),
        );
        let text = |t: &str| Value::Text(t.into());
        assert_eq!(
            read,
            Ok(vec![
                vec![Value::Num(41.0), Value::Num(3.0), text("gold"), Value::Num(1.0)],
                vec![Value::Missing, Value::Num(0.0), text("7"), Value::Num(0.0)],
            ])
        );
        assert_eq!(
            rows(&picture(), json!([{"image": [[1, 2], [3, 4]]}])),
            Ok(vec![[1.0, 2.0, 3.0, 4.0].map(Value::Num).to_vec()])
        );
    }

    #[test]
    fn wrong_types_and_unknown_fields_are_named() {
        for (record, field, message) in [
            (json!({"age": "41"}), "age", "field “age”: expected a number, got the text “41”"),
            (json!({"visits": 1.5}), "visits", "field “visits”: expected a whole number, got the number 1.5"),
            (json!({"member": "yes"}), "member", "field “member”: expected true or false, got the text “yes”"),
            (json!({"plan": ["gold"]}), "plan", "field “plan”: expected text, got a list"),
            (json!({"agee": 41}), "agee", "there is no field “agee”; did you mean “age”?"),
            (json!({"churn": 1}), "churn", "there is no field “churn”; expected “age”, “visits”, “plan”, “member”"),
        ] {
            assert_eq!(rows(&columns(), json!([record])), Err(BadInput::new(field, message)));
        }
        let second = rows(&matrix(), json!([{"a": 1}, {"a": true}])).expect_err("true is no number");
        assert!(second.message.starts_with("record 1: "), "{}", second.message);
    }
}
