//! What watching costs: rows into windows on one core, and a thousand deployments that are looked at. No HTTP, no model in what is
//! measured; a real SQLite file, models that are registered and answer. Prints one JSON object.

mod fleet;
mod live;
mod place;
mod used;

use anyhow::Result;
use clap::Parser;
use std::path::PathBuf;

/// As in the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
struct Options {
    /// ONNX Runtime
    #[arg(long)]
    runtime: PathBuf,
    /// An empty folder, for the database and the blobs
    #[arg(long)]
    folder: PathBuf,
    /// The repository, whose models and tables are used
    #[arg(long)]
    root: PathBuf,
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// A hundred features into windows
    Live(live::Options),
    /// Many deployments: a look at all of them, and their page
    Fleet(fleet::Options),
}

fn main() -> Result<()> {
    let options = Options::parse();
    let place = place::Place { runtime: options.runtime, folder: options.folder, root: options.root };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let report = match options.what {
        What::Live(options) => runtime.block_on(live::run(&place, &options))?,
        What::Fleet(options) => runtime.block_on(fleet::run(&place, &options))?,
    };
    println!("{report}");
    Ok(())
}
