//! What the server and each model say about themselves: metadata, configuration, readiness.

use super::refusal::Refusal;
use super::target::{Target, numbers, permit};
use crate::shared::Shared;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use contract::{DataType, TensorSpec, VersionNo};
use serde_json::{Value, json};
use serving::Model;

/// Only what works.
const EXTENSIONS: [&str; 6] =
    ["binary_tensor_data", "classification", "model_repository", "parameters", "schedule_policy", "statistics"];

pub async fn show_live() -> Json<Value> {
    Json(json!({ "live": true }))
}

pub async fn show_ready(State(shared): State<Shared>) -> Response {
    let ready = shared.is_ready();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": ready }))).into_response()
}

pub async fn show_server() -> Json<Value> {
    Json(json!({ "name": "slipway", "version": env!("CARGO_PKG_VERSION"), "extensions": EXTENSIONS }))
}

pub async fn list_models(State(shared): State<Shared>, headers: HeaderMap) -> Result<Json<Value>, Refusal> {
    permit(&shared, &headers).await?;
    let snapshot = shared.router.snapshot();
    let mut names: Vec<&String> = snapshot.routes.keys().chain(snapshot.asleep.keys()).collect();
    names.sort();
    Ok(Json(json!({ "models": names })))
}

pub async fn show_model(State(shared): State<Shared>, target: Target, headers: HeaderMap) -> Result<Json<Value>, Refusal> {
    target.permit(&shared, &headers).await?;
    let served = target.served(&shared).await?;
    let known: Vec<String> = match target.version {
        Some(version) => vec![version.to_string()],
        None => numbers(&*target.route(&shared).await?).iter().map(VersionNo::to_string).collect(),
    };
    Ok(Json(json!({
        "name": target.name,
        "versions": known,
        "platform": "onnxruntime_onnx",
        "inputs": served.onnx.inputs(),
        "outputs": outputs(&served.onnx),
    })))
}

pub async fn show_model_ready(State(shared): State<Shared>, target: Target, headers: HeaderMap) -> Result<Json<Value>, Refusal> {
    target.permit(&shared, &headers).await?;
    // One that sleeps answers as soon as it is asked, and being looked at is no reason to wake up.
    if !target.sleeps(&shared)
        && let Some(why) = target.served(&shared).await?.onnx.broken()
    {
        return Err(Refusal::later(format!("model '{}' cannot answer: {why}", target.name), 30));
    }
    Ok(Json(json!({ "name": target.name, "ready": true })))
}

/// Triton's `ModelConfig`, as far as it has a meaning here; `perf_analyzer` and client libraries read it.
pub async fn show_config(State(shared): State<Shared>, target: Target, headers: HeaderMap) -> Result<Json<Value>, Refusal> {
    target.permit(&shared, &headers).await?;
    let route = target.route(&shared).await?;
    let served = target.served(&shared).await?;
    let batched = served.onnx.batched();
    let tensors = |specs: &[TensorSpec]| -> Vec<Value> {
        // With a batch dimension of its own, the configuration leaves it out of `dims`.
        let skip = usize::from(batched);
        specs
            .iter()
            .map(|spec| json!({ "name": spec.name, "data_type": config_type(spec.datatype), "dims": spec.shape.iter().skip(skip).collect::<Vec<_>>() }))
            .collect()
    };
    let known: Vec<u32> = numbers(&route).iter().map(|version| version.0).collect();
    Ok(Json(json!({
        "name": target.name,
        "platform": "onnxruntime_onnx",
        "backend": "onnxruntime",
        "version_policy": { "specific": { "versions": known } },
        "max_batch_size": if batched { route.settings.max_batch } else { 0 },
        "input": tensors(served.onnx.inputs()),
        "output": tensors(&outputs(&served.onnx)),
        "dynamic_batching": { "preferred_batch_size": [], "max_queue_delay_microseconds": 0, "preserve_ordering": false },
        "instance_group": [{ "name": target.name, "kind": "KIND_CPU", "count": 1 }],
        "default_model_filename": "model.onnx",
        "model_transaction_policy": { "decoupled": false },
        "response_cache": { "enable": false },
        "parameters": {},
    })))
}

/// The outputs as they really come: some exporters declare one row for an output that has as many as the inputs. Where rows of
/// several requests share a run it is known that every output has one for each.
fn outputs(model: &Model) -> Vec<TensorSpec> {
    let mut outputs = model.outputs().to_vec();
    if model.batches() {
        outputs.iter_mut().filter_map(|output| output.shape.first_mut()).for_each(|rows| *rows = -1);
    }
    outputs
}

/// As the configuration's enum names types.
fn config_type(datatype: DataType) -> String {
    match datatype {
        DataType::Bytes => "TYPE_STRING".into(),
        other => format!("TYPE_{other}"),
    }
}
