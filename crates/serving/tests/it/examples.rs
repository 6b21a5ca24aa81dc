//! The example models give the same answers here as in the Python that trained them: same rows, same accuracy, same error.

use crate::support::{file, root, runtime};
use contract::spec::{OnViolation, Pii};
use contract::{Contract, Feature, FeatureKind, Layout, ModelName, Task, VersionNo};
use serde_json::Value as Json;
use serving::records::{decode, encode, from_json};
use serving::{LoadOptions, Model, Served, Value};
use std::sync::Arc;

/// A contract as `model.json` of an example describes it.
fn contract(about: &Json, columns: &[String], model: &Model) -> Contract {
    let task = match about["task"].as_str() {
        Some("binary") => Task::Binary,
        Some("multiclass") => Task::Multiclass,
        _ => Task::Regression,
    };
    let words = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let label = about["label"].as_str().expect("a label");
    let input = model.inputs()[0].name.clone();
    let kinds = about["features"].as_array().expect("features");
    let text = |name: &str| kinds.iter().any(|feature| feature["name"] == name && feature["kind"] == "text");
    let features = columns.iter().filter(|column| *column != label).map(|name| Feature {
        name: name.clone(),
        kind: if text(name) { FeatureKind::Category } else { FeatureKind::Number },
        nullable: true,
        min: None,
        max: None,
        categories: None,
        pii: Pii::None,
        pii_confirmed: false,
        unit: None,
        description: None,
        on_violation: OnViolation::Count,
    });
    Contract {
        task,
        layout: match about["input_layout"].as_str() {
            Some("columns") => Layout::Columns,
            Some("matrix") => Layout::Matrix { input },
            _ => Layout::Tensor { input },
        },
        features: features.collect(),
        inputs: model.inputs().to_vec(),
        outputs: model.outputs().to_vec(),
        label_output: Some(model.outputs()[0].name.clone()),
        score_output: model.outputs().get(1).map(|output| output.name.clone()),
        classes: about["classes"].as_array().map(|classes| classes.iter().map(words).collect()).unwrap_or_default(),
        positive: about.get("positive_class").map(words),
        label_column: Some(label.to_owned()),
        segments: Vec::new(),
        batched: model.batched(),
    }
}

/// Columns of a table and its rows as records without the label; the labels beside them.
fn table(
    path: &str,
    label: &str,
    numbers: impl Fn(&str) -> bool,
) -> (Vec<String>, Vec<serde_json::Map<String, Json>>, Vec<String>) {
    let text = String::from_utf8(file(path)).expect("UTF-8");
    let mut lines = text.lines();
    let columns: Vec<String> = lines.next().expect("a head").split(',').map(str::to_owned).collect();
    let (mut records, mut labels) = (Vec::new(), Vec::new());
    for line in lines {
        let mut record = serde_json::Map::new();
        for (column, cell) in columns.iter().zip(line.split(',')) {
            if column == label {
                labels.push(cell.to_owned());
            } else if !cell.is_empty() {
                let value = if numbers(column) {
                    Json::from(cell.parse::<f64>().unwrap_or_else(|_| panic!("{column}: {cell}")))
                } else {
                    Json::from(cell)
                };
                record.insert(column.clone(), value);
            }
        }
        records.push(record);
    }
    (columns, records, labels)
}

#[test]
fn answers_are_those_of_the_training_program() {
    let runtime = runtime();
    let mut versions = 0;
    for name in ["churn", "churn_matrix", "bikes", "digits", "flights"] {
        let about: Json = serde_json::from_slice(&file(&format!("examples/{name}/model.json"))).expect("JSON");
        let metrics: Json = serde_json::from_slice(&file(&format!("examples/{name}/metrics.json"))).expect("JSON");
        let label = about["label"].as_str().expect("a label");
        let text = |column: &str| {
            about["features"].as_array().expect("features").iter().any(|f| f["name"] == column && f["kind"] == "text")
        };
        let (columns, records, truth) = table(&format!("examples/{name}/heldback.csv"), label, |column| !text(column));
        for version in 1.. {
            let path = format!("examples/{name}/v{version}.onnx");
            if !root().join(&path).exists() {
                break;
            }
            versions += 1;
            let model = runtime
                .load(&file(&path), LoadOptions { sessions: 1, ..LoadOptions::default() })
                .unwrap_or_else(|error| panic!("{path}: {error}"));
            assert!(model.batches(), "{path}: rows are independent");
            let contract = contract(&about, &columns, &model);
            let rows: Vec<Vec<Value>> = from_json(&contract, &records).unwrap_or_else(|bad| panic!("{path}: {bad}"));
            if matches!(contract.layout, Layout::Columns | Layout::Matrix { .. }) {
                round_trips(&contract, &rows);
            }
            let served = Served::new(ModelName::from(name), VersionNo(version), contract, Arc::clone(&model));
            let answers = served.evaluate_blocking(&rows).unwrap_or_else(|error| panic!("{path}: {error}"));
            assert_eq!(answers.len(), truth.len());
            assert!(answers.iter().all(|answer| answer.valid), "{path}");
            let expected = &metrics["versions"][format!("v{version}")]["heldback"];
            let n = truth.len() as f64;
            assert_eq!(expected["rows"].as_f64(), Some(n), "{path}");
            if about["task"] == "regression" {
                let error: f64 = answers
                    .iter()
                    .zip(&truth)
                    .map(|(a, t)| (a.label.value().expect("a value") - t.parse::<f64>().expect("a number")).abs())
                    .sum();
                let mae = expected["mae"].as_f64().expect("the error");
                assert!((error / n - mae).abs() < 1e-3, "{path}: {} here, {mae} there", error / n);
            } else {
                let right = answers.iter().zip(&truth).filter(|(answer, truth)| answer.label.text() == **truth).count() as f64;
                let accuracy = expected["accuracy"].as_f64().expect("the accuracy");
                assert!((right / n - accuracy).abs() < 6e-5, "{path}: {} here, {accuracy} there", right / n);
                assert!(
                    answers.iter().all(|a| a.score.is_some_and(|s| (0.0..=1.0).contains(&s))
                        && (a.scores.iter().sum::<f64>() - 1.0).abs() < 1e-4),
                    "{path}"
                );
            }
        }
    }
    assert!(versions >= 12, "only {versions} versions were found");
}

/// What goes into the tensors comes out again, up to single precision.
fn round_trips(contract: &Contract, rows: &[Vec<Value>]) {
    let columns = decode(contract, &encode(contract, rows).expect("they fit"));
    for (i, row) in rows.iter().enumerate() {
        for (column, value) in columns.iter().zip(row) {
            let same = match (&column[i], value) {
                (Value::Num(got), Value::Num(sent)) => (got - sent).abs() <= 1e-6 * sent.abs(),
                (got, sent) => got == sent,
            };
            assert!(same, "row {i}: {value:?} came back as {:?}", column[i]);
        }
    }
}
