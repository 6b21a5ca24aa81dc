//! How each server wants a request and gives its answer.

use crate::cases::Workload;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Dialect {
    /// Open Inference Protocol, all JSON.
    OipJson,
    /// Open Inference Protocol, binary tensors both ways.
    OipBinary,
    /// `{"rows": [[…]]}`, answered by `{"scores": [[…]]}`.
    RowsJson,
    /// `{"x": [[…]]}`, answered by `[[…]]`.
    ArrayJson,
    /// Little-endian floats both ways.
    Raw,
    /// Any body; what comes back is not looked at.
    Echo,
}

/// A request, ready to be sent, and where its last value stands: overwriting that makes it one that was never sent before.
#[derive(Clone, Debug)]
pub struct Request {
    pub bytes: Vec<u8>,
    last: usize,
    text: bool,
}

/// Digits of the last value in a text, `0.` not counted.
const DIGITS: usize = 7;

impl Request {
    pub fn new(dialect: Dialect, workload: &Workload, case: u32, host: &str, path: &str) -> Request {
        let values = workload.values(case);
        let mut head = format!("POST {path} HTTP/1.1\r\nhost: {host}\r\n");
        let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let (body, text) = match dialect {
            Dialect::OipJson | Dialect::Echo => (oip_json(workload, &values), true),
            Dialect::OipBinary => {
                let json = json!({
                    "inputs": [{ "name": workload.input, "shape": workload.shape, "datatype": "FP32", "parameters": { "binary_data_size": raw.len() } }],
                    "parameters": { "binary_data_output": true },
                })
                .to_string();
                head.push_str(&format!("inference-header-content-length: {}\r\n", json.len()));
                ([json.as_bytes(), &raw].concat(), false)
            }
            Dialect::RowsJson => (format!("{{\"rows\":{}}}", rows(workload, &values)).into_bytes(), true),
            Dialect::ArrayJson => (format!("{{\"x\":{}}}", rows(workload, &values)).into_bytes(), true),
            Dialect::Raw => (raw, false),
        };
        let kind = if text { "application/json" } else { "application/octet-stream" };
        head.push_str(&format!("content-type: {kind}\r\ncontent-length: {}\r\n\r\n", body.len()));
        let last = if text { body.iter().rposition(u8::is_ascii_digit).map_or(0, |at| at + 1 - DIGITS) } else { body.len() - 4 };
        let last = head.len() + last;
        Request { bytes: [head.as_bytes(), &body].concat(), last, text }
    }

    /// Makes it the `n`-th request of its kind: another last value, of the same length.
    pub fn make_unique(&mut self, n: u32) {
        if self.text {
            let digits = format!("{:0width$}", n % 10_u32.pow(DIGITS as u32), width = DIGITS);
            self.bytes[self.last..self.last + DIGITS].copy_from_slice(digits.as_bytes());
        } else {
            // Bits of the mantissa: values between 1 and 2.
            let value = f32::from_bits(1.0_f32.to_bits() | (n & 0x7f_ffff));
            self.bytes[self.last..self.last + 4].copy_from_slice(&value.to_le_bytes());
        }
    }
}

fn oip_json(workload: &Workload, values: &[f32]) -> Vec<u8> {
    let data: Vec<String> = values.iter().map(number).collect();
    let Workload { input, shape, .. } = workload;
    format!("{{\"inputs\":[{{\"name\":\"{input}\",\"shape\":{shape:?},\"datatype\":\"FP32\",\"data\":[{}]}}]}}", data.join(","))
        .into_bytes()
}

fn rows(workload: &Workload, values: &[f32]) -> String {
    let width = workload.elements() / workload.shape[0];
    let rows: Vec<String> =
        values.chunks(width).map(|row| format!("[{}]", row.iter().map(number).collect::<Vec<_>>().join(","))).collect();
    format!("[{}]", rows.join(","))
}

/// Seven digits behind the point: the last value has room for a count, and all values keep what a float can tell.
fn number(value: &f32) -> String {
    format!("{value:.DIGITS$}")
}

/// The scores in an answer. `json_length` is the header `Inference-Header-Content-Length`.
pub fn scores(dialect: Dialect, workload: &Workload, body: &[u8], json_length: Option<usize>) -> Result<Vec<f32>> {
    match dialect {
        Dialect::Raw => Ok(floats(body)),
        Dialect::Echo => Ok(Vec::new()),
        Dialect::RowsJson => Ok(flat(serde_json::from_slice::<Value>(body)?.get("scores").context("no scores")?)),
        Dialect::ArrayJson => Ok(flat(&serde_json::from_slice(body)?)),
        Dialect::OipJson | Dialect::OipBinary => {
            let (json, mut rest) = body.split_at(json_length.unwrap_or(body.len()).min(body.len()));
            let answer: Value = serde_json::from_slice(json)?;
            for output in answer["outputs"].as_array().context("no outputs")? {
                let size = output["parameters"]["binary_data_size"].as_u64().unwrap_or(0) as usize;
                ensure!(size <= rest.len(), "the binary part is too short");
                let (own, others) = rest.split_at(size);
                rest = others;
                if output["name"] == workload.output.as_str() {
                    return Ok(if size > 0 { floats(own) } else { flat(&output["data"]) });
                }
            }
            anyhow::bail!("no output “{}”", workload.output)
        }
    }
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect()
}

fn flat(value: &Value) -> Vec<f32> {
    match value {
        Value::Array(values) => values.iter().flat_map(flat).collect(),
        other => other.as_f64().map(|number| number as f32).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workload() -> Workload {
        Workload {
            model: "a.onnx".into(),
            input: "x".into(),
            shape: vec![2, 2],
            output: "p".into(),
            scores: vec![vec![0.5, 1.5]],
        }
    }

    #[test]
    fn a_request_made_unique_keeps_its_length_and_its_form() {
        for dialect in [Dialect::OipJson, Dialect::OipBinary, Dialect::RowsJson, Dialect::ArrayJson, Dialect::Raw] {
            let before = Request::new(dialect, &workload(), 3, "h", "/p");
            let mut after = before.clone();
            after.make_unique(1_234_567);
            assert!(after.bytes.len() == before.bytes.len() && after.bytes != before.bytes, "{dialect:?}");
            let body = |request: &Request| {
                request.bytes[request.bytes.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4..].to_vec()
            };
            if before.text {
                assert!(serde_json::from_slice::<Value>(&body(&after)).is_ok(), "{dialect:?}");
            }
        }
    }

    #[test]
    fn scores_are_found_in_every_dialect() {
        let binary = [&br#"{"outputs":[{"name":"l","parameters":{"binary_data_size":4}},{"name":"p","parameters":{"binary_data_size":8}}]}"#[..], &[0; 4], &0.5_f32.to_le_bytes(), &1.5_f32.to_le_bytes()].concat();
        for (dialect, body, length) in [
            (Dialect::OipJson, br#"{"outputs":[{"name":"p","data":[0.5,1.5]}]}"#.to_vec(), None),
            (Dialect::OipBinary, binary.clone(), Some(binary.len() - 12)),
            (Dialect::RowsJson, br#"{"scores":[[0.5],[1.5]]}"#.to_vec(), None),
            (Dialect::ArrayJson, b"[[0.5],[1.5]]".to_vec(), None),
            (Dialect::Raw, [0.5_f32.to_le_bytes(), 1.5_f32.to_le_bytes()].concat(), None),
        ] {
            let found = scores(dialect, &workload(), &body, length).unwrap();
            assert!(workload().is_right(0, &found), "{dialect:?}: {found:?}");
            assert!(!workload().is_right(0, &[0.5, 1.4]));
        }
    }
}
