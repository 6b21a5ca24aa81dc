//! The Rust tests of every default member, on SQLite and on a PostgreSQL started for them.

use anyhow::Result;

use super::postgres::Postgres;
use super::tally::{self, Counts};
use crate::paths::Paths;
use crate::setup::onnxruntime;

/// Where the tests find PostgreSQL. A server that the caller names is used instead of one of our own.
const POSTGRES: &str = "SLIPWAY_TEST_POSTGRES";

pub fn run(paths: &Paths, filter: Option<&str>) -> Result<Counts> {
    let mut command = paths.cargo();
    command.args(["test", "--no-fail-fast", "--quiet"]).env("ORT_DYLIB_PATH", onnxruntime::library(paths)?);
    if let Some(filter) = filter {
        command.arg(filter);
    }
    let own = match std::env::var_os(POSTGRES) {
        Some(_) => None,
        None => Some(Postgres::start()?),
    };
    if let Some(postgres) = &own {
        command.env(POSTGRES, &postgres.url);
    }
    tally::counted(&mut command, tally::cargo)
}
