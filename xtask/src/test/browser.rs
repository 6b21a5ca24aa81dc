//! The pages in a real browser: Playwright drives the Chromium that the machine has.

use std::process::Command;

use anyhow::{Context, Result};

use super::site::Site;
use super::tally::{self, Counts};
use crate::paths::Paths;
use crate::setup::chromium;

pub fn run(paths: &Paths, site: &Site, filter: Option<&str>) -> Result<Counts> {
    let mut command = Command::new("node");
    command
        .current_dir(&paths.root)
        // One file after another: they look at the same site, and two cores are few for two browsers.
        .args(["--test", "--test-concurrency=1", "--test-reporter=spec"])
        .env("SLIPWAY_CHROMIUM", chromium().context("no Chromium")?)
        .envs(site.environment());
    if let Some(filter) = filter {
        command.arg(format!("--test-name-pattern={filter}"));
    }
    let mut files: Vec<_> = std::fs::read_dir(paths.root.join("end2end"))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    files.sort();
    command.args(files);
    tally::counted(&mut command, tally::node)
}
