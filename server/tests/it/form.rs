//! The form that registers an example's version.

use serde_json::{Value, json};
use std::path::PathBuf;

pub const BOUNDARY: &str = "a-boundary-that-is-in-no-example";

pub fn examples() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

pub fn read(path: &str) -> Vec<u8> {
    let path = examples().join(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Kind and body of a form with these parts: name, file name, bytes.
pub fn form(parts: &[(&str, &str, Vec<u8>)]) -> (String, Vec<u8>) {
    let mut body = Vec::new();
    for (name, file, bytes) in parts {
        let file = if file.is_empty() { String::new() } else { format!("; filename=\"{file}\"") };
        body.extend(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").into_bytes());
        body.extend(bytes);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").into_bytes());
    (format!("multipart/form-data; boundary={BOUNDARY}"), body)
}

/// The form for `examples/<example>/v<version>.onnx` with its data.
pub fn version_form(example: &str, version: u32) -> (String, Vec<u8>) {
    let about: Value = serde_json::from_slice(&read(&format!("{example}/model.json"))).expect("model.json");
    let positive = about
        .get("positive_class")
        .filter(|class| !class.is_null())
        .map(|class| class.as_str().map_or_else(|| class.to_string(), str::to_owned));
    let meta =
        json!({ "task": about["task"], "label_column": about["label"], "positive": positive, "segments": about["segments"] });
    form(&[
        ("meta", "", meta.to_string().into_bytes()),
        ("file", "model.onnx", read(&format!("{example}/v{version}.onnx"))),
        ("reference", "reference.csv", read(&format!("{example}/reference.csv"))),
        ("heldback", "heldback.csv", read(&format!("{example}/heldback.csv"))),
    ])
}

/// Record `row` of an example's live data: numbers as numbers, missing values left out.
pub fn record(example: &str, row: usize) -> Value {
    let text = String::from_utf8(read(&format!("{example}/live.csv"))).expect("UTF-8");
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let values = lines.nth(row).expect("the row").split(',');
    let cell = |text: &str| text.parse::<f64>().map_or_else(|_| json!(text), |number| json!(number));
    names
        .into_iter()
        .zip(values)
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.to_owned(), cell(value)))
        .collect()
}
