//! Reads an ONNX file without running it: what it holds, or why it is refused. Safe on any bytes, whoever sent them.

mod graph;
mod magic;
mod model;
mod tensors;
mod types;
mod wire;

use contract::TensorSpec;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a file may ask of us, and what the runtime can run.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    pub max_bytes: u64,
    /// Operators, those of nested graphs and of functions included.
    pub max_nodes: u64,
    /// Graphs inside graphs (branches and bodies of loops).
    pub max_depth: u32,
    /// Tensors stored in the file.
    pub max_tensors: u64,
    /// Newest file format that the runtime reads.
    pub max_ir_version: i64,
    /// Newest `ai.onnx` operator set.
    pub max_opset: i64,
    /// Newest `ai.onnx.ml` operator set.
    pub max_ml_opset: i64,
}

impl Default for Limits {
    /// 512 MiB, and what ONNX Runtime 1.31 runs: measured, it refuses IR 14, opset 27 and ml opset 6.
    fn default() -> Self {
        Self {
            max_bytes: 512 << 20,
            max_nodes: 200_000,
            max_depth: 32,
            max_tensors: 200_000,
            max_ir_version: 13,
            max_opset: 26,
            max_ml_opset: 5,
        }
    }
}

/// Why a file is refused; the stable part of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    Empty,
    TooLarge,
    NotOnnx,
    Truncated,
    ExternalData,
    CustomOperators,
    /// A stored tensor does not hold what its shape declares.
    BadTensor,
    /// Too many operators or tensors, or graphs nested too deeply.
    TooComplex,
    TooNew,
    NoInputs,
    NoOutputs,
    UnsupportedType,
    /// It made the runtime crash, or hang, in a trial.
    Crashed,
}

/// A refusal: a reason for programs, a sentence for people that says what is wrong and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Rejected {
    pub reason: Reason,
    pub message: String,
}

impl Rejected {
    pub(crate) fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opset {
    /// `ai.onnx` for the empty domain.
    pub domain: String,
    pub version: i64,
}

/// An output that is not a tensor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NonTensorOutput {
    pub name: String,
    /// In words, as in `sequence of maps from INT64 to FP32`.
    pub kind: String,
    /// A sequence of maps from classes to numbers (a ZipMap), which is served as a matrix `[n, classes]`.
    pub class_scores: bool,
}

/// What an accepted file holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OnnxInfo {
    pub size: u64,
    pub ir_version: i64,
    pub opsets: Vec<Opset>,
    /// Name and version of the program that wrote the file.
    pub producer: String,
    pub graph_name: String,
    pub description: String,
    /// Names, types and shapes as declared; initializers that are also inputs are left out. `-1` is a variable dimension.
    pub inputs: Vec<TensorSpec>,
    pub outputs: Vec<TensorSpec>,
    pub non_tensor_outputs: Vec<NonTensorOutput>,
    /// Inputs and outputs whose number of dimensions is not declared; their `shape` is empty.
    pub unranked: Vec<String>,
    /// How often each operator occurs, `domain.Name` outside of `ai.onnx`.
    pub operators: BTreeMap<String, u64>,
    /// Learned numbers: elements of stored tensors and of float attributes (trees, linear models).
    pub parameters: u64,
    /// Class names in the order of the scores, where an operator of the file declares them.
    pub classes: Vec<String>,
    pub metadata: BTreeMap<String, String>,
}

impl OnnxInfo {
    /// Whether the first dimension of every input is variable.
    pub fn batched(&self) -> bool {
        self.inputs.iter().all(|input| input.shape.first() == Some(&-1))
    }
}

/// Reads `bytes` as an ONNX model and checks everything that can be checked without running it.
///
/// Time and memory are proportional to the file's size, and `limits` bound what the runtime would make of it.
pub fn inspect(bytes: &[u8], limits: &Limits) -> Result<OnnxInfo, Rejected> {
    if bytes.is_empty() {
        return Err(Rejected::new(Reason::Empty, "The file is empty: 0 bytes."));
    }
    if bytes.len() as u64 > limits.max_bytes {
        return Err(Rejected::new(
            Reason::TooLarge,
            format!("The file has {} MiB; the limit is {} MiB.", (bytes.len() as u64).div_ceil(1 << 20), limits.max_bytes >> 20),
        ));
    }
    if let Some((what, then)) = magic::looks_like(bytes) {
        return Err(Rejected::new(Reason::NotOnnx, format!("This is {what}, not an ONNX file. {then}")));
    }
    model::read(bytes, limits)
}
