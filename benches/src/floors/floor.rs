//! *The floor*: the least program that answers an infer request. It reads the JSON (or the binary tensor) with serde, runs one of
//! two sessions, answers, and does nothing else: no routes by name, no checks, no batches, no record of anything.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::{Router, routing::post};
use bytes::Bytes;
use ort::session::{Session, builder::GraphOptimizationLevel};
use ort::value::TensorRef;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Deserialize)]
struct Request {
    inputs: Vec<Tensor>,
}

#[derive(Serialize, Deserialize)]
struct Tensor {
    name: String,
    shape: Vec<i64>,
    datatype: String,
    #[serde(default)]
    data: Vec<f32>,
}

#[derive(Serialize)]
struct Answer<'a> {
    model_name: &'a str,
    outputs: Vec<Tensor>,
}

struct Floor {
    sessions: [Mutex<Session>; 2],
    output: String,
}

impl Floor {
    /// A session that is free, else whichever comes free.
    fn session(&self) -> MutexGuard<'_, Session> {
        let [first, second] = &self.sessions;
        first
            .try_lock()
            .ok()
            .or_else(|| second.try_lock().ok())
            .unwrap_or_else(|| first.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn infer(State(floor): State<Arc<Floor>>, headers: HeaderMap, body: Bytes) -> Result<Response, StatusCode> {
    let bad = |_| StatusCode::BAD_REQUEST;
    let json = headers.get("inference-header-content-length").and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let (text, binary) = body.split_at(json.unwrap_or(body.len()));
    let mut request: Request = serde_json::from_slice(text).map_err(|_| StatusCode::BAD_REQUEST)?;
    let input = request.inputs.first_mut().ok_or(StatusCode::BAD_REQUEST)?;
    if json.is_some() {
        input.data = binary.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect();
    }
    let mut session = floor.session();
    let value = TensorRef::from_array_view((&input.shape[..], &input.data[..])).map_err(bad)?;
    let outputs = session.run(ort::inputs![input.name.as_str() => value]).map_err(bad)?;
    let (shape, scores) = outputs[floor.output.as_str()].try_extract_tensor::<f32>().map_err(bad)?;
    let tensor = Tensor { name: floor.output.clone(), shape: shape.to_vec(), datatype: "FP32".into(), data: scores.to_vec() };
    drop(outputs);
    drop(session);
    let response = Response::builder();
    let answered = if json.is_some() {
        let raw: Vec<u8> = tensor.data.iter().flat_map(|score| score.to_le_bytes()).collect();
        let head = format!(
            r#"{{"model_name":"m","outputs":[{{"name":"{}","shape":{:?},"datatype":"FP32","parameters":{{"binary_data_size":{}}}}}]}}"#,
            tensor.name,
            tensor.shape,
            raw.len()
        );
        response.header("inference-header-content-length", head.len()).body(Body::from([head.as_bytes(), &raw].concat()))
    } else {
        let text = serde_json::to_vec(&Answer { model_name: "m", outputs: vec![tensor] })
            .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
        response.header("content-type", "application/json").body(Body::from(text))
    };
    answered.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let [library, model, output, address] = std::env::args()
        .skip(1)
        .collect::<Vec<_>>()
        .try_into()
        .map_err(|_| anyhow::anyhow!("usage: bench-floor LIBRARY MODEL OUTPUT ADDRESS"))?;
    let environment = ort::init_from(library)?.build()?;
    let session = || -> anyhow::Result<Mutex<Session>> {
        let builder = Session::builder(&environment)?.with_intra_threads(1).map_err(|e| anyhow::anyhow!("{e}"))?;
        let mut builder = builder.with_optimization_level(GraphOptimizationLevel::Level3).map_err(|e| anyhow::anyhow!("{e}"))?;
        Ok(Mutex::new(builder.commit_from_file(&model)?))
    };
    let floor = Arc::new(Floor { sessions: [session()?, session()?], output });
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    let limit = axum::extract::DefaultBodyLimit::max(64 << 20);
    let app = Router::new().route("/v2/models/{model}/infer", post(infer)).layer(limit).with_state(floor);
    Ok(axum::serve(axum::serve::ListenerExt::tap_io(listener, |stream| drop(stream.set_nodelay(true))), app).await?)
}
