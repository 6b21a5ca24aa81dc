//! The folder of files that the server hands out: script, module, one style sheet, and everything in `public/`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use super::{Profile, compress, wasm};
use crate::paths::Paths;
use crate::progress;

/// The name that the files under [`PACKAGE`] share.
pub const NAME: &str = "slipway";
/// The folder inside the site that holds what was generated.
pub const PACKAGE: &str = "pkg";

/// Style sheets that others build on, in this order; the rest, one per component, follow by name, then `pages/`.
const STYLES_FIRST: &[&str] = &["tokens.css", "fonts.css", "base.css", "layout.css"];

pub fn module_name() -> String {
    format!("{NAME}_bg.wasm")
}

fn name_of(profile: Profile) -> String {
    format!("{profile:?}").to_lowercase()
}

/// Where the site of a profile lies.
pub fn folder(paths: &Paths, profile: Profile) -> PathBuf {
    paths.target.join("site").join(name_of(profile))
}

/// Lays the site out, unless the one that is there was made from exactly these files.
pub fn lay_out(paths: &Paths, profile: Profile, module: &Path) -> Result<PathBuf> {
    let site = folder(paths, profile);
    let stamp = paths.target.join("site").join(format!("{}.sources", name_of(profile)));
    let styles = styles(&paths.root)?;
    let public = files_under(&paths.root.join("public"))?;

    let sources =
        digest(std::iter::once(module).chain(styles.iter().map(PathBuf::as_path)).chain(public.iter().map(PathBuf::as_path)))?;
    if std::fs::read_to_string(&stamp).is_ok_and(|last| last == sources) && site.is_dir() {
        println!("✓ The site is up to date");
        return Ok(site);
    }
    progress::step("Laying out the site", || {
        if site.exists() {
            std::fs::remove_dir_all(&site)?;
        }
        let package = site.join(PACKAGE);
        std::fs::create_dir_all(&package)?;
        copy_all(&public, &paths.root.join("public"), &site)?;
        std::fs::write(package.join(format!("{NAME}.css")), joined(&styles)?)?;
        wasm::bind(profile, module, &package)?;
        wasm::optimise(paths, profile, &package)?;
        if profile != Profile::Dev {
            compress::beside_all(&files_under(&site)?, profile == Profile::Release)?;
        }
        Ok(())
    })?;
    std::fs::write(&stamp, sources)?;
    Ok(site)
}

/// The style sheets in the order in which they are joined.
fn styles(root: &Path) -> Result<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> = files_under(&root.join("style"))?
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "css"))
        .collect();
    found.sort_by_key(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let rank = STYLES_FIRST.iter().position(|first| *first == name).unwrap_or(STYLES_FIRST.len());
        (rank, path.parent().is_some_and(|folder| folder.ends_with("pages")), name)
    });
    Ok(found)
}

fn joined(styles: &[PathBuf]) -> Result<String> {
    let mut css = String::new();
    for style in styles {
        css.push_str(&std::fs::read_to_string(style).with_context(|| style.display().to_string())?);
        css.push('\n');
    }
    Ok(css)
}

/// All files below a folder, sorted; none if there is no such folder.
fn files_under(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    Ok(files)
}

fn copy_all(files: &[PathBuf], from: &Path, to: &Path) -> Result<()> {
    for file in files {
        let target = to.join(file.strip_prefix(from)?);
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::copy(file, &target).with_context(|| format!("copying {}", file.display()))?;
    }
    Ok(())
}

fn digest<'a>(files: impl Iterator<Item = &'a Path>) -> Result<String> {
    let mut hash = Sha256::new();
    for file in files {
        let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
        hash.update(file.to_string_lossy().as_bytes());
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    }
    Ok(hex::encode(hash.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_come_first_and_components_by_name() {
        let root = std::env::temp_dir().join(format!("slipway-styles-{}", std::process::id()));
        std::fs::create_dir_all(root.join("style/pages")).unwrap();
        for name in ["table.css", "tokens.css", "base.css", "pages/fleet.css"] {
            std::fs::write(root.join("style").join(name), name).unwrap();
        }
        let names: Vec<_> =
            styles(&root).unwrap().iter().map(|p| p.file_name().unwrap().to_string_lossy().into_owned()).collect();
        assert_eq!(names, ["tokens.css", "base.css", "table.css", "fleet.css"]);
        std::fs::remove_dir_all(root).unwrap();
    }
}
