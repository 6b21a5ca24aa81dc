//! Closed-loop throughput of one model through the router, without HTTP: `cargo run --release -p serving --example throughput -- FILE.onnx`.
//!
//! Prints requests a second, the latency's p50 and p99, and rows per run, for 1, 32 and 1,000 callers at once; then the same
//! rows through the bare model one after the other, as the floor to compare with.

use contract::deployment::{DeploymentSettings, Recording};
use contract::{Contract, Layout, Millis, PredictionId, Task, VersionNo};
use serving::{LoadOptions, Named, PredictRequest, Priority, Recorder, RecorderOptions, Route, Router, Runtime, Served, Tensor};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[tokio::main]
#[expect(clippy::disallowed_methods, reason = "a program of its own")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("name an ONNX file")?;
    let library = std::env::var_os("ORT_DYLIB_PATH").ok_or("set ORT_DYLIB_PATH")?;
    let model = Runtime::start(Path::new(&library))?.load(&std::fs::read(&file)?, LoadOptions::default())?;
    let mut row: Named = Vec::new();
    for spec in model.inputs() {
        let shape: Vec<usize> = spec.shape.iter().map(|&dim| usize::try_from(dim).unwrap_or(1)).collect();
        row.push((spec.name.clone(), Tensor::zeros(spec.datatype, shape)?));
    }
    let contract = Contract {
        task: Task::Regression,
        layout: Layout::Columns,
        features: Vec::new(),
        inputs: model.inputs().to_vec(),
        outputs: model.outputs().to_vec(),
        label_output: None,
        score_output: None,
        classes: Vec::new(),
        positive: None,
        label_column: None,
        segments: Vec::new(),
        batched: model.batched(),
    };
    let served = Arc::new(Served::new("bench".into(), VersionNo(1), contract, model.clone()));
    let (recorder, mut records) = Recorder::new(Arc::new(|| Millis(0)), RecorderOptions::default());
    let router = Router::new(recorder);
    let settings = DeploymentSettings { recording: Recording::Async, ..DeploymentSettings::new("bench".into()) };
    router.set_route(Route::new("bench".into(), settings, served));
    tokio::spawn(async move { while records.recv().await.is_some() {} });
    for callers in [1, 32, 1_000] {
        let (started, runs) = (Instant::now(), runs(&router));
        let tasks: Vec<_> = (0..callers)
            .map(|caller| tokio::spawn(call(router.clone(), row.clone(), caller, started + Duration::from_secs(3))))
            .collect();
        let mut latencies = Vec::new();
        for task in tasks {
            latencies.extend(task.await?);
        }
        let seconds = started.elapsed().as_secs_f64();
        latencies.sort_unstable();
        let n = latencies.len();
        let at = |q: f64| latencies.get((n as f64 * q) as usize).copied().unwrap_or_default();
        let per_run = n as f64 / (self::runs(&router) - runs).max(1) as f64;
        println!(
            "{callers:>5} callers: {:>8.0}/s  p50 {:?}  p99 {:?}  {per_run:.1} rows a run",
            n as f64 / seconds,
            at(0.5),
            at(0.99)
        );
    }
    let (row, started, mut n) = (Arc::new(row), Instant::now(), 0u32);
    let mut compute = Duration::ZERO;
    while started.elapsed() < Duration::from_secs(2) {
        compute += model.infer(row.clone(), Priority::Live, None).await?.timings.compute;
        n += 1;
    }
    println!("one row alone computes for {:?}", compute / n.max(1));
    Ok(())
}

fn runs(router: &Router) -> u64 {
    router.stats().iter().map(|stats| stats.execution_count).sum()
}

async fn call(router: Router, row: Named, caller: usize, until: Instant) -> Vec<Duration> {
    let mut latencies = Vec::new();
    while Instant::now() < until {
        let id = PredictionId(format!("{caller}-{}", latencies.len()));
        let request = PredictRequest {
            deployment: "bench".into(),
            version: None,
            inputs: row.clone(),
            routing_key: None,
            deadline: None,
            arrived: None,
            priority: Priority::Live,
            id,
        };
        let started = Instant::now();
        if router.predict(request).await.is_ok() {
            latencies.push(started.elapsed());
        }
    }
    latencies
}
