//! What the tests share: the runtime, the files, small tensors.

use serving::{Data, LoadOptions, Model, Named, Runtime, Tensor};
use std::path::PathBuf;
use std::sync::Arc;

/// The runtime named by `ORT_DYLIB_PATH`. Without it a test fails: it is not skipped.
pub fn runtime() -> Runtime {
    let path = std::env::var_os("ORT_DYLIB_PATH").expect("ORT_DYLIB_PATH must name libonnxruntime: run `cargo xtask setup`, or set it");
    Runtime::start(&PathBuf::from(path)).unwrap_or_else(|error| panic!("{error}"))
}

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A file of the repository, as in `examples/churn/v3.onnx`.
pub fn file(path: &str) -> Vec<u8> {
    let path = root().join(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A file from `tests/models`.
pub fn small(name: &str) -> Vec<u8> {
    file(&format!("crates/serving/tests/models/{name}"))
}

pub fn load(name: &str, options: LoadOptions) -> Arc<Model> {
    runtime().load(&small(name), options).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub fn matrix(name: &str, rows: usize, values: Vec<f32>) -> Named {
    let columns = values.len() / rows.max(1);
    vec![(name.into(), Tensor::new([rows, columns], Data::F32(values)).expect("values fill the shape"))]
}
