//! ONNX Runtime, loaded once per process from its library file.

use crate::trial::{Trial, Trials};
use ort::environment::Environment;
use ort::logging::LogLevel;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Bounds for everything that runs in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuntimeOptions {
    /// Memory that all models together may take for intermediate results, bytes. Past it a run fails; the process lives on.
    pub memory_limit: usize,
}

impl Default for RuntimeOptions {
    fn default() -> Self {
        Self { memory_limit: 8 << 30 }
    }
}

/// Why the runtime did not start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    #[error("ONNX Runtime's library was not found at {0}. `cargo xtask setup` fetches it; ORT_DYLIB_PATH names it.")]
    Missing(PathBuf),
    #[error("ONNX Runtime did not start from {path}: {cause}")]
    Failed { path: PathBuf, cause: String },
    #[error("ONNX Runtime runs already, from {0}: a process holds one")]
    Other(PathBuf),
}

/// The running ONNX Runtime. Cheap to clone.
#[derive(Clone)]
pub struct Runtime {
    pub(crate) environment: Environment,
    pub(crate) trials: Option<Arc<Trials>>,
    path: Arc<PathBuf>,
    version: Arc<str>,
}

/// One environment lives as long as the process; a second start from the same file gets the same one.
static STARTED: Mutex<Option<Runtime>> = Mutex::new(None);

impl Runtime {
    /// Loads the library at `dylib` with the default bounds. Never panics.
    pub fn start(dylib: &Path) -> Result<Runtime, StartError> {
        Self::start_with(dylib, RuntimeOptions::default())
    }

    pub fn start_with(dylib: &Path, options: RuntimeOptions) -> Result<Runtime, StartError> {
        let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = &*started {
            return if *runtime.path == *dylib {
                Ok(runtime.clone())
            } else {
                Err(StartError::Other(runtime.path.to_path_buf()))
            };
        }
        if !dylib.is_file() {
            return Err(StartError::Missing(dylib.to_path_buf()));
        }
        // A library that is not ONNX Runtime makes the binding panic in places.
        let environment = catch_unwind(AssertUnwindSafe(|| build(dylib, options)))
            .unwrap_or_else(|_| Err("the library is not ONNX Runtime".into()))
            .map_err(|cause| StartError::Failed { path: dylib.to_path_buf(), cause })?;
        let runtime = Runtime { environment, trials: None, path: Arc::new(dylib.to_path_buf()), version: version(dylib).into() };
        *started = Some(runtime.clone());
        Ok(runtime)
    }

    /// The same runtime, which tries each file in a child process before it loads it here.
    #[must_use]
    pub fn with_trial(self, trial: Trial) -> Runtime {
        Runtime { trials: Some(Arc::new(Trials::new(trial))), ..self }
    }

    /// `1.31.1`
    pub fn version(&self) -> &str {
        &self.version
    }
}

fn build(dylib: &Path, options: RuntimeOptions) -> Result<Environment, String> {
    let environment = ort::init_from(dylib)
        .map_err(|error| error.to_string())?
        .with_name("slipway")
        .with_telemetry(false)
        .with_logger(Arc::new(log))
        .build()
        .map_err(|error| error.to_string())?;
    environment.set_log_level(LogLevel::Warning);
    crate::arena::limit(&environment, options.memory_limit)?;
    Ok(environment)
}

/// The release, as the build names its branch (`git-branch=rel-1.31.1`), or else as the file is called (`….so.1.31.1`).
fn version(dylib: &Path) -> String {
    let built = ort::info().split("rel-").nth(1).and_then(number);
    let called = dylib.file_name().and_then(|name| name.to_str()).and_then(|name| name.split(".so.").nth(1)).and_then(number);
    built.or(called).unwrap_or_else(|| "unknown".into())
}

/// The version number at the start of `text`.
fn number(text: &str) -> Option<String> {
    let digits: String = text.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    Some(digits.trim_matches('.').to_owned()).filter(|digits| digits.contains('.'))
}

/// The runtime's own messages, in our log.
fn log(level: LogLevel, _category: &str, _id: &str, place: &str, message: &str) {
    match level {
        LogLevel::Error | LogLevel::Fatal => tracing::warn!(target: "onnxruntime", place, "{message}"),
        LogLevel::Warning => tracing::info!(target: "onnxruntime", place, "{message}"),
        LogLevel::Info | LogLevel::Verbose => tracing::debug!(target: "onnxruntime", place, "{message}"),
    }
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Runtime({} from {})", self.version, self.path.display())
    }
}
