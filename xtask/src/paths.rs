//! Where things are: the repository, the build folder, the cache of set-up.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// The folders that every task works with, all absolute.
#[derive(Clone, Debug)]
pub struct Paths {
    /// The repository's root.
    pub root: PathBuf,
    /// Cargo's target folder, wherever the caller's settings put it.
    pub target: PathBuf,
    /// What set-up downloads: `$SLIPWAY_CACHE`, else `~/.cache/slipway`.
    pub cache: PathBuf,
}

impl Paths {
    pub fn find() -> Result<Self> {
        let manifest = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
        let root = Path::new(&manifest).parent().context("xtask lies inside the repository")?.to_owned();
        let target = target_folder()?;
        let cache = match std::env::var_os("SLIPWAY_CACHE") {
            Some(folder) => std::path::absolute(folder)?,
            None => {
                let home = std::env::var_os("HOME").context("neither SLIPWAY_CACHE nor HOME is set")?;
                PathBuf::from(home).join(".cache/slipway")
            }
        };
        Ok(Self { root, target, cache })
    }

    /// A command of `cargo` in the repository, with the same target folder as the caller's.
    pub fn cargo(&self) -> Command {
        let mut command = Command::new(cargo_program());
        command.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target);
        // `cargo run` describes the package that it runs. Build scripts that watch those variables would take the task
        // runner for a change, and half the dependencies would be built again whenever people call Cargo themselves.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"].iter().any(|of_package| name.starts_with(of_package)) {
                command.env_remove(&*name);
            }
        }
        command
    }

    /// A program that `npm ci` put into the repository's `node_modules`.
    pub fn node_module(&self, relative: &str) -> PathBuf {
        self.root.join("node_modules").join(relative)
    }
}

fn cargo_program() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Asks Cargo itself, so that environment and configuration files both count.
fn target_folder() -> Result<PathBuf> {
    let output = Command::new(cargo_program())
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .output()
        .context("cargo metadata")?;
    ensure!(output.status.success(), "cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let folder = metadata["target_directory"].as_str().context("cargo metadata names no target_directory")?;
    Ok(PathBuf::from(folder))
}
