//! Graphs and their operators (`GraphProto`, `NodeProto`, `AttributeProto`, `FunctionProto`), walked with a depth limit.

use super::model::broken;
use super::tensors::{self, short};
use super::types::{self, ValueInfo};
use super::wire::{self, Fields, Wire};
use super::{Limits, Reason, Rejected};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Longer lists of class names than this are not kept.
const MAX_CLASSES: u64 = 100_000;

/// What is gathered on the walk over all graphs and functions.
pub struct Tally<'l> {
    limits: &'l Limits,
    nodes: u64,
    tensors: u64,
    pub parameters: u64,
    pub operators: BTreeMap<String, u64>,
    /// Domain and name of operators outside of `ai.onnx` and `ai.onnx.ml`.
    pub foreign: BTreeSet<(String, String)>,
    /// Domain and name of the functions that the file itself defines.
    pub functions: HashSet<(String, String)>,
    pub classes: Vec<String>,
    /// Whether any graph uses `ai.onnx.ml`. (Functions name operator sets of their own.)
    pub uses_ml: bool,
}

/// Name, inputs and outputs of the main graph.
#[derive(Default)]
pub struct Main {
    pub name: String,
    pub description: String,
    pub inputs: Vec<ValueInfo>,
    pub outputs: Vec<ValueInfo>,
}

impl<'l> Tally<'l> {
    pub fn new(limits: &'l Limits) -> Self {
        Self {
            limits,
            nodes: 0,
            tensors: 0,
            parameters: 0,
            operators: BTreeMap::new(),
            foreign: BTreeSet::new(),
            functions: HashSet::new(),
            classes: Vec::new(),
            uses_ml: false,
        }
    }

    /// Walks the main graph and keeps its inputs (those that are not also initializers) and outputs.
    pub fn main_graph(&mut self, message: &[u8]) -> Result<Main, Rejected> {
        let mut main = Main::default();
        let mut stored = HashSet::new();
        for field in Fields::new(message) {
            match field.map_err(broken)? {
                (2, name) => main.name = name.text().map_err(broken)?,
                (5, tensor) => {
                    for field in Fields::new(tensor.bytes().map_err(broken)?) {
                        if let (8, name) = field.map_err(broken)? {
                            stored.insert(name.text().map_err(broken)?);
                        }
                    }
                }
                (10, text) => main.description = text.text().map_err(broken)?,
                (11, input) => main.inputs.push(types::value_info(input.bytes().map_err(broken)?).map_err(broken)?),
                (12, output) => main.outputs.push(types::value_info(output.bytes().map_err(broken)?).map_err(broken)?),
                _ => {}
            }
        }
        main.inputs.retain(|input| !stored.contains(&input.name));
        self.graph(message, 0)?;
        Ok(main)
    }

    /// Walks one graph, whichever it is.
    pub fn graph(&mut self, message: &[u8], depth: u32) -> Result<(), Rejected> {
        if depth > self.limits.max_depth {
            return Err(Rejected::new(
                Reason::TooComplex,
                format!("Graphs are nested more than {} deep. No exporter writes such files.", self.limits.max_depth),
            ));
        }
        for field in Fields::new(message) {
            match field.map_err(broken)? {
                (1, node) => self.uses_ml |= self.node(node.bytes().map_err(broken)?, depth)?,
                (5, tensor) => self.tensor(tensor)?,
                (15, sparse) => self.sparse(sparse)?,
                _ => {}
            }
        }
        Ok(())
    }

    pub fn function(&mut self, message: &[u8]) -> Result<(), Rejected> {
        let (mut domain, mut name) = (String::new(), String::new());
        for field in Fields::new(message) {
            match field.map_err(broken)? {
                (1, text) => name = text.text().map_err(broken)?,
                (7, node) => {
                    self.node(node.bytes().map_err(broken)?, 1)?;
                }
                (10, text) => domain = text.text().map_err(broken)?,
                (11, attribute) => self.attribute(attribute.bytes().map_err(broken)?, 1)?,
                _ => {}
            }
        }
        self.functions.insert((domain, name));
        Ok(())
    }

    /// Whether the operator is one of `ai.onnx.ml`.
    fn node(&mut self, message: &[u8], depth: u32) -> Result<bool, Rejected> {
        self.nodes += 1;
        if self.nodes > self.limits.max_nodes {
            return Err(Rejected::new(
                Reason::TooComplex,
                format!("The model has more than {} operators.", self.limits.max_nodes),
            ));
        }
        let (mut operator, mut domain) = (String::new(), String::new());
        for field in Fields::new(message) {
            match field.map_err(broken)? {
                (4, text) => operator = short(&text.text().map_err(broken)?),
                (5, attribute) => self.attribute(attribute.bytes().map_err(broken)?, depth)?,
                (7, text) => domain = short(&text.text().map_err(broken)?),
                _ => {}
            }
        }
        let listed = if is_onnx(&domain) { operator.clone() } else { format!("{domain}.{operator}") };
        // Unnamed or made-up operators: the list of them stays short, the runtime refuses them anyway.
        if self.operators.len() < 1_000 || self.operators.contains_key(&listed) {
            *self.operators.entry(listed).or_insert(0) += 1;
        }
        let ml = domain == "ai.onnx.ml";
        if !ml && !is_onnx(&domain) && self.foreign.len() < 1_000 {
            self.foreign.insert((domain, operator));
        }
        Ok(ml)
    }

    fn attribute(&mut self, message: &[u8], depth: u32) -> Result<(), Rejected> {
        let mut name = String::new();
        let mut labels = Vec::new();
        for field in Fields::new(message) {
            match field.map_err(broken)? {
                (1, text) => name = short(&text.text().map_err(broken)?),
                (5, tensor) | (10, tensor) => self.tensor(tensor)?,
                (6, graph) | (11, graph) => self.graph(graph.bytes().map_err(broken)?, depth + 1)?,
                (7, floats) => self.parameters = self.parameters.saturating_add(wire::count(floats, Some(4))),
                (8, ints) if is_labels(&name) && wire::count(ints, None) <= MAX_CLASSES => {
                    labels.extend(wire::ints(ints).map_err(broken)?.iter().map(i64::to_string))
                }
                (9, text) if is_labels(&name) => labels.push(text.text().map_err(broken)?),
                (22, sparse) | (23, sparse) => self.sparse(sparse)?,
                _ => {}
            }
        }
        if self.classes.is_empty() && labels.len() as u64 <= MAX_CLASSES {
            self.classes = labels;
        }
        Ok(())
    }

    fn tensor(&mut self, value: Wire<'_>) -> Result<(), Rejected> {
        self.tensors += 1;
        if self.tensors > self.limits.max_tensors {
            return Err(Rejected::new(
                Reason::TooComplex,
                format!("The model stores more than {} tensors.", self.limits.max_tensors),
            ));
        }
        let elements = tensors::check(value.bytes().map_err(broken)?)?;
        self.parameters = self.parameters.saturating_add(elements);
        Ok(())
    }

    /// A sparse tensor: its values and its indices are stored tensors.
    fn sparse(&mut self, value: Wire<'_>) -> Result<(), Rejected> {
        for field in Fields::new(value.bytes().map_err(broken)?) {
            if let (1 | 2, tensor) = field.map_err(broken)? {
                self.tensor(tensor)?;
            }
        }
        Ok(())
    }
}

/// The default domain goes by two names.
pub fn is_onnx(domain: &str) -> bool {
    matches!(domain, "" | "ai.onnx")
}

/// Attributes in which classifiers and ZipMap keep their class names.
fn is_labels(name: &str) -> bool {
    matches!(name, "classlabels_strings" | "classlabels_int64s" | "classlabels_ints")
}
