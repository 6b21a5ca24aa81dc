//! The files that the rules look at: what people write, none of what is built or downloaded.

use std::path::Path;

use anyhow::{Context, Result};

/// A text file; its path is relative to the repository and written with slashes.
pub struct Source {
    pub path: String,
    pub text: String,
}

const KINDS: &[&str] = &["rs", "css", "js", "mjs", "py", "sql", "toml", "json"];
const SKIPPED: &[&str] = &["target", "node_modules", "data", "__pycache__"];

impl Source {
    pub fn kind(&self) -> &str {
        self.path.rsplit('.').next().unwrap_or_default()
    }

    /// Lines with their numbers from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// The crate that a file belongs to by its folder: `store` for `crates/store/src/lib.rs`.
    pub fn floor(&self) -> &str {
        let mut parts = self.path.split('/');
        match (parts.next(), parts.next()) {
            (Some("crates"), Some(name)) => name,
            (Some(first), Some(_)) => first,
            _ => "",
        }
    }

    /// Whether the whole file is a test.
    pub fn is_test(&self) -> bool {
        self.path.split('/').any(|part| part == "tests" || part == "tests.rs")
    }

    #[cfg(test)]
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }
}

pub fn all(root: &Path) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                let hidden = name.starts_with('.') && name != ".cargo" && name != ".ci";
                if !hidden && !SKIPPED.contains(&name.as_str()) && !path.join("CACHEDIR.TAG").exists() {
                    folders.push(path);
                }
                continue;
            }
            let kind = path.extension().unwrap_or_default().to_string_lossy().into_owned();
            if !KINDS.contains(&kind.as_str()) {
                continue;
            }
            let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            let relative = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
            sources.push(Source { path: relative, text });
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(sources)
}
