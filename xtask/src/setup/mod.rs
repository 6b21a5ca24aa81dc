//! Set-up: uses what is there, installs only what is missing, and says what and why.
//!
//! What it downloads comes from package managers only and lies in the cache folder, so that deleting that folder undoes it.

mod debian;
mod node;
pub mod onnxruntime;
pub mod postgres;
pub mod python;
mod wasm;

pub use node::chromium;

use std::process::ExitCode;

use anyhow::Result;

use crate::paths::Paths;
use crate::progress;

#[derive(clap::Args)]
pub struct Options {
    /// Only say what is missing; exit with 1 if anything is
    #[arg(long)]
    check: bool,
    /// Only what the demo needs, without the tools of the tests
    #[arg(long)]
    demo: bool,
}

/// What the machine is being prepared for. Tests need everything that the demo needs, and more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    Demo,
    Test,
}

/// What a look at the machine found.
pub enum Found {
    /// It is there; the text says which or where.
    Yes(String),
    /// It is not there; the text says what was looked for.
    No(String),
}

/// One thing that has to be on the machine.
struct Need {
    name: &'static str,
    why: &'static str,
    purpose: Purpose,
    look: fn(&Paths, Purpose) -> Found,
    install: fn(&Paths, Purpose) -> Result<()>,
}

/// In the order in which they build on each other.
const NEEDS: &[Need] = &[
    Need {
        name: "pip",
        why: "ONNX Runtime comes as a Python wheel",
        purpose: Purpose::Demo,
        look: |_, _| python::look_for_pip(),
        install: |_, _| debian::install(&["python3-pip", "python3-venv"]),
    },
    Need {
        name: "npm",
        why: "the optimiser for the browser's half comes as an npm package",
        purpose: Purpose::Demo,
        look: |_, purpose| node::look_for_npm(purpose),
        install: |_, _| debian::install(&["npm"]),
    },
    Need {
        name: "wasm32 target of Rust",
        why: "the pages run in the browser as WebAssembly",
        purpose: Purpose::Demo,
        look: |paths, _| wasm::look(paths),
        install: |paths, _| wasm::install(paths),
    },
    Need {
        name: "node_modules",
        why: "wasm-opt makes the browser's half a third as large; playwright-core and axe-core drive and check the pages",
        purpose: Purpose::Demo,
        look: node::look,
        install: node::install,
    },
    Need {
        name: "ONNX Runtime",
        why: "it runs the models",
        purpose: Purpose::Demo,
        look: |paths, _| onnxruntime::look(paths),
        install: |paths, _| onnxruntime::install(paths),
    },
    Need {
        name: "Python environment",
        why: "the tests talk to the server with the clients that its users have",
        purpose: Purpose::Test,
        look: |paths, _| python::look(paths),
        install: |paths, _| python::install(paths),
    },
    Need {
        name: "libb64",
        why: "perf_analyzer, which measures the server in the tests, is linked to it",
        purpose: Purpose::Test,
        look: |_, _| python::look_for_base64(),
        install: |_, _| debian::install(&["libb64-0d"]),
    },
    Need {
        name: "PostgreSQL",
        why: "every query is tested on both engines",
        purpose: Purpose::Test,
        look: |_, _| postgres::look(),
        install: |_, _| debian::install(&["postgresql"]),
    },
    Need {
        name: "Chromium",
        why: "the pages are tested in a real browser",
        purpose: Purpose::Test,
        look: |_, _| node::look_for_chromium(),
        install: |_, _| debian::install(&["chromium"]),
    },
];

pub fn main(paths: &Paths, options: Options) -> Result<ExitCode> {
    let purpose = if options.demo { Purpose::Demo } else { Purpose::Test };
    if options.check { Ok(check(paths, purpose)) } else { ensure(paths, purpose).map(|()| ExitCode::SUCCESS) }
}

/// Installs what `purpose` lacks.
pub fn ensure(paths: &Paths, purpose: Purpose) -> Result<()> {
    for need in NEEDS.iter().filter(|need| need.purpose <= purpose) {
        match (need.look)(paths, purpose) {
            Found::Yes(which) => println!("✓ {}: {which}", need.name),
            Found::No(looked_for) => {
                println!("▸ {} is missing ({looked_for}). Installing it: {}.", need.name, need.why);
                (need.install)(paths, purpose)?;
                if let Found::No(looked_for) = (need.look)(paths, purpose) {
                    anyhow::bail!("{} was installed but is still not found ({looked_for})", need.name);
                }
            }
        }
    }
    Ok(())
}

fn check(paths: &Paths, purpose: Purpose) -> ExitCode {
    let (lines, missing) = told(purpose, |need| (need.look)(paths, purpose));
    lines.iter().for_each(|line| println!("{line}"));
    if missing == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What a look at everything that `purpose` needs has found, line by line, and how much is missing.
fn told(purpose: Purpose, look: impl Fn(&Need) -> Found) -> (Vec<String>, usize) {
    let mut missing = 0;
    let mut lines: Vec<String> = NEEDS
        .iter()
        .filter(|need| need.purpose <= purpose)
        .map(|need| match look(need) {
            Found::Yes(which) => format!("✓ {}: {which}", need.name),
            Found::No(looked_for) => {
                missing += 1;
                format!("✗ {} is missing ({looked_for}): {}", need.name, need.why)
            }
        })
        .collect();
    if missing > 0 {
        lines.push(format!("{missing} missing; `cargo xtask setup` installs them"));
    }
    (lines, missing)
}

/// The first line that a program prints about its version, if it can be started at all.
fn version_of(program: &str, arguments: &[&str]) -> Option<String> {
    let output = std::process::Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

/// Runs an installer quietly under its name.
fn install_with(name: &str, command: &mut std::process::Command) -> Result<()> {
    progress::quiet(name, command).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_machine_is_told_everything_and_why() {
        for (purpose, needed) in
            [(Purpose::Demo, NEEDS.iter().filter(|need| need.purpose == Purpose::Demo).count()), (Purpose::Test, NEEDS.len())]
        {
            let (lines, missing) = told(purpose, |need| Found::No(format!("no {}", need.name)));
            assert_eq!((lines.len(), missing), (needed + 1, needed));
            assert!(
                lines.iter().take(needed).all(|line| line.starts_with('✗') && line.contains(" is missing (no ")),
                "{lines:?}"
            );
            assert!(lines[needed].starts_with(&format!("{needed} missing")) && lines[needed].contains("cargo xtask setup"));
        }
    }

    #[test]
    fn only_what_is_missing_is_said_to_be() {
        let (lines, missing) = told(Purpose::Test, |need| match need.name {
            "Chromium" => Found::No("chromium".into()),
            _ => Found::Yes("1.0".into()),
        });
        assert_eq!(missing, 1);
        assert_eq!(lines.iter().filter(|line| line.starts_with('✓')).count(), NEEDS.len() - 1);
        assert!(
            lines.iter().any(|line| line == "✗ Chromium is missing (chromium): the pages are tested in a real browser"),
            "{lines:?}"
        );
        assert_eq!(told(Purpose::Test, |_| Found::Yes("1.0".into())).1, 0);
    }
}
