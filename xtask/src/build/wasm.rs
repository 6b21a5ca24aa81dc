//! The browser's half: Cargo for wasm32, then wasm-bindgen, then wasm-opt.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use super::{Profile, site};
use crate::paths::Paths;
use crate::progress;

const TARGET: &str = "wasm32-unknown-unknown";

/// Compiles the browser's half and returns the module as Cargo leaves it.
pub fn build(paths: &Paths, profile: Profile) -> Result<PathBuf> {
    let (cargo_profile, folder, small) = match profile {
        Profile::Dev => ("dev", "debug", false),
        Profile::Test => ("dev", "debug", true),
        Profile::Demo => ("demo", "demo", true),
        Profile::Release => ("wasm-release", "wasm-release", false),
    };
    progress::step(&format!("Building the browser's half ({cargo_profile})"), || {
        let mut command = paths.cargo();
        command.args(["build", "--profile", cargo_profile, "--package", "frontend", "--target", TARGET]);
        if small {
            // The server's profile with other settings, not a profile of its own: macros and build scripts, half a
            // minute of work, are then built once for both halves.
            for setting in ["opt-level=\"s\"", "debug=false", "debug-assertions=false", "overflow-checks=false"] {
                command.arg("--config").arg(format!("profile.{cargo_profile}.{setting}"));
            }
        }
        progress::run(&mut command)
    })?;
    Ok(paths.target.join(TARGET).join(folder).join("frontend.wasm"))
}

/// Writes the JavaScript glue and the module that it loads into `folder`.
pub fn bind(profile: Profile, module: &Path, folder: &Path) -> Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(module)
        .out_name(site::NAME)
        .typescript(false)
        .remove_producers_section(true)
        .remove_name_section(profile != Profile::Dev);
    bindgen.web(true)?;
    bindgen.generate(folder).with_context(|| format!("wasm-bindgen on {}", module.display()))
}

/// Makes the module small, in place. Binaryen's npm build is pinned because others are known to exit with 0 and leave a
/// module that no browser can start.
pub fn optimise(paths: &Paths, profile: Profile, folder: &Path) -> Result<()> {
    let level = match profile {
        // A first build has to be short, and the module comes from this machine: half a minute for a fifth of its size is too much there.
        Profile::Dev | Profile::Demo => return Ok(()),
        Profile::Test => "-O1",
        Profile::Release => "-Oz",
    };
    let module = folder.join(site::module_name());
    let smaller = folder.join("optimised.wasm");
    progress::quiet(
        &format!("wasm-opt {level}"),
        Command::new("node")
            .arg(paths.node_module("binaryen/bin/wasm-opt"))
            .arg(level)
            .arg(&module)
            .arg("--output")
            .arg(&smaller),
    )?;
    std::fs::rename(&smaller, &module).context("replacing the module by the smaller one")
}
