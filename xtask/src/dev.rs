//! `cargo xtask dev`: watch the sources, rebuild what changed, restart the server. The page is reloaded by hand.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anyhow::Result;

use crate::build::{self, Profile};
use crate::paths::Paths;
use crate::server::{Place, Server};
use crate::setup::{self, Purpose};

const LOOK: Duration = Duration::from_millis(500);
const WATCHED: &[&str] = &["app", "crates", "frontend", "migrations", "public", "server", "style", "Cargo.toml"];

#[derive(clap::Args)]
pub struct Options {
    /// Where to keep the database and the files [default: data/dev in the repository]
    #[arg(long)]
    data: Option<PathBuf>,
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:3000")]
    addr: SocketAddr,
}

pub fn main(paths: &Paths, Options { data, addr: address }: Options) -> Result<ExitCode> {
    setup::ensure(paths, Purpose::Demo)?;
    let place = Place { data: data.map_or_else(|| Ok(paths.root.join("data/dev")), std::path::absolute)?, address };
    let mut server: Option<Server> = None;
    loop {
        let before = times(&paths.root);
        // What runs keeps running while its successor is being built, and when that fails.
        match build::build(paths, Profile::Dev) {
            Ok(built) => {
                drop(server.take());
                server = started(Server::start(paths, &built, place.clone()));
            }
            Err(error) => println!("error: {error:#}\nwaiting for the next change"),
        }
        wait_for_change(&paths.root, &before);
    }
}

fn started(server: Result<Server>) -> Option<Server> {
    match server {
        Ok(server) => {
            println!("✓ {} is up to date: reload the page", server.url());
            Some(server)
        }
        Err(error) => {
            println!("error: {error:#}\nwaiting for the next change");
            None
        }
    }
}

fn wait_for_change(root: &Path, before: &BTreeMap<PathBuf, SystemTime>) {
    loop {
        let now = times(root);
        if now != *before {
            // Editors write several files at once: let them finish.
            std::thread::sleep(LOOK);
            if times(root) == now {
                return;
            }
        }
        std::thread::sleep(LOOK);
    }
}

/// When each watched file was last changed.
fn times(root: &Path) -> BTreeMap<PathBuf, SystemTime> {
    let mut times = BTreeMap::new();
    let mut waiting: Vec<PathBuf> = WATCHED.iter().map(|name| root.join(name)).collect();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).into_iter().flatten();
            waiting.extend(entries.filter_map(|entry| entry.ok().map(|entry| entry.path())));
        } else if let Ok(time) = path.metadata().and_then(|data| data.modified()) {
            times.insert(path, time);
        }
    }
    times
}
