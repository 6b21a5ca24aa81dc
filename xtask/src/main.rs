//! The project's task runner: `cargo xtask <task>`. Everything between a fresh clone and a running site is in here.

#![expect(clippy::disallowed_methods, reason = "a task runner lives on the environment and the clock")]

mod bench;
mod build;
mod demo;
mod dev;
mod paths;
mod progress;
mod server;
mod setup;
mod test;
mod tidy;

use clap::{Parser, Subcommand};

use crate::paths::Paths;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Set up, build, try, test and tidy Slipway")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what is missing on this machine, and say what and why
    Setup(setup::Options),
    /// Build the server and the browser half, and lay out the site
    Build(build::Options),
    /// Build, then run a site with real models, real data and live traffic
    Demo(demo::Options),
    /// Measure Slipway side by side with what it is compared to
    Bench(bench::Options),
    /// Run every test there is: Rust, real clients, a real browser
    Test(test::Options),
    /// Check the rules that the compiler does not know
    Tidy,
    /// Watch the sources; rebuild and restart on every change
    Dev(dev::Options),
}

fn main() -> std::process::ExitCode {
    match run(Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            std::process::ExitCode::from(2)
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<std::process::ExitCode> {
    let paths = Paths::find()?;
    match arguments.task {
        Task::Setup(options) => setup::main(&paths, options),
        Task::Build(options) => build::main(&paths, options),
        Task::Demo(options) => demo::main(&paths, options),
        Task::Bench(options) => bench::main(&paths, options),
        Task::Test(options) => test::main(&paths, options),
        Task::Tidy => tidy::main(&paths),
        Task::Dev(options) => dev::main(&paths, options),
    }
}
