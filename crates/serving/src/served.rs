//! One version as it is served: its model in memory and the contract that gives the tensors their meaning.

use crate::interpret::{RowAnswer, interpret};
use crate::model::{Answer, InferError, Model, Named, Priority};
use crate::records::{Value, encode};
use crate::routing::breaker::Breaker;
use contract::spec::OnViolation;
use contract::{Contract, ModelName, VersionNo};
use std::sync::Arc;
use std::time::Instant;

/// Rows that an evaluation sends at once: enough to be quick, few enough that live requests do not wait long behind them.
const CHUNK_ROWS: usize = 512;

#[derive(Debug)]
pub struct Served {
    pub model: ModelName,
    pub version: VersionNo,
    pub contract: Contract,
    pub onnx: Arc<Model>,
    /// Whether any feature refuses what breaks the contract.
    pub(crate) strict: bool,
    pub(crate) breaker: Breaker,
}

impl Served {
    pub fn new(model: ModelName, version: VersionNo, contract: Contract, onnx: Arc<Model>) -> Served {
        let strict = contract.features.iter().any(|feature| feature.on_violation == OnViolation::Refuse);
        let breaker = Breaker::new(format!("{model}:{version}"), Instant::now());
        Served { model, version, contract, onnx, strict, breaker }
    }

    /// `churn:3`
    pub fn name(&self) -> String {
        format!("{}:{}", self.model, self.version)
    }

    /// Answers for `rows`, each in the contract's order of features, behind all live requests.
    pub async fn evaluate(&self, rows: &[Vec<Value>]) -> Result<Vec<RowAnswer>, InferError> {
        let mut answers = Vec::with_capacity(rows.len());
        for chunk in rows.chunks(self.chunk_rows()) {
            let inputs = self.tensors(chunk)?;
            let answer = self.onnx.infer(inputs, Priority::Background, None).await?;
            answers.extend(self.read(&answer, chunk.len())?);
        }
        Ok(answers)
    }

    /// The same for threads that may block.
    pub fn evaluate_blocking(&self, rows: &[Vec<Value>]) -> Result<Vec<RowAnswer>, InferError> {
        let mut answers = Vec::with_capacity(rows.len());
        for chunk in rows.chunks(self.chunk_rows()) {
            let answer = self.onnx.infer_blocking(self.tensors(chunk)?, Priority::Background)?;
            answers.extend(self.read(&answer, chunk.len())?);
        }
        Ok(answers)
    }

    fn chunk_rows(&self) -> usize {
        if self.onnx.batched() { CHUNK_ROWS } else { 1 }
    }

    fn tensors(&self, rows: &[Vec<Value>]) -> Result<Arc<Named>, InferError> {
        let named = encode(&self.contract, rows).and_then(|named| self.onnx.check(named));
        named.map(Arc::new).map_err(|bad| InferError::BadInput { field: bad.field, message: bad.message })
    }

    fn read(&self, answer: &Answer, rows: usize) -> Result<Vec<RowAnswer>, InferError> {
        let answers = interpret(&self.contract, &answer.outputs).map_err(InferError::Failed)?;
        if answers.len() != rows {
            return Err(InferError::Failed(format!("{} answers came for {rows} rows", answers.len())));
        }
        Ok(answers)
    }
}
