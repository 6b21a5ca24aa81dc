//! ONNX Runtime alone: one session, one thread, a loop. What no server can beat on one core. Prints one JSON object.

use anyhow::{Context, Result, ensure};
use benches::cases::{CASES, Workload};
use ort::session::Session;
use ort::value::TensorRef;
use std::time::{Duration, Instant};

fn main() -> Result<()> {
    let [library, cases, name, seconds] = std::env::args()
        .skip(1)
        .collect::<Vec<_>>()
        .try_into()
        .map_err(|_| anyhow::anyhow!("usage: bench-raw LIBRARY CASES WORKLOAD SECONDS"))?;
    let workload = Workload::read(cases.as_ref(), &name)?;
    let model = std::path::Path::new(&cases).with_file_name(&workload.model);
    let environment = ort::init_from(library)?.build()?;
    let mut session =
        Session::builder(&environment)?.with_intra_threads(1).map_err(|e| anyhow::anyhow!("{e}"))?.commit_from_file(model)?;
    let inputs: Vec<Vec<f32>> = (0..CASES).map(|case| workload.values(case)).collect();
    let mut run = |case: u32| -> Result<Vec<f32>> {
        let value = TensorRef::from_array_view((&workload.shape[..], &inputs[case as usize][..]))?;
        let outputs = session.run(ort::inputs![workload.input.as_str() => value])?;
        Ok(outputs[workload.output.as_str()].try_extract_tensor::<f32>()?.1.to_vec())
    };
    for case in 0..CASES {
        ensure!(workload.is_right(case, &run(case)?), "case {case} of workload {name} is answered wrong");
    }
    let limit = Duration::from_secs_f64(seconds.parse().context("SECONDS")?);
    let (start, mut runs) = (Instant::now(), 0_u32);
    while start.elapsed() < limit {
        run(runs % CASES)?;
        runs += 1;
    }
    println!("{}", serde_json::json!({ "per_second": f64::from(runs) / start.elapsed().as_secs_f64() }));
    Ok(())
}
