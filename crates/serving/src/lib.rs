//! Serving: reading ONNX files, running them in batches on owned threads, routing requests to versions, recording what was answered.

mod arena;
pub mod cache;
pub mod inspect;
pub mod interpret;
pub mod model;
pub mod record;
pub mod records;
pub mod routing;
pub mod runtime;
mod served;
pub mod tensor;
pub mod trial;

pub use inspect::{Limits, OnnxInfo, Reason, Rejected};
pub use interpret::{Label, RowAnswer, interpret};
pub use model::{Answer, BadInput, InferError, LoadError, LoadOptions, Model, Named, Priority, Timings, Tuning, whole_seconds};
pub use record::{Clock, KeepAtOnce, Outcome, Record, Recorder, RecorderOptions, Records, Spent, Waiting};
pub use records::Value;
pub use routing::{FallbackKind, PredictError, PredictRequest, Prediction, Route, Router, ServedStats, Snapshot};
pub use runtime::{Runtime, RuntimeOptions, StartError};
pub use served::Served;
pub use tensor::{Data, Tensor};
