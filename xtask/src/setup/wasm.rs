//! The standard library for `wasm32-unknown-unknown`, by rustup, for the very toolchain that runs here.

use std::process::Command;

use anyhow::Result;

use super::{Found, install_with};
use crate::paths::Paths;

const TARGET: &str = "wasm32-unknown-unknown";

pub fn look(paths: &Paths) -> Found {
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).current_dir(&paths.root).output();
    let library = sysroot.ok().map(|output| {
        let root = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        std::path::PathBuf::from(root).join("lib/rustlib").join(TARGET).join("lib")
    });
    match library {
        Some(folder) if folder.is_dir() => Found::Yes(TARGET.to_owned()),
        _ => Found::No(format!("no standard library for {TARGET}")),
    }
}

pub fn install(paths: &Paths) -> Result<()> {
    install_with("rustup target add", Command::new("rustup").args(["target", "add", TARGET]).current_dir(&paths.root))
}
