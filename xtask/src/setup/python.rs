//! A Python environment of the tests' own, in the cache, with the clients that `end2end/requirements.txt` pins.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use super::{Found, install_with, version_of};
use crate::paths::Paths;

pub fn look_for_pip() -> Found {
    let Some(python) = version_of("python3", &["--version"]) else {
        return Found::No("no `python3` on the PATH".to_owned());
    };
    // Debian ships pip and the environments apart from Python itself.
    let parts = version_of("python3", &["-c", "import pip, ensurepip; print(pip.__version__)"]);
    match parts {
        Some(pip) => Found::Yes(format!("{python}, pip {pip}")),
        None => Found::No(format!("{python} without pip or venv")),
    }
}

/// The interpreter to run the tests' clients with.
pub fn interpreter(paths: &Paths) -> Result<PathBuf> {
    Ok(folder(paths)?.join("bin/python3"))
}

pub fn look(paths: &Paths) -> Found {
    match folder(paths) {
        Ok(folder) if folder.join("complete").is_file() => Found::Yes(folder.display().to_string()),
        Ok(folder) => Found::No(format!("{}", folder.display())),
        Err(error) => Found::No(format!("{error:#}")),
    }
}

pub fn install(paths: &Paths) -> Result<()> {
    let folder = folder(paths)?;
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    if let Some(parent) = folder.parent() {
        std::fs::create_dir_all(parent)?;
    }
    install_with("python3 -m venv", Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    install_with(
        "pip install of the clients",
        Command::new(folder.join("bin/python3"))
            .args(["-m", "pip", "install", "--quiet", "--only-binary=:all:", "--disable-pip-version-check", "-r"])
            .arg(requirements(paths)),
    )?;
    if perf_analyzer_runs_here() {
        install_with(
            "pip install of perf_analyzer",
            Command::new(folder.join("bin/python3"))
                .args([
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--only-binary=:all:",
                    "--disable-pip-version-check",
                    "--no-deps",
                    "--target",
                ])
                .arg(folder.join(PERF_ANALYZER))
                .arg("-r")
                .arg(perf_analyzer_pins(paths)),
        )?;
    }
    std::fs::write(folder.join("complete"), "")?;
    Ok(())
}

/// Where perf_analyzer lies inside the environment.
const PERF_ANALYZER: &str = "perf_analyzer";

/// The folder with perf_analyzer, on machines that it is made for.
pub fn perf_analyzer(paths: &Paths) -> Result<Option<PathBuf>> {
    Ok(if perf_analyzer_runs_here() { Some(folder(paths)?.join(PERF_ANALYZER)) } else { None })
}

fn perf_analyzer_runs_here() -> bool {
    cfg!(all(target_os = "linux", target_arch = "x86_64"))
}

/// perf_analyzer is linked to a library that no package of Python has.
pub fn look_for_base64() -> Found {
    if !perf_analyzer_runs_here() {
        return Found::Yes("not needed on this machine".to_owned());
    }
    let places = ["/usr/lib/x86_64-linux-gnu/libb64.so.0d", "/lib/x86_64-linux-gnu/libb64.so.0d", "/usr/lib/libb64.so.0d"];
    match places.iter().find(|place| Path::new(place).exists()) {
        Some(place) => Found::Yes((*place).to_owned()),
        None => Found::No("no libb64.so.0d".to_owned()),
    }
}

/// Named after the pins: other pins are another environment, and a checkout of an older commit finds its own.
fn folder(paths: &Paths) -> Result<PathBuf> {
    let mut pins = Vec::new();
    for file in [requirements(paths), perf_analyzer_pins(paths)] {
        pins.extend(std::fs::read(&file).with_context(|| file.display().to_string())?);
    }
    let hash = hex::encode(Sha256::digest(pins));
    Ok(paths.cache.join(format!("python-{}", &hash[..12])))
}

fn requirements(paths: &Paths) -> PathBuf {
    paths.root.join("end2end/requirements.txt")
}

fn perf_analyzer_pins(paths: &Paths) -> PathBuf {
    paths.root.join("end2end/perf_analyzer.txt")
}
