//! npm, the packages that `package.json` pins, and the browser that they drive.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::{Found, Purpose, install_with, version_of};
use crate::paths::Paths;

/// What Playwright needs.
const OLDEST: u32 = 20;

pub fn look_for_npm(purpose: Purpose) -> Found {
    match (version_of("node", &["--version"]), version_of("npm", &["--version"])) {
        (Some(node), _) if purpose == Purpose::Test && major(&node) < OLDEST => {
            Found::No(format!("node {node} is too old for the browser tests: {OLDEST} or newer is needed"))
        }
        (Some(node), Some(npm)) => Found::Yes(format!("node {node}, npm {npm}")),
        (None, _) => Found::No("no `node` on the PATH".to_owned()),
        (_, None) => Found::No("no `npm` on the PATH".to_owned()),
    }
}

/// `20` of `v20.20.2`.
fn major(version: &str) -> u32 {
    version.trim_start_matches('v').split('.').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Every pinned package has to be there in exactly its pinned version; the demo leaves out what only tests use.
pub fn look(paths: &Paths, purpose: Purpose) -> Found {
    match pins(paths, purpose) {
        Err(error) => Found::No(format!("{error:#}")),
        Ok(pins) => {
            for (name, pinned) in &pins {
                match installed(paths, name) {
                    Some(version) if version == *pinned => {}
                    Some(version) => return Found::No(format!("{name} {version} instead of {pinned}")),
                    None => return Found::No(format!("{name} {pinned}")),
                }
            }
            Found::Yes(pins.iter().map(|(name, version)| format!("{name} {version}")).collect::<Vec<_>>().join(", "))
        }
    }
}

pub fn install(paths: &Paths, purpose: Purpose) -> Result<()> {
    let mut command = Command::new("npm");
    command.current_dir(&paths.root).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    if purpose == Purpose::Demo {
        command.arg("--omit=dev");
    }
    install_with("npm ci", &mut command)
}

pub fn look_for_chromium() -> Found {
    match chromium() {
        Some(path) => Found::Yes(path.display().to_string()),
        None => Found::No("no chromium, and SLIPWAY_CHROMIUM is not set".to_owned()),
    }
}

/// The browser to test with: `$SLIPWAY_CHROMIUM`, else one of the usual names on the PATH.
pub fn chromium() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("SLIPWAY_CHROMIUM") {
        return Some(PathBuf::from(path)).filter(|path| path.is_file());
    }
    let path = std::env::var_os("PATH")?;
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
        .iter()
        .flat_map(|name| std::env::split_paths(&path).map(move |folder| folder.join(name)))
        .chain(["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome".into()])
        .find(|candidate| candidate.is_file())
}

fn pins(paths: &Paths, purpose: Purpose) -> Result<Vec<(String, String)>> {
    let text = std::fs::read_to_string(paths.root.join("package.json")).context("package.json")?;
    let manifest: serde_json::Value = serde_json::from_str(&text).context("package.json")?;
    let groups: &[&str] = match purpose {
        Purpose::Demo => &["dependencies"],
        Purpose::Test => &["dependencies", "devDependencies"],
    };
    let packages = groups.iter().filter_map(|group| manifest[group].as_object()).flatten();
    Ok(packages.filter_map(|(name, version)| Some((name.clone(), version.as_str()?.to_owned()))).collect())
}

fn installed(paths: &Paths, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(paths.node_module(name).join("package.json")).ok()?;
    let manifest: serde_json::Value = serde_json::from_str(&text).ok()?;
    Some(manifest["version"].as_str()?.to_owned())
}
