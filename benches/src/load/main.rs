//! The load generator: one thread, connections that stay open, a closed loop or Poisson arrivals. Prints one JSON object.

mod client;
mod closed;
mod open;
mod seen;
mod sketch;

use anyhow::Result;
use benches::cases::{CASES, Workload};
use benches::dialect::{Dialect, Request};
use clap::Parser;
use seen::Seen;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

#[derive(Clone, Parser)]
pub struct Options {
    #[arg(long)]
    address: SocketAddr,
    #[arg(long)]
    path: String,
    #[arg(long, value_enum)]
    dialect: Dialect,
    /// `models/cases.json`
    #[arg(long)]
    cases: PathBuf,
    #[arg(long)]
    workload: String,
    #[arg(long, default_value_t = 1)]
    connections: usize,
    /// How long is measured, after as much of warming up as `--warm-up` says
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    #[arg(long, default_value_t = 0.5)]
    warm_up: f64,
    /// Poisson arrivals at this rate, counted from the moment that each request was meant to be sent; a closed loop otherwise
    #[arg(long)]
    rate: Option<f64>,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// In a closed loop: stop after so many requests instead
    #[arg(long)]
    requests: Option<u64>,
    /// Share of requests that were never sent before, percent
    #[arg(long, default_value_t = 0)]
    unique: u32,
}

/// What every connection needs.
pub struct Plan {
    options: Options,
    workload: Workload,
    requests: Vec<Request>,
}

impl Plan {
    fn warm_up(&self) -> Duration {
        Duration::from_secs_f64(self.options.warm_up)
    }

    fn seconds(&self) -> Duration {
        Duration::from_secs_f64(self.options.seconds)
    }
}

fn main() -> Result<()> {
    let options = Options::parse();
    let workload = Workload::read(&options.cases, &options.workload)?;
    let host = options.address.to_string();
    let requests = (0..CASES).map(|case| Request::new(options.dialect, &workload, case, &host, &options.path)).collect();
    let plan = Rc::new(Plan { options, workload, requests });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let seen: Seen = runtime.block_on(tokio::task::LocalSet::new().run_until(async move {
        match plan.options.rate {
            Some(rate) => open::run(plan, rate).await,
            None => closed::run(plan).await,
        }
    }))?;
    println!("{}", seen.report());
    Ok(())
}
