//! Serving: reading ONNX files, running them in batches on owned threads, routing requests to versions, recording what was answered.

mod arena;
pub mod inspect;
pub mod model;
pub mod runtime;
pub mod tensor;

pub use inspect::{Limits, OnnxInfo, Reason, Rejected};
pub use model::{Answer, BadInput, InferError, LoadError, LoadOptions, Model, Named, Priority, Timings};
pub use runtime::{Runtime, RuntimeOptions, StartError};
pub use tensor::{Data, Tensor};
