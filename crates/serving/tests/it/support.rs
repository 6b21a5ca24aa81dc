//! What the tests share: the runtime, the files, small models, contracts and routers.

use contract::deployment::{DeploymentSettings, Fallback};
use contract::spec::{OnViolation, Pii};
use contract::{Contract, DataType, Feature, FeatureKind, Layout, Millis, PredictionId, Task, TensorSpec, VersionNo};
use serving::{
    Data, LoadOptions, Model, Named, PredictRequest, Priority, Recorder, RecorderOptions, Records, Route, Router, Runtime,
    Served, Tensor,
};
use std::path::PathBuf;
use std::sync::Arc;

/// The runtime named by `ORT_DYLIB_PATH`. Without it a test fails: it is not skipped.
#[expect(clippy::disallowed_methods, reason = "a test is a program of its own")]
pub fn runtime() -> Runtime {
    let path =
        std::env::var_os("ORT_DYLIB_PATH").expect("ORT_DYLIB_PATH must name libonnxruntime: run `cargo xtask setup`, or set it");
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
    file(&format!("crates/serving/tests/models/{name}.onnx"))
}

pub fn load_with(name: &str, options: LoadOptions) -> Arc<Model> {
    runtime().load(&small(name), options).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub fn load(name: &str) -> Arc<Model> {
    load_with(name, LoadOptions { sessions: 2, ..LoadOptions::default() })
}

pub fn tensor(shape: &[usize], data: Data) -> Tensor {
    Tensor::new(shape, data).expect("the values fill the shape")
}

/// `x` with `values` in rows of `columns`.
pub fn x(columns: usize, values: &[f32]) -> Named {
    vec![("x".into(), tensor(&[values.len() / columns, columns], Data::F32(values.to_vec())))]
}

pub fn floats(named: &Named, output: &str) -> Vec<f32> {
    match named.iter().find(|(name, _)| name == output).map(|(_, tensor)| tensor.data()) {
        Some(Data::F32(values)) => values.clone(),
        other => panic!("{output}: {other:?}"),
    }
}

/// A regression from one number `x` to `y`.
pub fn one_number() -> Contract {
    let spec = |name: &str| TensorSpec { name: name.into(), datatype: DataType::Fp32, shape: vec![-1, 1] };
    Contract {
        task: Task::Regression,
        layout: Layout::Columns,
        features: vec![Feature {
            name: "x".into(),
            kind: FeatureKind::Number,
            nullable: false,
            min: Some(-1e6),
            max: Some(1e6),
            categories: None,
            pii: Pii::None,
            pii_confirmed: false,
            unit: None,
            description: None,
            on_violation: OnViolation::Count,
        }],
        inputs: vec![spec("x")],
        outputs: vec![spec("y")],
        label_output: Some("y".into()),
        score_output: None,
        classes: Vec::new(),
        positive: None,
        label_column: None,
        segments: Vec::new(),
        batched: true,
    }
}

/// Version `version` of model `m`, made of the file `name`.
pub fn served(name: &str, version: u32) -> Arc<Served> {
    Arc::new(Served::new("m".into(), VersionNo(version), one_number(), load(name)))
}

pub fn settings(fallback: Vec<Fallback>) -> DeploymentSettings {
    DeploymentSettings { fallback, ..DeploymentSettings::new("m".into()) }
}

/// Deployment `d` whose stable version is `stable`.
pub fn route(stable: Arc<Served>, fallback: Vec<Fallback>) -> Route {
    Route::new("d".into(), settings(fallback), stable)
}

/// A clock that always says the same.
pub const NOW: Millis = Millis(1_773_757_205_123);

pub fn router(route: Route) -> (Router, Records) {
    let (recorder, records) = Recorder::new(Arc::new(|| NOW), RecorderOptions::default());
    let router = Router::new(recorder);
    router.set_route(route);
    (router, records)
}

/// A request to `d` with one number.
pub fn ask(id: &str, number: f32) -> PredictRequest {
    PredictRequest {
        deployment: "d".into(),
        version: None,
        inputs: x(1, &[number]),
        routing_key: None,
        deadline: None,
        arrived: None,
        priority: Priority::Live,
        id: PredictionId::from(id),
    }
}
