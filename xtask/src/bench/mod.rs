//! `cargo xtask bench`: Slipway side by side with what it is compared to, on this machine, as a table.

mod bars;
mod cells;
mod contestants;
mod drift;
mod load;
mod monitoring;
mod monitoring_live;
mod page;
mod process;
mod python;
mod results;
mod serving;
mod slipway;

use std::process::ExitCode;

use anyhow::Result;

use crate::paths::Paths;

#[derive(clap::Args)]
pub struct Options {
    #[command(subcommand)]
    which: Option<Which>,
}

#[derive(clap::Subcommand)]
enum Which {
    /// Requests a second and latency of serving, against other servers and against floors
    Serving(serving::Options),
    /// CPU seconds and memory of comparing data files, against NannyML and Evidently; what live watching costs
    Monitoring(monitoring::Options),
    /// Drift alarms: labelled events on real data, against Evidently, NannyML and a fixed threshold
    Drift(drift::Options),
}

pub fn main(paths: &Paths, options: Options) -> Result<ExitCode> {
    match options.which {
        Some(Which::Serving(options)) => serving::main(paths, &options),
        Some(Which::Monitoring(options)) => monitoring::main(paths, &options),
        Some(Which::Drift(options)) => drift::main(paths, &options),
        None => serving::main(paths, &serving::Options::default()),
    }
}
