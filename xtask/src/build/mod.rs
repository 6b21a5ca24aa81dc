//! `cargo xtask build`: the server, the browser's half, and the folder of files that the server hands out.
//!
//! The two halves are compiled from the same pages. The steps are Cargo twice, wasm-bindgen (as a library of the very
//! version that the pages use, so that the two can never disagree), wasm-opt, and precompressed copies.

mod compress;
mod server;
mod site;
mod wasm;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, ensure};

use crate::paths::Paths;
use crate::setup::{self, Purpose};

#[derive(clap::Args)]
pub struct Options {
    /// How much the compilers try: dev builds fastest, release runs fastest
    #[arg(long, value_enum, default_value_t = Profile::Dev)]
    profile: Profile,
}

/// What a build is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Profile {
    /// Edit, rebuild, look: nothing is optimised
    Dev,
    /// The server of `dev`, which the Rust tests have built anyway, with the browser's half of `demo`
    Test,
    /// What a request passes through is optimised, so that the first build stays short
    Demo,
    /// Everything is optimised
    Release,
}

/// What a build made.
pub struct Built {
    /// The program `slipway`.
    pub program: PathBuf,
    /// The folder that the server serves files from.
    pub site: PathBuf,
}

impl Built {
    /// What the server has to be told about the site. Never set while compiling: the pages would ask for other names.
    pub fn environment(&self) -> [(&'static str, OsString); 3] {
        [
            ("LEPTOS_OUTPUT_NAME", site::NAME.into()),
            ("LEPTOS_SITE_ROOT", self.site.clone().into()),
            ("LEPTOS_SITE_PKG_DIR", site::PACKAGE.into()),
        ]
    }
}

pub fn main(paths: &Paths, options: Options) -> Result<ExitCode> {
    setup::ensure(paths, Purpose::Demo)?;
    let built = build(paths, options.profile)?;
    println!("program: {}\nsite:    {}", built.program.display(), built.site.display());
    Ok(ExitCode::SUCCESS)
}

/// What the last build of this profile left, without a look at whether it is up to date.
pub fn last(paths: &Paths, profile: Profile) -> Result<Built> {
    let built = Built { program: server::program(paths, profile), site: site::folder(paths, profile) };
    ensure!(built.program.is_file() && built.site.is_dir(), "there is no build of {profile:?} yet: leave out --no-build");
    Ok(built)
}

/// The released server without pages, for what only talks to its interfaces.
pub fn server_alone(paths: &Paths, build: bool) -> Result<Built> {
    let profile = Profile::Release;
    let program = if build { server::build(paths, profile)? } else { server::program(paths, profile) };
    ensure!(program.is_file(), "there is no build of {profile:?} yet: leave out --no-build");
    Ok(Built { program, site: site::folder(paths, profile) })
}

/// Builds both halves and lays out the site; what is up to date is left as it is.
pub fn build(paths: &Paths, profile: Profile) -> Result<Built> {
    let program = server::build(paths, profile)?;
    let module = wasm::build(paths, profile)?;
    let site = site::lay_out(paths, profile, &module)?;
    Ok(Built { program, site })
}
