//! A trial in a process of its own: a model that makes the runtime crash takes the child down, and not the server.
//!
//! The runtime reports what it notices; a file made with care can still make it fault. Only a process boundary holds that.

use crate::inspect::{Reason, Rejected};
use crate::model::{LoadError, LoadOptions};
use crate::runtime::Runtime;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The program that is started for a trial: ours, with a subcommand that calls [`child`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    pub program: PathBuf,
    pub args: Vec<OsString>,
    /// A trial that takes longer is stopped, and the file refused.
    pub limit: Duration,
}

/// What the child does with the bytes that came on its standard input: load the model and run two made-up rows.
///
/// Returns the exit code, and what goes to standard output: empty, or the refusal as a sentence.
pub fn child(runtime: &Runtime, bytes: &[u8]) -> (u8, String) {
    let options = LoadOptions { sessions: 1, ..LoadOptions::default() };
    match runtime.load(bytes, options) {
        Ok(_) => (0, String::new()),
        Err(error) => (1, error.to_string()),
    }
}

/// Trials of one process: a file that has passed is not tried again.
pub(crate) struct Trials {
    trial: Trial,
    /// SHA-256 of what has passed.
    passed: Mutex<HashSet<[u8; 32]>>,
}

impl Trials {
    pub fn new(trial: Trial) -> Self {
        Self { trial, passed: Mutex::default() }
    }

    pub fn run(&self, bytes: &[u8]) -> Result<(), LoadError> {
        let hash: [u8; 32] = Sha256::digest(bytes).into();
        let passed = || self.passed.lock().unwrap_or_else(PoisonError::into_inner);
        if passed().contains(&hash) {
            return Ok(());
        }
        self.trial.run(bytes)?;
        passed().insert(hash);
        Ok(())
    }
}

impl Trial {
    /// Tries `bytes` in a child process. Blocks for as long as the trial takes.
    ///
    /// `Ok` says that loading it here is safe as far as a trial can tell. Files that [`crate::inspect::inspect`] refuses
    /// should not come this far: its reasons are better.
    pub fn run(&self, bytes: &[u8]) -> Result<(), LoadError> {
        let system = |error: std::io::Error| LoadError::System(format!("a trial could not be run: {error}"));
        let mut child = Command::new(&self.program)
            .args(&self.args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(system)?;
        let mut input = child.stdin.take();
        let bytes = bytes.to_vec();
        // A child that dies stops reading: the error of the write is the exit status's to explain.
        let writer = std::thread::spawn(move || input.as_mut().is_some_and(|input| input.write_all(&bytes).is_ok()));
        let started = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().map_err(system)? {
                break Some(status);
            }
            if started.elapsed() > self.limit {
                child.kill().map_err(system)?;
                child.wait().map_err(system)?;
                break None;
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        if writer.join().is_err() {
            tracing::error!("the writer of a trial panicked");
        }
        let mut said = String::new();
        if let Some(output) = child.stdout.as_mut() {
            output.take(10_000).read_to_string(&mut said).map_err(system)?;
        }
        match status.map(|status| status.code()) {
            Some(Some(0)) => Ok(()),
            Some(Some(1)) if !said.trim().is_empty() => Err(LoadError::Runtime(said.trim().to_owned())),
            Some(_) => Err(crashed(
                "In a trial run the model made the runtime crash. It is not loaded: the server would go down with it.".into(),
            )),
            None => Err(crashed(format!("In a trial run the model did not load within {} s.", self.limit.as_secs()))),
        }
    }
}

fn crashed(message: String) -> LoadError {
    LoadError::Rejected(Rejected::new(Reason::Crashed, message))
}
