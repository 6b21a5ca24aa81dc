//! From tensors to the bytes of an infer response: JSON, then the outputs that go out as binary.

use super::classify::classify;
use super::decode::{InferRequest, Requested};
use super::element::to_json;
use super::refusal::Refusal;
use contract::{DataType, TensorSpec};
use serde_json::json;
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
    let mut json = Vec::with_capacity(256);
    let mut binary = Vec::new();
    let mut any_binary = false;
    json.extend_from_slice(head(request, about).as_bytes());
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
        let about_tensor = json!({ "name": name, "datatype": output.datatype(), "shape": output.shape() }).to_string();
        json.extend_from_slice(about_tensor.trim_end_matches('}').as_bytes());
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

/// Everything before the first output, up to and with the opening bracket.
fn head(request: &InferRequest, about: &About<'_>) -> String {
    let mut parameters = json!({
        "prediction_id": about.prediction_id,
        "served_by": about.served_by,
        "arm": about.arm,
    });
    if let Some(fallback) = about.fallback {
        parameters["fallback"] = fallback.into();
    }
    if about.cached {
        parameters["cached"] = true.into();
    }
    let mut head = json!({ "model_name": about.model_name, "model_version": about.model_version, "parameters": parameters });
    // An id that was not given is left out, as the reference server does.
    if let Some(id) = request.id.as_ref().filter(|id| !id.is_empty()) {
        head["id"] = id.as_str().into();
    }
    let mut text = head.to_string();
    text.pop();
    text.push_str(",\"outputs\":[");
    text
}
