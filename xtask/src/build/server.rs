//! The server: one Cargo build.

use std::path::PathBuf;

use anyhow::Result;

use super::Profile;
use crate::paths::Paths;
use crate::progress;

/// Builds `slipway` and returns where it is.
pub fn build(paths: &Paths, profile: Profile) -> Result<PathBuf> {
    let (cargo_profile, folder) = match profile {
        Profile::Dev | Profile::Test => ("dev", "debug"),
        Profile::Demo => ("demo", "demo"),
        Profile::Release => ("release", "release"),
    };
    progress::step(&format!("Building the server ({cargo_profile})"), || {
        let mut command = paths.cargo();
        command.args(["build", "--profile", cargo_profile, "--bin", "slipway"]);
        // The Rust tests select every default member; selecting the same here finds the same dependencies already built.
        if profile != Profile::Test {
            command.args(["--package", "server"]);
        }
        progress::run(&mut command)
    })?;
    Ok(paths.target.join(folder).join(format!("slipway{}", std::env::consts::EXE_SUFFIX)))
}
