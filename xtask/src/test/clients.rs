//! The clients that users have, unmodified, in a Python environment of their own, against a running server: what they do with
//! the example models, then the conformance suite, which starts a server of its own.

use std::process::Command;

use anyhow::Result;

use super::site::Site;
use super::tally::{self, Counts};
use crate::paths::Paths;
use crate::setup::python;

pub fn run(paths: &Paths, site: &Site) -> Result<Counts> {
    Ok(suite(paths, site, "end2end/clients")? + suite(paths, site, "end2end/conformance")?)
}

fn suite(paths: &Paths, site: &Site, folder: &str) -> Result<Counts> {
    let mut command = Command::new(python::interpreter(paths)?);
    if let Some(folder) = python::perf_analyzer(paths)? {
        command.env("SLIPWAY_PERF_ANALYZER", folder);
    }
    command
        .current_dir(paths.root.join(folder))
        .args(["-m", "unittest", "discover", "--verbose", "--pattern", "test_*.py"])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("SLIPWAY_REPOSITORY", &paths.root)
        .envs(site.environment());
    // unittest reports on its error stream; one stream keeps the order of what it prints.
    let mut shell = Command::new("sh");
    shell.args(["-c", "exec \"$@\" 2>&1", "sh"]).arg(command.get_program()).args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        shell.current_dir(folder);
    }
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            shell.env(name, value);
        }
    }
    tally::counted(&mut shell, tally::unittest)
}
