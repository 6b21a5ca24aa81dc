//! `slipway predict`: one request with the records of a file.

use super::Verdict;
use super::remote::Reach;
use super::say::Say;
use anyhow::{Context, Result, bail};
use clap::Args;
use contract::urls;
use serde_json::{Value, json};
use std::io::Read;
use std::path::PathBuf;

#[derive(Args)]
pub struct Predict {
    deployment: String,
    /// A record as JSON, a list of records, or {"records": […]}; - is standard input
    file: PathBuf,
    /// Requests with the same key get the same version
    #[arg(long, value_name = "KEY")]
    routing_key: Option<String>,
}

impl Predict {
    pub fn run(self, reach: &Reach, say: &Say) -> Result<Verdict> {
        let mut text = Vec::new();
        if self.file.as_os_str() == "-" {
            std::io::stdin().read_to_end(&mut text).context("cannot read standard input")?;
        } else {
            text = std::fs::read(&self.file).with_context(|| format!("cannot read {}", self.file.display()))?;
        }
        let input: Value = serde_json::from_slice(&text).context("the records are not JSON")?;
        let mut body = match input {
            Value::Array(records) => json!({ "records": records }),
            Value::Object(body) if body.contains_key("records") => Value::Object(body),
            Value::Object(record) => json!({ "records": [record] }),
            _ => bail!("the file must hold a record, a list of records, or an object with “records”"),
        };
        if let Some(key) = self.routing_key {
            body["routing_key"] = key.into();
        }
        let answer: Value =
            reach.connect().post(&format!("/api/v1/deployments/{}/predict", urls::encode(&self.deployment)), &body)?;
        say.answer(&answer, || words(&answer))?;
        Ok(Verdict::Yes)
    }
}

/// One line a record: the label, the scores, the id by which its outcome is reported.
fn words(answer: &Value) -> String {
    let lines = answer["predictions"].as_array().into_iter().flatten().map(|line| {
        let label = line["label"].as_str().map_or_else(|| line["label"].to_string(), str::to_owned);
        let scores: Vec<String> = line["scores"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(class, score)| format!("{class} {:.4}", score.as_f64().unwrap_or(f64::NAN)))
            .collect();
        format!("{label}  {}  {}", scores.join(", "), line["prediction_id"].as_str().unwrap_or_default())
    });
    lines.collect::<Vec<_>>().join("\n")
}
