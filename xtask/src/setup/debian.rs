//! Debian's packages, for what no language's own package manager has.

use std::process::Command;

use anyhow::{Result, bail};

use super::{install_with, version_of};

/// Installs packages by `apt-get`, as root or through sudo. Elsewhere it says what to install by hand.
pub fn install(packages: &[&str]) -> Result<()> {
    let list = packages.join(" ");
    if version_of("apt-get", &["--version"]).is_none() {
        let hint = if cfg!(target_os = "macos") { "`brew install` has them" } else { "your package manager has them" };
        bail!("please install {list} ({hint}; this set-up only knows apt-get), then run it again");
    }
    install_with("apt-get update", apt().arg("update"))?;
    install_with(&format!("apt-get install {list}"), apt().args(["install", "--yes", "--no-install-recommends"]).args(packages))
}

fn apt() -> Command {
    let mut command;
    if is_root() {
        command = Command::new("apt-get");
    } else {
        command = Command::new("sudo");
        command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    }
    command.env("DEBIAN_FRONTEND", "noninteractive").arg("--quiet");
    command
}

/// Whether this process may do as it likes; PostgreSQL refuses to start as such a user.
pub fn is_root() -> bool {
    version_of("id", &["-u"]).is_some_and(|id| id == "0")
}
