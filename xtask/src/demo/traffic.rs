//! Live traffic: rows of an example's table, sent one by one to the real endpoint at a steady, slightly uneven pace.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::api::Api;
use super::example::{Example, Known, Traffic};
use super::outcomes::Late;

/// What the traffic of one deployment is like. Shared with the story, which may switch the table.
pub struct Stream {
    pub deployment: String,
    /// Requests per second, on average.
    pub rate: f64,
    /// How many seconds of the demo stand for a day of the data, when it comes to outcomes.
    pub seconds_per_day: f64,
    /// Whether the drifted table is sent instead of the ordinary one.
    pub drifted: AtomicBool,
    pub sent: AtomicU64,
    pub failed: AtomicU64,
}

impl Stream {
    pub fn new(deployment: &str, rate: f64, seconds_per_day: f64) -> Arc<Self> {
        Arc::new(Self {
            deployment: deployment.to_owned(),
            rate,
            seconds_per_day,
            drifted: AtomicBool::new(false),
            sent: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        })
    }
}

/// A table ready to be sent: bodies of requests, and what will be known about each.
struct Reel {
    rows: Vec<Row>,
}

struct Row {
    values: Vec<Option<String>>,
    known: Option<Known>,
}

/// One of several callers that share a table: each takes every `of`-th row, so that together they keep its order.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    pub number: usize,
    pub of: usize,
}

/// Sends traffic until the process ends.
pub fn run(api: &Api, example: &Example, stream: &Stream, share: Share, late: &Sender<Late>) -> Result<()> {
    let ordinary = Reel::read(example, &example.data.live)?;
    let drifted = example.data.live_drifted.as_ref().map(|traffic| Reel::read(example, traffic)).transpose()?;
    let inputs = wait_for_inputs(api, &stream.deployment);
    let encoder = Encoder { columns: example.columns(), inputs };

    let start = Instant::now();
    let mut pace = Pace::new(&format!("{} {}", stream.deployment, share.number));
    let rate = stream.rate / share.of as f64;
    let mut due = start;
    for round in 0_u64.. {
        let reel = match &drifted {
            Some(drifted) if stream.drifted.load(Ordering::Relaxed) => drifted,
            _ => &ordinary,
        };
        let was_drifted = stream.drifted.load(Ordering::Relaxed);
        for (index, row) in reel.rows.iter().enumerate().skip(share.number).step_by(share.of) {
            if drifted.is_some() && stream.drifted.load(Ordering::Relaxed) != was_drifted {
                break;
            }
            due += pace.gap(rate, start.elapsed());
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            // A server that was away for a while is not flooded with what it missed.
            due = due.max(Instant::now() - Duration::from_secs(1));
            // Each round stands for other customers with the same figures, so a sticky canary sees all kinds of them.
            let key = format!("{}-{round}-{index}", stream.deployment);
            match encoder.ask(api, &stream.deployment, row, &key) {
                Ok(prediction) => {
                    stream.sent.fetch_add(1, Ordering::Relaxed);
                    if let (Some(known), Some(prediction)) = (&row.known, prediction) {
                        let wait = Duration::from_secs_f64(known.delay_s / 86_400.0 * stream.seconds_per_day);
                        // The receiver is gone only when the demo is ending.
                        let _ = late.send(Late { due: Instant::now() + wait, prediction, label: known.label.clone() });
                    }
                }
                Err(_) => {
                    stream.failed.fetch_add(1, Ordering::Relaxed);
                    std::thread::sleep(Duration::from_millis(200));
                }
            }
        }
    }
    Ok(())
}

impl Reel {
    fn read(example: &Example, traffic: &Traffic) -> Result<Self> {
        let requests = example.requests(traffic)?;
        let known = example.outcomes(traffic, requests.len())?;
        let rows = requests.into_iter().zip(known).map(|(values, known)| Row { values, known }).collect();
        Ok(Self { rows })
    }
}

/// A tensor that the endpoint says it takes.
#[derive(Clone, Debug)]
struct Input {
    name: String,
    datatype: String,
    /// Without the batch.
    shape: Vec<u64>,
}

/// Turns rows into requests of the Open Inference Protocol, from what the endpoint itself says about its inputs.
struct Encoder {
    columns: Vec<String>,
    inputs: Vec<Input>,
}

impl Encoder {
    /// Asks for one prediction and returns its id. A row with missing values goes as a plain record: JSON has no NaN.
    fn ask(&self, api: &Api, deployment: &str, row: &Row, key: &str) -> Result<Option<String>> {
        let complete = row.values.iter().all(Option::is_some);
        let answer = if complete {
            let body = json!({ "inputs": self.tensors(&row.values), "parameters": { "routing_key": key } });
            let answer = api.post(&format!("/v2/models/{deployment}/infer"), &body)?;
            answer["parameters"]["prediction_id"].as_str().map(str::to_owned)
        } else {
            let body = json!({ "records": [self.record(&row.values)], "routing_key": key });
            let answer = api.post(&format!("/api/v1/deployments/{deployment}/predict"), &body)?;
            answer["predictions"][0]["prediction_id"].as_str().map(str::to_owned)
        };
        Ok(answer)
    }

    fn tensors(&self, values: &[Option<String>]) -> Vec<Value> {
        match &self.inputs[..] {
            // One tensor holds every column, in their order.
            [only] if self.columns.len() > 1 => {
                let data: Vec<Value> = values.iter().map(|value| number(value.as_deref())).collect();
                vec![tensor(only, data)]
            }
            several => several
                .iter()
                .filter_map(|input| {
                    let at = self.columns.iter().position(|column| *column == input.name)?;
                    let value = values.get(at)?.as_deref();
                    let data = if input.datatype == "BYTES" { json!(value.unwrap_or_default()) } else { number(value) };
                    Some(tensor(input, vec![data]))
                })
                .collect(),
        }
    }

    fn record(&self, values: &[Option<String>]) -> Value {
        let text = |column: &str| self.inputs.iter().any(|input| input.name == column && input.datatype == "BYTES");
        let fields = self.columns.iter().zip(values).map(|(column, value)| {
            let value = match value.as_deref() {
                None => Value::Null,
                Some(word) if text(column) => json!(word),
                value => number(value),
            };
            (column.clone(), value)
        });
        Value::Object(fields.collect())
    }
}

fn tensor(input: &Input, data: Vec<Value>) -> Value {
    let shape: Vec<u64> = std::iter::once(1).chain(input.shape.iter().copied()).collect();
    json!({ "name": input.name, "datatype": input.datatype, "shape": shape, "data": data })
}

fn number(text: Option<&str>) -> Value {
    text.and_then(|text| text.parse::<f64>().ok()).map_or(Value::Null, |number| json!(number))
}

/// Asks the endpoint what it takes, until it answers: a deployment may still be loading.
fn wait_for_inputs(api: &Api, deployment: &str) -> Vec<Input> {
    loop {
        match api.get(&format!("/v2/models/{deployment}")).and_then(|metadata| inputs(&metadata)) {
            Ok(inputs) => return inputs,
            Err(_) => std::thread::sleep(Duration::from_millis(500)),
        }
    }
}

fn inputs(metadata: &Value) -> Result<Vec<Input>> {
    let list = metadata["inputs"].as_array().context("no inputs")?;
    list.iter()
        .map(|input| {
            let name = input["name"].as_str().context("an input without a name")?.to_owned();
            let datatype = input["datatype"].as_str().context("an input without a datatype")?.to_owned();
            let shape = input["shape"].as_array().context("an input without a shape")?;
            let shape = shape.iter().skip(1).map(|size| size.as_u64().context("a variable size")).collect::<Result<_>>()?;
            Ok(Input { name, datatype, shape })
        })
        .collect()
}

/// Gaps between requests: exponential, around a rate that rises and falls within a few minutes.
struct Pace {
    state: u64,
}

impl Pace {
    fn new(seed: &str) -> Self {
        let state =
            seed.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        Self { state: state | 1 }
    }

    fn gap(&mut self, rate: f64, since: Duration) -> Duration {
        // xorshift64: any even spread will do.
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        let uniform = ((self.state >> 11) as f64 + 1.0) / (1_u64 << 53) as f64;
        let wave = 1.0 + 0.25 * (since.as_secs_f64() / 240.0 * std::f64::consts::TAU).sin();
        Duration::from_secs_f64((-uniform.ln() / (rate * wave)).min(5.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(list: &[Option<&str>]) -> Vec<Option<String>> {
        list.iter().map(|value| value.map(str::to_owned)).collect()
    }

    #[test]
    fn one_tensor_for_each_column() {
        let metadata = json!({ "inputs": [
            { "name": "plan", "datatype": "BYTES", "shape": [-1, 1] },
            { "name": "minutes", "datatype": "FP32", "shape": [-1, 1] },
        ] });
        let encoder = Encoder { columns: vec!["minutes".into(), "plan".into()], inputs: inputs(&metadata).unwrap() };
        let tensors = encoder.tensors(&values(&[Some("2.5"), Some("gold")]));
        assert_eq!(tensors[0], json!({ "name": "plan", "datatype": "BYTES", "shape": [1, 1], "data": ["gold"] }));
        assert_eq!(tensors[1]["data"], json!([2.5]));
        assert_eq!(encoder.record(&values(&[None, Some("gold")])), json!({ "minutes": null, "plan": "gold" }));
    }

    #[test]
    fn one_tensor_for_all_columns() {
        let metadata = json!({ "inputs": [{ "name": "X", "datatype": "FP32", "shape": [-1, 2] }] });
        let encoder = Encoder { columns: vec!["a".into(), "b".into()], inputs: inputs(&metadata).unwrap() };
        let tensors = encoder.tensors(&values(&[Some("1"), Some("2")]));
        assert_eq!(tensors, [json!({ "name": "X", "datatype": "FP32", "shape": [1, 2], "data": [1.0, 2.0] })]);
    }

    #[test]
    fn the_pace_keeps_its_rate() {
        let mut pace = Pace::new("churn");
        let total: Duration = (0..4000).map(|_| pace.gap(40.0, Duration::ZERO)).sum();
        assert!((90.0..110.0).contains(&total.as_secs_f64()), "{total:?}");
    }
}
