//! Where PostgreSQL's programs are. Debian keeps the server's beside the PATH, one folder for each version.

use std::path::PathBuf;

use super::{Found, version_of};

pub use super::debian::is_root;

pub fn look() -> Found {
    match programs() {
        Some(folder) => {
            let postgres = folder.join("postgres");
            let version = version_of(&postgres.to_string_lossy(), &["--version"]).unwrap_or_default();
            Found::Yes(format!("{version}, {}", folder.display()))
        }
        None => Found::No("no `initdb` and `postgres` in /usr/lib/postgresql/*/bin or on the PATH".to_owned()),
    }
}

/// The folder that has `initdb` and `postgres`; the newest version if there are several.
pub fn programs() -> Option<PathBuf> {
    let mut debian: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect())
        .unwrap_or_default();
    debian.sort_by_key(|folder| std::cmp::Reverse(version_in(folder)));
    let path = std::env::var_os("PATH").unwrap_or_default();
    debian
        .into_iter()
        .chain(std::env::split_paths(&path))
        .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

fn version_in(folder: &std::path::Path) -> u32 {
    let name = folder.parent().and_then(|parent| parent.file_name()).unwrap_or_default();
    name.to_string_lossy().parse().unwrap_or(0)
}
