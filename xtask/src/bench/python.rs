//! The competitors' Python environments: one each, in the cache of set-up, from its pinned requirements.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::paths::Paths;
use crate::progress;

/// Installs the environment unless it is there. Says what and why.
pub fn ensure(paths: &Paths, name: &str) -> Result<()> {
    let folder = folder(paths, name)?;
    if folder.join("complete").is_file() {
        println!("✓ {name}: {}", folder.display());
        return Ok(());
    }
    println!("▸ {name} is missing ({}). Installing it: Slipway is compared to it.", folder.display());
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&paths.cache)?;
    progress::quiet("python3 -m venv", Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    progress::quiet(
        &format!("pip install of {name}"),
        Command::new(folder.join("bin/python3"))
            .args(["-m", "pip", "install", "--quiet", "--only-binary=:all:", "--disable-pip-version-check", "-r"])
            .arg(requirements(paths, name)),
    )?;
    std::fs::write(folder.join("complete"), "")?;
    Ok(())
}

pub fn interpreter(paths: &Paths, name: &str) -> Result<PathBuf> {
    Ok(folder(paths, name)?.join("bin/python3"))
}

/// The version of a library in the environment `name`.
pub fn pinned(paths: &Paths, name: &str, library: &str) -> Option<String> {
    let pins = std::fs::read_to_string(requirements(paths, name)).ok()?;
    let prefix = format!("{library}==");
    pins.lines().find_map(|line| line.strip_prefix(&prefix)).map(str::to_owned)
}

/// Named after the pins, as the environment of the tests is.
fn folder(paths: &Paths, name: &str) -> Result<PathBuf> {
    let file = requirements(paths, name);
    let pins = std::fs::read(&file).with_context(|| file.display().to_string())?;
    Ok(paths.cache.join(format!("bench-{name}-{}", &hex::encode(Sha256::digest(pins))[..12])))
}

fn requirements(paths: &Paths, name: &str) -> PathBuf {
    paths.root.join("benches/competitors").join(name).join("requirements.txt")
}
