//! The outermost message (`ModelProto`): versions, operator sets, the main graph, functions, metadata.

use super::graph::{Main, Tally};
use super::tensors::short;
use super::types::{Element, Type, ValueInfo};
use super::wire::{Fields, WireError};
use super::{Limits, NonTensorOutput, OnnxInfo, Opset, Reason, Rejected};
use contract::TensorSpec;
use std::collections::{BTreeMap, HashSet};

/// A wire error inside a file that has shown itself to be ONNX.
pub fn broken(error: WireError) -> Rejected {
    match error {
        WireError::Truncated { missing } if missing < (1 << 40) => Rejected::new(
            Reason::Truncated,
            format!("The file is cut off: a part of it is {missing} bytes longer than what is there. Upload it again."),
        ),
        _ => Rejected::new(
            Reason::Truncated,
            "The file starts like ONNX and then is damaged. Upload it again, or export it again.",
        ),
    }
}

/// The fields of the outermost message, the nested ones still undecoded.
#[derive(Default)]
struct Outer<'a> {
    ir_version: Option<i64>,
    producer: String,
    producer_version: String,
    description: String,
    graph: Option<&'a [u8]>,
    opsets: Vec<Opset>,
    metadata: BTreeMap<String, String>,
    functions: Vec<&'a [u8]>,
    training: Vec<&'a [u8]>,
}

pub fn read(bytes: &[u8], limits: &Limits) -> Result<OnnxInfo, Rejected> {
    let mut outer = Outer::default();
    if let Err(error) = outer.read(bytes) {
        // Random bytes rarely begin with a plausible format version; a cut-off model does.
        return Err(if outer.ir_version.is_some_and(|version| (1..=1_000).contains(&version)) {
            broken(error)
        } else {
            not_onnx()
        });
    }
    let Some(ir_version) = outer.ir_version else { return Err(not_onnx()) };
    let Some(graph) = outer.graph else {
        return Err(match outer.opsets.is_empty() {
            true => not_onnx(),
            false => {
                Rejected::new(Reason::Truncated, "The file has ONNX's header and no graph. Upload it again, or export it again.")
            }
        });
    };
    check_versions(ir_version, &outer.opsets, limits)?;

    let mut tally = Tally::new(limits);
    let main = tally.main_graph(graph)?;
    for function in &outer.functions {
        tally.function(function)?;
    }
    for training in &outer.training {
        for field in Fields::new(training) {
            if let (1 | 2, graph) = field.map_err(broken)? {
                tally.graph(graph.bytes().map_err(broken)?, 1)?;
            }
        }
    }
    check_operators(&tally)?;
    if tally.uses_ml && !outer.opsets.iter().any(|opset| opset.domain == "ai.onnx.ml") {
        return Err(Rejected::new(
            Reason::Truncated,
            "The model uses operators of ai.onnx.ml and does not say of which operator set: the file's end seems to be missing. Upload it again.",
        ));
    }
    describe(bytes.len() as u64, ir_version, outer, main, tally)
}

impl<'a> Outer<'a> {
    fn read(&mut self, bytes: &'a [u8]) -> Result<(), WireError> {
        for field in Fields::new(bytes) {
            match field? {
                (1, version) => self.ir_version = Some(version.int()?),
                (2, text) => self.producer = text.text()?,
                (3, text) => self.producer_version = text.text()?,
                (6, text) => self.description = text.text()?,
                (7, graph) => self.graph = Some(graph.bytes()?),
                (8, opset) => {
                    let mut read = Opset { domain: "ai.onnx".into(), version: 0 };
                    for field in Fields::new(opset.bytes()?) {
                        match field? {
                            (1, domain) if !domain.bytes()?.is_empty() => read.domain = domain.text()?,
                            (2, version) => read.version = version.int()?,
                            _ => {}
                        }
                    }
                    if self.opsets.len() < 1_000 && !self.opsets.contains(&read) {
                        self.opsets.push(read);
                    }
                }
                (14, entry) => {
                    let (mut key, mut value) = (String::new(), String::new());
                    for field in Fields::new(entry.bytes()?) {
                        match field? {
                            (1, text) => key = text.text()?,
                            (2, text) => value = text.text()?,
                            _ => {}
                        }
                    }
                    self.metadata.insert(key, value);
                }
                (20, training) => self.training.push(training.bytes()?),
                (25, function) => self.functions.push(function.bytes()?),
                _ => {}
            }
        }
        Ok(())
    }
}

fn not_onnx() -> Rejected {
    Rejected::new(
        Reason::NotOnnx,
        "This is not an ONNX file: it does not begin as one does. Choose the .onnx file that your exporter wrote.",
    )
}

fn check_versions(ir_version: i64, opsets: &[Opset], limits: &Limits) -> Result<(), Rejected> {
    let new = |what: String, limit: i64| {
        Err(Rejected::new(
            Reason::TooNew,
            format!("The file uses {what}; the runtime here reads up to {limit}. Export it again for an older version."),
        ))
    };
    if ir_version > limits.max_ir_version {
        return new(format!("ONNX file format {ir_version}"), limits.max_ir_version);
    }
    if opsets.is_empty() && ir_version >= 3 {
        return Err(Rejected::new(
            Reason::Truncated,
            "The file names no operator set, which every ONNX file must: its end seems to be missing. Upload it again.",
        ));
    }
    for opset in opsets {
        let limit = match opset.domain.as_str() {
            "ai.onnx" => limits.max_opset,
            "ai.onnx.ml" => limits.max_ml_opset,
            _ => continue,
        };
        if opset.version > limit {
            return new(format!("operator set {} {}", opset.domain, opset.version), limit);
        }
    }
    Ok(())
}

/// Operators of other domains need a library of their own, unless the file defines them itself as functions.
fn check_operators(tally: &Tally<'_>) -> Result<(), Rejected> {
    let missing: Vec<String> = tally
        .foreign
        .iter()
        .filter(|&(domain, name)| !tally.functions.iter().any(|(of, called)| short(of) == *domain && short(called) == *name))
        .map(|(domain, name)| format!("{domain}.{name}"))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let more = if missing.len() > 5 { format!(" and {} more", missing.len() - 5) } else { String::new() };
    Err(Rejected::new(
        Reason::CustomOperators,
        format!(
            "The model needs operators that are not part of ONNX: {}{more}. Only ai.onnx and ai.onnx.ml are run here: export it without custom operators.",
            missing[..missing.len().min(5)].join(", ")
        ),
    ))
}

fn describe(size: u64, ir_version: i64, outer: Outer<'_>, main: Main, tally: Tally<'_>) -> Result<OnnxInfo, Rejected> {
    if main.inputs.is_empty() {
        return Err(Rejected::new(Reason::NoInputs, "The model has no inputs: it would answer the same to everything."));
    }
    if main.outputs.is_empty() {
        return Err(Rejected::new(Reason::NoOutputs, "The model has no outputs."));
    }
    if main.inputs.len() > 10_000 || main.outputs.len() > 10_000 {
        return Err(Rejected::new(Reason::TooComplex, "The model has more than 10,000 inputs or outputs."));
    }
    let mut info = OnnxInfo {
        size,
        ir_version,
        opsets: outer.opsets,
        producer: format!("{} {}", outer.producer, outer.producer_version).trim().to_owned(),
        graph_name: main.name,
        description: if outer.description.is_empty() { main.description } else { outer.description },
        inputs: Vec::new(),
        outputs: Vec::new(),
        non_tensor_outputs: Vec::new(),
        unranked: Vec::new(),
        operators: tally.operators,
        parameters: tally.parameters,
        classes: tally.classes,
        metadata: outer.metadata,
    };
    let mut seen = HashSet::new();
    for input in main.inputs {
        if input.name.is_empty() || !seen.insert(input.name.clone()) {
            return Err(Rejected::new(
                Reason::UnsupportedType,
                format!("Two inputs are called “{}”, or one has no name.", short(&input.name)),
            ));
        }
        let words = input.kind.words();
        let name = short(&input.name);
        match tensor(input, &mut info.unranked) {
            Some(spec) => info.inputs.push(spec),
            None => {
                return Err(Rejected::new(
                    Reason::UnsupportedType,
                    format!("The input “{name}” is a {words}; inputs must be tensors of ordinary numbers, text or booleans."),
                ));
            }
        }
    }
    for output in main.outputs {
        let words = output.kind.words();
        let (name, class_scores) = (output.name.clone(), output.kind.is_class_scores());
        match tensor(output, &mut info.unranked) {
            Some(spec) => info.outputs.push(spec),
            None => info.non_tensor_outputs.push(NonTensorOutput { name, kind: words, class_scores }),
        }
    }
    if info.outputs.is_empty() && !info.non_tensor_outputs.iter().any(|output| output.class_scores) {
        let kinds: Vec<String> = info
            .non_tensor_outputs
            .iter()
            .take(5)
            .map(|output| format!("“{}” is a {}", short(&output.name), output.kind))
            .collect();
        let why =
            format!("No output can be served: {}. Outputs must be tensors, or the class scores of a ZipMap.", kinds.join(", "));
        return Err(Rejected::new(Reason::UnsupportedType, why));
    }
    Ok(info)
}

/// The spec of a tensor of a known type, else `None`.
fn tensor(value: ValueInfo, unranked: &mut Vec<String>) -> Option<TensorSpec> {
    let Type::Tensor { element: Element::Known(datatype), shape } = value.kind else { return None };
    if shape.is_none() {
        unranked.push(value.name.clone());
    }
    Some(TensorSpec { name: value.name, datatype, shape: shape.unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::inspect;

    #[test]
    fn what_is_not_onnx_is_said_to_be_so() {
        for (bytes, reason) in [
            (&b""[..], Reason::Empty),
            (b"\x89PNG\r\n\x1a\n", Reason::NotOnnx),
            (b"\xde\xad\xbe\xef\xde\xad", Reason::NotOnnx),
            (b"\x08\x0a", Reason::NotOnnx),
            // Format 10, then a graph of 100 bytes of which none is there.
            (b"\x08\x0a\x3a\x64", Reason::Truncated),
        ] {
            assert_eq!(inspect(bytes, &Limits::default()).map_err(|e| e.reason).err(), Some(reason), "{bytes:?}");
        }
    }

    #[test]
    fn a_file_past_the_limit_is_not_read() {
        let limits = Limits { max_bytes: 10, ..Limits::default() };
        let refused = inspect(&[8; 11], &limits).expect_err("11 bytes are past a limit of 10");
        assert_eq!(refused.reason, Reason::TooLarge);
    }

    /// Two bytes on the wire are an operator in memory: the count is bounded before the runtime builds them.
    #[test]
    fn a_flood_of_operators_is_refused() {
        let nodes = [0x0a, 0x00].repeat(200_001);
        let mut bytes = vec![0x08, 0x08, 0x42, 0x02, 0x10, 0x0d, 0x3a];
        let mut length = nodes.len();
        while length > 0x7f {
            bytes.push((length & 0x7f) as u8 | 0x80);
            length >>= 7;
        }
        bytes.push(length as u8);
        bytes.extend(nodes);
        let refused = inspect(&bytes, &Limits::default()).expect_err("200,001 operators");
        assert_eq!((refused.reason, refused.message.as_str()), (Reason::TooComplex, "The model has more than 200000 operators."));
    }

    #[test]
    fn versions_are_compared_with_what_the_runtime_reads() {
        let limits = Limits::default();
        let opset = |domain: &str, version| Opset { domain: domain.into(), version };
        assert!(check_versions(13, &[opset("ai.onnx", 26), opset("ai.onnx.ml", 5)], &limits).is_ok());
        for (ir, opsets) in
            [(14, vec![opset("ai.onnx", 20)]), (10, vec![opset("ai.onnx", 27)]), (10, vec![opset("ai.onnx.ml", 6)])]
        {
            assert_eq!(check_versions(ir, &opsets, &limits).map_err(|e| e.reason), Err(Reason::TooNew), "{ir} {opsets:?}");
        }
    }
}
