//! One session and one run of it: our tensors in, our tensors out, every failure an error.

use super::job::{InferError, Named};
use super::shapes::Shapes;
use super::watch::Watch;
use crate::tensor::{Tensor, from_ort, to_ort};
use ort::ErrorCode;
use ort::session::{Session, SessionInputValue};
use ort::value::ValueType;
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(super) struct Runner {
    session: Session,
    watch: Arc<Watch>,
    /// Outputs that are served, in order.
    outputs: Arc<[String]>,
    classes: Arc<[String]>,
    shapes: Shapes,
}

/// What one run took.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spent {
    pub input: Duration,
    pub compute: Duration,
    pub output: Duration,
}

impl Runner {
    pub fn new(session: Session, outputs: Arc<[String]>, classes: Arc<[String]>) -> Result<Self, String> {
        let declared = session.inputs().iter().filter_map(|input| match input.dtype() {
            ValueType::Tensor { shape, .. } => Some((input.name(), &shape[..])),
            _ => None,
        });
        let shapes = Shapes::new(declared);
        Ok(Self { session, watch: Watch::new()?, outputs, classes, shapes })
    }

    pub fn watch(&self) -> Arc<Watch> {
        self.watch.clone()
    }

    /// Runs the model once. A panic on the way is an error like any other.
    pub fn run(&mut self, inputs: &[(String, Tensor)], limit: Duration) -> Result<(Named, Spent), InferError> {
        let ran = catch_unwind(AssertUnwindSafe(|| self.try_run(inputs, limit)));
        let stopped = self.watch.end();
        match ran {
            Ok(Err(InferError::Failed(_) | InferError::Refused(_))) if stopped => Err(InferError::TookTooLong { limit }),
            Ok(Err(InferError::Failed(why))) => Err(self.whose(why, inputs)),
            Ok(Ok(answer)) => {
                self.shapes.worked(inputs);
                Ok(answer)
            }
            Ok(answer) => answer,
            Err(panic) => {
                let message = panic
                    .downcast_ref::<String>()
                    .map(String::as_str)
                    .or_else(|| panic.downcast_ref::<&str>().copied())
                    .unwrap_or("unknown");
                tracing::error!(message, "a run panicked");
                Err(InferError::Failed(format!("the run panicked: {message}")))
            }
        }
    }

    /// A run that failed on sizes that have never worked is the caller's to mend; any other is the model's failure.
    fn whose(&self, why: String, inputs: &[(String, Tensor)]) -> InferError {
        match self.shapes.suspect(inputs) {
            Some((name, tensor)) => {
                InferError::Refused(format!("{why}; input “{name}” came as {} of shape {:?}", tensor.datatype(), tensor.shape()))
            }
            None => InferError::Failed(why),
        }
    }

    fn try_run(&mut self, inputs: &[(String, Tensor)], limit: Duration) -> Result<(Named, Spent), InferError> {
        let start = Instant::now();
        let values = inputs
            .iter()
            .map(|(name, tensor)| match to_ort(tensor) {
                Ok(value) => Ok((Cow::Borrowed(name.as_str()), value)),
                Err(message) => {
                    Err(InferError::BadInput { field: name.clone(), message: format!("input “{name}”: {message}") })
                }
            })
            .collect::<Result<Vec<(Cow<'_, str>, SessionInputValue<'_>)>, InferError>>()?;
        let lent = Instant::now();
        self.watch.begin(limit);
        let mut results = self.session.run_with_options(values, &self.watch.options).map_err(|error| refused(&error))?;
        let computed = Instant::now();
        let mut outputs = Vec::with_capacity(self.outputs.len());
        for name in self.outputs.iter() {
            let value = results.remove(name).ok_or_else(|| InferError::Failed(format!("the output “{name}” is missing")))?;
            let tensor =
                from_ort(value, &self.classes).map_err(|error| InferError::Failed(format!("output “{name}”: {error}")))?;
            outputs.push((name.clone(), tensor));
        }
        let spent = Spent { input: lent - start, compute: computed - lent, output: computed.elapsed() };
        Ok((outputs, spent))
    }
}

/// The runtime calls some failures the caller's fault: an index out of bounds, a dimension that does not fit.
fn refused(error: &ort::Error) -> InferError {
    let message = tidy(error.message());
    match error.code() {
        ErrorCode::InvalidArgument => InferError::Refused(message),
        _ => InferError::Failed(message),
    }
}

/// The runtime's message without its source paths, cut to a sentence or two.
pub(super) fn tidy(message: &str) -> String {
    let words: Vec<&str> = message.split_whitespace().filter(|word| !word.contains("/onnxruntime")).collect();
    let mut text: String = words.join(" ").chars().take(400).collect();
    if text.is_empty() {
        text.push_str("no reason was given");
    }
    text
}
