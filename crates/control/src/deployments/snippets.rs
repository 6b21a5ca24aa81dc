//! Ways to call a deployment that work when pasted, with a record that fits its contract.

use contract::views::deployment::Snippets;
use contract::{Contract, DeploymentName, Feature, FeatureKind};
use serde_json::{Map, Value as Json, json};
use serving::Value;
use std::sync::Arc;

use super::KnownVersion;
use stats::bins::Baseline;

/// Elements of an opaque tensor that a pasted command may carry.
const ELEMENTS: usize = 64;

/// A value that fits the contract, without looking at data: the middle of the range, the first category.
pub fn typical(feature: &Feature) -> Value {
    match feature.kind {
        FeatureKind::Number | FeatureKind::Integer => {
            let middle = match (feature.min, feature.max) {
                (Some(min), Some(max)) => f64::midpoint(min, max),
                (Some(edge), None) | (None, Some(edge)) => edge,
                (None, None) => 0.0,
            };
            Value::Num(if feature.kind == FeatureKind::Integer { middle.round() } else { middle })
        }
        FeatureKind::Boolean => Value::Num(0.0),
        FeatureKind::Category | FeatureKind::Text => {
            Value::Text(feature.categories.as_ref().and_then(|known| known.first().cloned()).unwrap_or_default())
        }
    }
}

/// The record that examples send: each feature's mean or most frequent value in the reference, else one that fits the contract.
pub fn example(version: &KnownVersion) -> Json {
    let mut record = Map::new();
    for feature in &version.contract.features {
        // A hash is no value to send: examples of personal columns are what the contract allows.
        let known = version.baseline.as_ref().filter(|baseline| !baseline.hashed.contains(&feature.name));
        let reference = known.and_then(|baseline| baseline.features.get(&feature.name));
        let value = match (reference, typical(feature)) {
            (Some(Baseline::Numeric(numeric)), _) if numeric.n > 0 => {
                let rounded = if feature.kind == FeatureKind::Integer {
                    numeric.mean.round()
                } else {
                    (numeric.mean * 100.0).round() / 100.0
                };
                json!(rounded)
            }
            (Some(Baseline::Categorical(known)), _) if !known.categories.is_empty() && feature.kind != FeatureKind::Boolean => {
                json!(known.categories[0].0)
            }
            (_, Value::Num(x)) if feature.kind == FeatureKind::Boolean => json!(x != 0.0),
            (_, Value::Num(x)) => json!(x),
            (_, Value::Text(text)) => json!(text),
            (_, Value::Missing) => Json::Null,
        };
        record.insert(feature.name.clone(), whole(value));
    }
    Json::Object(record)
}

/// `41` instead of `41.0`.
fn whole(value: Json) -> Json {
    match value.as_f64() {
        Some(x) if x.fract() == 0.0 && x.abs() < 1e15 => json!(x as i64),
        _ => value,
    }
}

/// The ways to call a deployment as if this version answered.
pub fn of_version(name: &DeploymentName, version: &Arc<KnownVersion>, origin: &str) -> Snippets {
    of(name, Some(version), origin)
}

pub fn of(name: &DeploymentName, version: Option<&Arc<KnownVersion>>, origin: &str) -> Snippets {
    let record = version.map(|version| example(version)).unwrap_or_else(|| json!({}));
    let long = version.is_some_and(|version| opaque(&version.contract));
    let body = if long { "…".to_owned() } else { json!({ "records": [&record] }).to_string() };
    let body = body.replace('\'', "'\\''");
    Snippets {
        curl: format!("curl -s {origin}/api/v1/deployments/{name}/predict -H 'content-type: application/json' -d '{body}'"),
        python: python(name, version.map(|version| &*version.contract), &record, origin),
        cli: format!("slipway predict {name} record.json"),
        record,
    }
}

fn opaque(contract: &Contract) -> bool {
    contract.features.is_empty() || contract.features.len() > ELEMENTS
}

fn python(name: &DeploymentName, contract: Option<&Contract>, record: &Json, origin: &str) -> String {
    let long = contract.is_some_and(opaque);
    let record = if long { "{}".to_owned() } else { python_literal(record) };
    format!(
        "import json, urllib.request\n\nrecord = {record}\nrequest = urllib.request.Request(\n    \"{origin}/api/v1/deployments/{name}/predict\",\n    data=json.dumps({{\"records\": [record]}}).encode(),\n    headers={{\"content-type\": \"application/json\"}},\n)\nprint(json.load(urllib.request.urlopen(request))[\"predictions\"][0])"
    )
}

/// JSON as Python writes it: the words for nothing and for booleans differ.
fn python_literal(value: &Json) -> String {
    match value {
        Json::Null => "None".into(),
        Json::Bool(truth) => if *truth { "True" } else { "False" }.into(),
        Json::Object(map) => {
            let items: Vec<String> =
                map.iter().map(|(key, value)| format!("{}: {}", Json::from(key.as_str()), python_literal(value))).collect();
            format!("{{{}}}", items.join(", "))
        }
        other => other.to_string(),
    }
}
