//! The server: one Cargo build.

use std::path::PathBuf;

use anyhow::Result;

use super::Profile;
use crate::paths::Paths;
use crate::progress;

/// Cargo's name for the profile, and the folder that it builds into.
fn cargo_profile(profile: Profile) -> (&'static str, &'static str) {
    match profile {
        Profile::Dev | Profile::Test => ("dev", "debug"),
        Profile::Demo => ("demo", "demo"),
        Profile::Release => ("release", "release"),
    }
}

/// Where a build leaves the program.
pub fn program(paths: &Paths, profile: Profile) -> PathBuf {
    let (_, folder) = cargo_profile(profile);
    paths.target.join(folder).join(format!("slipway{}", std::env::consts::EXE_SUFFIX))
}

/// Builds `slipway` and returns where it is.
pub fn build(paths: &Paths, profile: Profile) -> Result<PathBuf> {
    let (name, _) = cargo_profile(profile);
    progress::step(&format!("Building the server ({name})"), || {
        let mut command = paths.cargo();
        command.args(["build", "--profile", name, "--bin", "slipway"]);
        // The Rust tests select every default member; selecting the same here finds the same dependencies already built.
        if profile != Profile::Test {
            command.args(["--package", "server"]);
        }
        progress::run(&mut command)
    })?;
    Ok(program(paths, profile))
}
