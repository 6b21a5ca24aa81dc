//! `cargo xtask test`: every test there is, one suite after another, and one line at the end that adds them up.

mod browser;
mod clients;
mod postgres;
mod rust;
mod site;
mod tally;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;

use crate::paths::Paths;
use crate::progress::elapsed;
use crate::setup::{self, Purpose};
use crate::tidy;
use tally::Counts;

#[derive(clap::Args)]
pub struct Options {
    /// Run only these suites
    #[arg(long, value_enum)]
    only: Vec<Suite>,
    /// Only tests whose name contains this (Rust) or matches it (browser)
    #[arg(long)]
    filter: Option<String>,
    /// Test the site that the last build left
    #[arg(long)]
    no_build: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Suite {
    /// The rules of the house
    Tidy,
    /// Unit and integration tests of every crate, on SQLite and on PostgreSQL
    Rust,
    /// Clients that our users have, against a running server
    Clients,
    /// The pages, in a real browser
    Browser,
}

/// In this order: what is quick to tell comes first.
const SUITES: &[Suite] = &[Suite::Tidy, Suite::Rust, Suite::Clients, Suite::Browser];

pub fn main(paths: &Paths, options: Options) -> Result<ExitCode> {
    setup::ensure(paths, Purpose::Test)?;
    let wanted = |suite: &Suite| options.only.is_empty() || options.only.contains(suite);
    let filter = options.filter.as_deref();

    let mut results: Vec<(Suite, Counts, std::time::Duration)> = Vec::new();
    let mut site: Option<Result<site::Site>> = None;
    for suite in SUITES.iter().copied().filter(wanted) {
        println!("\n━━ {suite:?}");
        let start = Instant::now();
        let counts = match suite {
            Suite::Tidy => {
                tidy::run(&paths.root).map(|outcome| Counts { passed: outcome.held, failed: outcome.broken, skipped: 0 })
            }
            Suite::Rust => rust::run(paths, filter),
            Suite::Clients | Suite::Browser => match site.get_or_insert_with(|| site::Site::start(paths, options.no_build)) {
                Ok(site) if suite == Suite::Clients => clients::run(paths, site),
                Ok(site) => browser::run(paths, site, filter),
                Err(error) => Err(anyhow::anyhow!("no site to test: {error:#}")),
            },
        };
        // A suite that could not run at all counts as one failure: nothing may look green because it was left out.
        let counts = counts.unwrap_or_else(|error| {
            println!("error: {error:#}");
            Counts { passed: 0, failed: 1, skipped: 0 }
        });
        results.push((suite, counts, start.elapsed()));
    }
    drop(site);

    println!("\n━━ All");
    let mut all = Counts::default();
    for (suite, counts, took) in &results {
        println!(
            "{:<10} {:>5} passed {:>3} failed {:>3} skipped   {}",
            format!("{suite:?}"),
            counts.passed,
            counts.failed,
            counts.skipped,
            elapsed(*took)
        );
        all = all + *counts;
    }
    println!("{} passed, {} failed", all.passed, all.failed);
    let good = all.failed == 0 && all.passed > 0;
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
