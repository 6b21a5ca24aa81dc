//! From tensors to the bytes of an infer response: JSON, then the outputs that go out as binary.

use super::classify::classify;
use super::decode::{InferRequest, Requested};
use super::element::to_json;
use super::refusal::Refusal;
use contract::{DataType, TensorSpec};
use serving::tensor::Tensor;

/// What is said about the answer besides its tensors.
#[derive(Clone, Debug)]
pub struct About<'a> {
    pub model_name: &'a str,
    /// The version that answered.
    pub model_version: String,
    pub prediction_id: &'a str,
    /// What answered: `v3`.
    pub served_by: &'a str,
    pub arm: &'a str,
    /// What answered instead of the chosen version, if it was not that.
    pub fallback: Option<&'a str>,
    /// It was given before, to the same input.
    pub cached: bool,
}

/// An encoded response.
#[derive(Clone, Debug)]
pub struct Encoded {
    pub body: Vec<u8>,
    /// Length of the JSON part where binary follows: the header `Inference-Header-Content-Length`.
    pub header_length: Option<usize>,
}

/// Whether the outputs can be answered as asked; checked before the model runs.
pub fn check_outputs(request: &InferRequest, model: &[TensorSpec]) -> Result<(), Refusal> {
    for wanted in &request.outputs {
        if !model.iter().any(|output| output.name == wanted.name) {
            let known: Vec<&str> = model.iter().map(|output| output.name.as_str()).collect();
            return Err(Refusal::bad(format!(
                "unexpected inference output '{}'; the model has: {}",
                wanted.name,
                known.join(", ")
            )));
        }
    }
    for output in model {
        let wanted = request.outputs.iter().find(|wanted| wanted.name == output.name);
        let sent = request.outputs.is_empty() || wanted.is_some();
        let binary = wanted.and_then(|wanted| wanted.binary).unwrap_or(request.binary_output);
        let classes = wanted.and_then(|wanted| wanted.classes);
        if sent && !binary && classes.is_none() && matches!(output.datatype, DataType::Fp16 | DataType::Bf16) {
            return Err(Refusal::bad(format!(
                "output '{}' is {}, which cannot be sent as JSON; use the binary data format for it",
                output.name, output.datatype
            )));
        }
    }
    Ok(())
}

/// Writes the response. `labels` names the classes for the classification parameter.
pub fn encode(
    request: &InferRequest,
    outputs: &[(String, Tensor)],
    about: &About<'_>,
    labels: &[String],
) -> Result<Encoded, Refusal> {
    let all: Vec<Requested>;
    let wanted = if request.outputs.is_empty() {
        all = outputs.iter().map(|(name, _)| Requested { name: name.clone(), binary: None, classes: None }).collect();
        &all
    } else {
        &request.outputs
    };
    let mut json = Vec::with_capacity(512);
    let mut binary = Vec::new();
    let mut any_binary = false;
    head(request, about, &mut json);
    for (i, wanted) in wanted.iter().enumerate() {
        let Some((name, output)) = outputs.iter().find(|(name, _)| *name == wanted.name) else {
            return Err(Refusal::bad(format!("unexpected inference output '{}'", wanted.name)));
        };
        let classified;
        let output = match wanted.classes {
            Some(top) => {
                classified = classify(output, top, labels).map_err(|why| Refusal::bad(format!("output '{name}': {why}")))?;
                &classified
            }
            None => output,
        };
        if i > 0 {
            json.push(b',');
        }
        json.extend_from_slice(b"{\"datatype\":");
        plain(&output.datatype(), &mut json);
        json.extend_from_slice(b",\"name\":");
        text(name, &mut json);
        json.extend_from_slice(b",\"shape\":");
        plain(output.shape(), &mut json);
        if wanted.binary.unwrap_or(request.binary_output) {
            any_binary = true;
            let start = binary.len();
            binary.extend_from_slice(&output.to_le_bytes());
            json.extend_from_slice(format!(",\"parameters\":{{\"binary_data_size\":{}}}}}", binary.len() - start).as_bytes());
        } else {
            json.extend_from_slice(b",\"data\":");
            to_json(output.data(), &mut json).map_err(|why| Refusal::bad(format!("output '{name}': {why}")))?;
            json.push(b'}');
        }
    }
    json.extend_from_slice(b"]}");
    let header_length = any_binary.then_some(json.len());
    json.extend_from_slice(&binary);
    Ok(Encoded { body: json, header_length })
}

/// Everything before the first output, up to and with the opening bracket. Written by hand: a tree of values would cost more
/// than a small model's run.
fn head(request: &InferRequest, about: &About<'_>, json: &mut Vec<u8>) {
    json.push(b'{');
    // An id that was not given is left out, as the reference server does.
    if let Some(id) = request.id.as_ref().filter(|id| !id.is_empty()) {
        json.extend_from_slice(b"\"id\":");
        text(id, json);
        json.push(b',');
    }
    json.extend_from_slice(b"\"model_name\":");
    text(about.model_name, json);
    json.extend_from_slice(b",\"model_version\":");
    text(&about.model_version, json);
    json.extend_from_slice(b",\"parameters\":{\"arm\":");
    text(about.arm, json);
    if about.cached {
        json.extend_from_slice(b",\"cached\":true");
    }
    if let Some(fallback) = about.fallback {
        json.extend_from_slice(b",\"fallback\":");
        text(fallback, json);
    }
    json.extend_from_slice(b",\"prediction_id\":");
    text(about.prediction_id, json);
    json.extend_from_slice(b",\"served_by\":");
    text(about.served_by, json);
    json.extend_from_slice(b"},\"outputs\":[");
}

fn text(text: &str, json: &mut Vec<u8>) {
    plain(&text, json);
}

/// Texts and whole numbers always have a JSON form, and memory takes every byte: writing them cannot fail.
fn plain(value: &(impl serde::Serialize + ?Sized), json: &mut Vec<u8>) {
    let written = serde_json::to_writer(json, value);
    debug_assert!(written.is_ok(), "{written:?}");
}
