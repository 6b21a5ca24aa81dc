//! ONNX Runtime's shared library, taken out of the wheel that its makers publish for Python.
//!
//! The wheel's version and hash are pinned per platform; the Python that downloads it need not be the one it was built for.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};

use super::{Found, install_with};
use crate::paths::Paths;

pub const VERSION: &str = "1.31.1";

/// A platform's wheel: its tag for pip, the SHA-256 of the file, and the library inside.
struct Wheel {
    os: &'static str,
    arch: &'static str,
    tag: &'static str,
    sha256: &'static str,
    library: &'static str,
}

const WHEELS: &[Wheel] = &[
    Wheel {
        os: "linux",
        arch: "x86_64",
        tag: "manylinux_2_28_x86_64",
        sha256: "1f3dea47f2f0e5117c2404cea7d21fd253ae7836a3bf167a501cdfbb2600d536",
        library: "libonnxruntime.so.1.31.1",
    },
    Wheel {
        os: "linux",
        arch: "aarch64",
        tag: "manylinux_2_28_aarch64",
        sha256: "0b9a492176886992e0e875f06bc0367e333f5fff11711a2d642e18b02f3009cc",
        library: "libonnxruntime.so.1.31.1",
    },
    Wheel {
        os: "macos",
        arch: "aarch64",
        tag: "macosx_14_0_arm64",
        sha256: "96dd2564b10ea7153ad9c207e7cd8e5917cb3ba521e0e0a62ac03486fdc8d56c",
        library: "libonnxruntime.1.31.1.dylib",
    },
];

/// Where the library is: what `ORT_DYLIB_PATH` names if it exists, else the cache's own.
pub fn library(paths: &Paths) -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("ORT_DYLIB_PATH").map(PathBuf::from).filter(|path| path.is_file()) {
        return Ok(path);
    }
    Ok(folder(paths).join(wheel()?.library))
}

pub fn look(paths: &Paths) -> Found {
    match library(paths) {
        Ok(path) if path.is_file() => Found::Yes(path.display().to_string()),
        Ok(path) => Found::No(format!("{}", path.display())),
        Err(error) => Found::No(error.to_string()),
    }
}

pub fn install(paths: &Paths) -> Result<()> {
    let wheel = wheel()?;
    let folder = folder(paths);
    let partial = folder.with_extension("partial");
    if partial.exists() {
        std::fs::remove_dir_all(&partial)?;
    }
    std::fs::create_dir_all(&partial)?;
    install_with(
        &format!("download of ONNX Runtime {VERSION} (about 23 MB)"),
        Command::new("python3")
            .args(["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--quiet"])
            .args(["--platform", wheel.tag, "--implementation", "cp", "--python-version", "312", "--abi", "cp312"])
            .arg("--dest")
            .arg(&partial)
            .arg(format!("onnxruntime=={VERSION}")),
    )?;
    let file = std::fs::read_dir(&partial)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .context("pip said it downloaded a wheel, but there is none")?;
    let hash = hex::encode(Sha256::digest(std::fs::read(&file)?));
    ensure!(hash == wheel.sha256, "the wheel of ONNX Runtime has SHA-256 {hash}, expected {}", wheel.sha256);

    // Only the library and its licence: the Python around it is not used.
    let script = "import sys,zipfile\n\
        wheel,out,library=sys.argv[1:]\n\
        z=zipfile.ZipFile(wheel)\n\
        for name in z.namelist():\n\
        \x20   base=name.rsplit('/',1)[-1]\n\
        \x20   if base in (library,'LICENSE','ThirdPartyNotices.txt'):\n\
        \x20       open(out+'/'+base,'wb').write(z.read(name))\n";
    install_with(
        "unpacking ONNX Runtime",
        Command::new("python3").args(["-c", script]).arg(&file).arg(&partial).arg(wheel.library),
    )?;
    std::fs::remove_file(&file)?;
    // The folder appears whole or not at all, so that an interrupted set-up is not taken for a finished one.
    std::fs::rename(&partial, &folder).with_context(|| format!("moving {} into place", folder.display()))
}

fn folder(paths: &Paths) -> PathBuf {
    paths.cache.join(format!("onnxruntime-{VERSION}"))
}

fn wheel() -> Result<&'static Wheel> {
    wheel_for(std::env::consts::OS, std::env::consts::ARCH)
}

fn wheel_for(os: &str, arch: &str) -> Result<&'static Wheel> {
    match WHEELS.iter().find(|wheel| wheel.os == os && wheel.arch == arch) {
        Some(wheel) => Ok(wheel),
        None => bail!("no wheel of ONNX Runtime is pinned for {os} {arch}; set ORT_DYLIB_PATH to a library of yours"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_platform_has_its_wheel_or_is_told_what_to_do() {
        for (os, arch, tag, library) in [
            ("linux", "x86_64", "manylinux_2_28_x86_64", "libonnxruntime.so."),
            ("linux", "aarch64", "manylinux_2_28_aarch64", "libonnxruntime.so."),
            ("macos", "aarch64", "macosx_14_0_arm64", "libonnxruntime."),
        ] {
            let wheel = wheel_for(os, arch).unwrap();
            assert_eq!(wheel.tag, tag);
            let end = if os == "macos" { ".dylib" } else { "" };
            assert!(
                wheel.library.starts_with(library) && wheel.library.ends_with(&format!("{VERSION}{end}")),
                "{}",
                wheel.library
            );
        }
        for (os, arch) in [("macos", "x86_64"), ("windows", "x86_64"), ("linux", "riscv64")] {
            let error = wheel_for(os, arch).map(|wheel| wheel.tag).unwrap_err().to_string();
            assert!(error.contains(os) && error.contains("ORT_DYLIB_PATH"), "{error}");
        }
    }

    #[test]
    fn every_wheel_is_pinned_once_by_a_whole_hash() {
        let parts: Vec<&str> = VERSION.split('.').collect();
        assert!(parts.len() == 3 && parts.iter().all(|part| part.parse::<u32>().is_ok()), "{VERSION}");
        for wheel in WHEELS {
            assert_eq!(hex::decode(wheel.sha256).map(|bytes| bytes.len()), Ok(32), "{}", wheel.tag);
            assert_eq!(wheel.sha256, wheel.sha256.to_lowercase(), "{}", wheel.tag);
            let alike = |other: &&Wheel| other.sha256 == wheel.sha256 || other.tag == wheel.tag;
            assert_eq!(WHEELS.iter().filter(alike).count(), 1, "{}", wheel.tag);
        }
    }
}
