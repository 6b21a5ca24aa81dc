//! From the bytes of an infer request to tensors. Pure: no I/O, no model needed except for a raw request.

use super::element::from_json;
use super::flatten::agrees;
use super::refusal::Refusal;
use crate::json::parse;
use bytes::Bytes;
use contract::{DataType, TensorSpec};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;
use serde_json::value::RawValue;
use serving::tensor::{Data, Tensor};
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::{self, Formatter};
use std::time::Duration;

/// An infer request, read and checked as far as that goes without the model.
#[derive(Clone, Debug, Default)]
pub struct InferRequest {
    pub id: Option<String>,
    pub inputs: Vec<(String, Tensor)>,
    /// Outputs that were asked for; empty means all.
    pub outputs: Vec<Requested>,
    /// Whether outputs go out as binary where they do not say.
    pub binary_output: bool,
    pub routing_key: Option<String>,
    /// 0 is the default level.
    pub priority: u64,
    /// How long the caller waits.
    pub timeout: Option<Duration>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requested {
    pub name: String,
    pub binary: Option<bool>,
    /// Number of top classes to return instead of the tensor.
    pub classes: Option<usize>,
}

/// Names and values in their order; of a name that comes again, the last counts. There are a handful at most nearly always, so that a list is
/// quicker than a tree.
#[derive(Default)]
struct Parameters<'a>(Vec<(Cow<'a, str>, Json)>);

impl Parameters<'_> {
    fn get(&self, name: &str) -> Option<&Json> {
        self.0.iter().rfind(|(key, _)| key == name).map(|(_, value)| value)
    }

    fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| key.as_ref())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Parameters<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Key<'a>(#[serde(borrow)] Cow<'a, str>);
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Parameters<'de>;

            fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut all = Vec::new();
                while let Some((Key(key), value)) = map.next_entry()? {
                    all.push((key, value));
                }
                Ok(Parameters(all))
            }
        }
        deserializer.deserialize_map(All)
    }
}

#[derive(Deserialize)]
struct WireRequest<'a> {
    id: Option<String>,
    #[serde(borrow, default)]
    parameters: Option<Parameters<'a>>,
    #[serde(borrow)]
    inputs: Vec<WireInput<'a>>,
    #[serde(borrow, default)]
    outputs: Option<Vec<WireOutput<'a>>>,
}

#[derive(Deserialize)]
struct WireInput<'a> {
    name: String,
    shape: Vec<i64>,
    #[serde(borrow)]
    datatype: Cow<'a, str>,
    #[serde(borrow, default)]
    parameters: Option<Parameters<'a>>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct WireOutput<'a> {
    name: String,
    #[serde(borrow, default)]
    parameters: Option<Parameters<'a>>,
}

/// Reads the JSON part and, behind it, the binary tensors. `header_length` is the header `Inference-Header-Content-Length`.
pub fn decode(body: &Bytes, header_length: Option<usize>) -> Result<InferRequest, Refusal> {
    let json_end = header_length.unwrap_or(body.len());
    let Some(json) = body.get(..json_end) else {
        return Err(Refusal::bad(format!(
            "Inference-Header-Content-Length is {json_end}, but the body has only {} bytes",
            body.len()
        )));
    };
    let wire: WireRequest = parse(json).map_err(|e| Refusal::bad(format!("failed to parse the request JSON: {e}")))?;
    let mut request = InferRequest { id: wire.id, ..InferRequest::default() };
    read_parameters(&mut request, &wire.parameters.unwrap_or_default())?;

    let mut binary = body.slice(json_end..);
    if let Some(twice) = twice(wire.inputs.iter().map(|input| input.name.as_str())) {
        return Err(Refusal::bad(format!("input '{twice}' is given twice")));
    }
    for input in wire.inputs {
        request.inputs.push(read_input(input, &mut binary)?);
    }
    if !binary.is_empty() {
        return Err(Refusal::bad(format!(
            "unexpected additional input data: {} bytes are left after the last input",
            binary.len()
        )));
    }
    let outputs = wire.outputs.unwrap_or_default();
    if let Some(twice) = twice(outputs.iter().map(|output| output.name.as_str())) {
        return Err(Refusal::bad(format!("output '{twice}' is asked for twice")));
    }
    for output in outputs {
        request.outputs.push(read_output(output)?);
    }
    Ok(request)
}

/// A name that comes more than once. Few names are quicker compared with one another than hashed.
fn twice<'a>(names: impl ExactSizeIterator<Item = &'a str> + Clone) -> Option<&'a str> {
    if names.len() <= 16 {
        return names
            .clone()
            .enumerate()
            .find(|(i, name)| names.clone().take(*i).any(|other| other == *name))
            .map(|(_, name)| name);
    }
    let mut seen = HashSet::new();
    names.into_iter().find(|name| !seen.insert(*name))
}

/// Reads a raw request (header length 0): the whole body is the one input of the model, outputs go out as binary.
pub fn decode_raw(body: &Bytes, inputs: &[TensorSpec]) -> Result<InferRequest, Refusal> {
    let [input] = inputs else {
        return Err(Refusal::bad(format!("a raw request needs a model with one input; this one has {}", inputs.len())));
    };
    let bad = |why: String| Refusal::bad(format!("raw request for input '{}': {why}", input.name));
    if input.datatype == DataType::Bytes {
        let one =
            Tensor::new(vec![1; input.shape.len().max(1)], Data::Bytes(vec![body.to_vec()])).map_err(|e| bad(e.to_string()))?;
        return Ok(raw(&input.name, one));
    }
    let size = input.datatype.size().unwrap_or(1);
    let open = input.shape.iter().filter(|&&d| d < 0).count();
    // Where several dimensions are open, the first is the batch and is one.
    let batch_is_one = open == 2 && input.shape.first().is_some_and(|&d| d < 0);
    if open > 1 && !batch_is_one {
        return Err(bad(format!("the shape {:?} has more than one open dimension", input.shape)));
    }
    let fixed: Option<usize> =
        input.shape.iter().filter(|&&d| d >= 0).try_fold(size, |all, &d| all.checked_mul(usize::try_from(d).ok()?));
    let fixed = fixed.filter(|&bytes| bytes > 0).ok_or_else(|| bad(format!("the shape {:?} holds no data", input.shape)))?;
    if body.is_empty() || !body.len().is_multiple_of(fixed) || (open == 0 && body.len() != fixed) {
        return Err(bad(format!("got {} bytes, expected {}{fixed}", body.len(), if open == 0 { "" } else { "a multiple of " })));
    }
    let mut shape = Vec::with_capacity(input.shape.len());
    for (i, &dim) in input.shape.iter().enumerate() {
        shape.push(match usize::try_from(dim) {
            Ok(dim) => dim,
            Err(_) if batch_is_one && i == 0 => 1,
            Err(_) => body.len() / fixed,
        });
    }
    let tensor = Tensor::from_le_bytes(input.datatype, shape, body).map_err(|e| bad(e.to_string()))?;
    Ok(raw(&input.name, tensor))
}

fn raw(name: &str, tensor: Tensor) -> InferRequest {
    InferRequest { inputs: vec![(name.to_owned(), tensor)], binary_output: true, ..InferRequest::default() }
}

fn read_input(input: WireInput<'_>, binary: &mut Bytes) -> Result<(String, Tensor), Refusal> {
    let name = input.name;
    let bad = |why: String| Refusal::bad(format!("input '{name}': {why}"));
    let datatype = DataType::parse(&input.datatype).ok_or_else(|| bad(format!("unknown datatype '{}'", input.datatype)))?;
    let mut shape = Vec::with_capacity(input.shape.len());
    let mut count = 1_usize;
    for &dim in &input.shape {
        let dim = usize::try_from(dim).map_err(|_| bad(format!("shape {:?} has a negative dimension", input.shape)))?;
        count = count.checked_mul(dim).ok_or_else(|| bad(format!("shape {:?} is too large", input.shape)))?;
        shape.push(dim);
    }
    let parameters = input.parameters.unwrap_or_default();
    if let Some(key) = parameters.keys().find(|key| key.starts_with("shared_memory")) {
        return Err(bad(format!("parameter '{key}': shared memory is not supported")));
    }
    let size = match parameters.get("binary_data_size") {
        None => None,
        Some(size) => Some(
            size.as_u64()
                .and_then(|n| usize::try_from(n).ok())
                .ok_or_else(|| bad(format!("binary_data_size must be a whole number, got {size}")))?,
        ),
    };
    let tensor = match (size, input.data) {
        (Some(_), Some(_)) => Err("it has both 'data' and 'binary_data_size'".into()),
        (None, None) => Err("it has neither 'data' nor 'binary_data_size'".into()),
        (Some(size), None) if size > binary.len() => {
            Err(format!("unexpected size: binary_data_size is {size}, but only {} bytes of binary data are left", binary.len()))
        }
        (Some(size), None) => {
            Tensor::from_le_bytes(datatype, shape, &binary.split_to(size)).map_err(|e| format!("unexpected size: {e}"))
        }
        (None, Some(data)) => from_json(datatype, data.get(), count).and_then(|(data, nested)| {
            if agrees(&nested, &shape) || data.len() != count {
                Tensor::new(shape, data).map_err(|e| e.to_string())
            } else {
                Err(format!("its data is nested as {nested:?}, its shape says {shape:?}"))
            }
        }),
    };
    let tensor = tensor.map_err(bad)?;
    Ok((name, tensor))
}

fn read_output(output: WireOutput<'_>) -> Result<Requested, Refusal> {
    let name = output.name;
    let bad = |why: String| Refusal::bad(format!("output '{name}': {why}"));
    let parameters = output.parameters.unwrap_or_default();
    if let Some(key) = parameters.keys().find(|key| key.starts_with("shared_memory")) {
        return Err(bad(format!("parameter '{key}': shared memory is not supported")));
    }
    let binary = match parameters.get("binary_data") {
        None => None,
        Some(Json::Bool(value)) => Some(*value),
        Some(other) => return Err(bad(format!("binary_data must be true or false, got {other}"))),
    };
    let classes = match parameters.get("classification") {
        None => None,
        // Zero is how the stock client says that no classification is wanted.
        Some(value) => match value.as_u64().and_then(|n| usize::try_from(n).ok()) {
            Some(0) => None,
            Some(n) => Some(n),
            None => return Err(bad(format!("classification must be a whole number, got {value}"))),
        },
    };
    Ok(Requested { name, binary, classes })
}

/// Request parameters that mean something here. Others are the caller's own and are left alone; none reaches the model.
fn read_parameters(request: &mut InferRequest, parameters: &Parameters<'_>) -> Result<(), Refusal> {
    for (key, value) in &parameters.0 {
        let bad = |expected: &str| Refusal::bad(format!("parameter '{key}' must be {expected}, got {value}"));
        match &**key {
            "binary_data_output" => request.binary_output = value.as_bool().ok_or_else(|| bad("true or false"))?,
            "priority" => request.priority = value.as_u64().ok_or_else(|| bad("a whole number"))?,
            "timeout" => {
                let micros = value.as_u64().ok_or_else(|| bad("a whole number of microseconds"))?;
                // Zero is how the stock client says that there is none.
                request.timeout = (micros > 0).then(|| Duration::from_micros(micros));
            }
            "routing_key" => {
                request.routing_key = Some(match value {
                    Json::String(text) => text.clone(),
                    Json::Number(number) => number.to_string(),
                    _ => return Err(bad("a text or a number")),
                });
            }
            _ if key.starts_with("triton_") => return Err(Refusal::bad(format!("parameter '{key}' is reserved"))),
            _ if matches!(value, Json::Array(_) | Json::Object(_)) => return Err(bad("a text, a number, true or false")),
            _ => {}
        }
    }
    Ok(())
}
