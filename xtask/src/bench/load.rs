//! Runs the load generator once and reads what it saw.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::cells::{Cell, Load};
use super::contestants::Line;
use crate::paths::Paths;

/// Connections that share Poisson arrivals.
const SHARED: usize = 128;
const BURST_CONNECTIONS: usize = 1_000;
const BURST_REQUESTS: usize = 100_000;

/// What the generator says.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Report {
    pub answered: u64,
    /// Answers that were compared with the right one.
    pub checked: u64,
    pub errors: BTreeMap<String, u64>,
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
}

impl Report {
    pub fn failed(&self) -> u64 {
        self.errors.values().sum()
    }
}

/// How one run of the generator is to be.
#[derive(Clone, Copy, Debug)]
pub struct How {
    pub seconds: f64,
    /// Requests a second that count as all that the server can do.
    pub capacity: Option<f64>,
    pub seed: u64,
}

pub fn run(paths: &Paths, line: Line, cell: Cell, address: SocketAddr, how: How) -> Result<Report> {
    let mut command = Command::new(paths.target.join("release/bench-load"));
    command
        .args(["--address", &address.to_string()])
        .args(["--path", &line.path(cell.workload, cell.form)])
        .args(["--dialect", line.dialect(cell.form).context("a form that the server does not have")?])
        .arg("--cases")
        .arg(paths.root.join("benches/models/cases.json"))
        .args(["--workload", cell.workload.case()])
        .args(["--unique", &cell.workload.unique().to_string()])
        .args(["--seconds", &how.seconds.to_string()])
        .args(["--seed", &how.seed.to_string()]);
    match cell.load {
        Load::Closed(n) => command.args(["--connections", &n.to_string()]),
        Load::Poisson(percent) => {
            let rate = how.capacity.context("Poisson arrivals before the capacity is known")? * f64::from(percent) / 100.0;
            command.args(["--connections", &SHARED.to_string(), "--rate", &rate.max(1.0).to_string()])
        }
        Load::Burst => command.args(["--connections", &BURST_CONNECTIONS.to_string(), "--requests", &BURST_REQUESTS.to_string()]),
    };
    let output = command.output().context("bench-load")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).context("bench-load")
}

/// What ONNX Runtime alone does in a loop on one thread, requests a second.
pub fn raw(paths: &Paths, library: &std::path::Path, case: &str, seconds: Duration) -> Result<f64> {
    let output = Command::new(paths.target.join("release/bench-raw"))
        .arg(library)
        .arg(paths.root.join("benches/models/cases.json"))
        .args([case, &seconds.as_secs_f64().to_string()])
        .output()
        .context("bench-raw")?;
    ensure!(output.status.success(), "bench-raw: {}", String::from_utf8_lossy(&output.stderr));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    said["per_second"].as_f64().context("bench-raw says no number")
}
