//! Where settings come from, each source by itself: a file, the environment, flags.

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Settings of one source; `None` where it does not say. The same names in the file, as flags (`--open-inference`) and as
/// `SLIPWAY_OPEN_INFERENCE`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, clap::Args)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Settings file (otherwise slipway.toml in the working directory, if there is one)
    #[arg(long, value_name = "FILE", global = true)]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// Address to listen on, as in 127.0.0.1:3000; port 0 takes a free one
    #[arg(long, value_name = "HOST:PORT")]
    pub addr: Option<String>,
    /// sqlite:PATH or postgres:…
    #[arg(long, value_name = "URL", global = true)]
    pub database_url: Option<String>,
    /// Where models and datasets lie: file:PATH
    #[arg(long, value_name = "URL", global = true)]
    pub artifacts: Option<String>,
    /// Folder for the database and artifacts where they are not named
    #[arg(long, value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,
    /// The ONNX Runtime library
    #[arg(long, value_name = "FILE")]
    pub ort_dylib: Option<PathBuf>,
    /// Name of this environment, shown on every page
    #[arg(long, value_name = "NAME")]
    pub environment: Option<String>,
    /// Made-up people with known passwords, inference without a token; loopback only
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true, global = true)]
    pub demo: Option<bool>,
    /// Answer /v2 without a token; loopback only
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub open_inference: Option<bool>,
    /// Send cookies over TLS only
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub cookie_secure: Option<bool>,
    /// Address under which people reach it, as in https://slipway.example
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// Largest request body in bytes
    #[arg(long, value_name = "BYTES")]
    pub body_limit: Option<usize>,
    /// Bytes that the bodies of all requests together may take in memory
    #[arg(long, value_name = "BYTES")]
    pub body_memory: Option<usize>,
    /// Connections at one time
    #[arg(long, value_name = "N")]
    pub connections: Option<usize>,
    /// Seconds that a caller may be silent while it sends a request or should read an answer
    #[arg(long, value_name = "SECONDS")]
    pub client_timeout_s: Option<u64>,
    /// Seconds that a connection may lie idle between two requests
    #[arg(long, value_name = "SECONDS")]
    pub idle_timeout_s: Option<u64>,
    /// Megabytes that models may take in memory; past it, those that nobody has asked for the longest time are unloaded
    #[arg(long, value_name = "MB")]
    pub model_memory_mb: Option<u64>,
    /// Days that realised quality is kept; 0 for good
    #[arg(long, value_name = "DAYS")]
    pub keep_quality_days: Option<u32>,
    /// Days that the looks of an ended rollout are kept; 0 for good
    #[arg(long, value_name = "DAYS")]
    pub keep_looks_days: Option<u32>,
    /// Days that outcomes are kept as they were posted, with the corrections of them; 0 for good
    #[arg(long, value_name = "DAYS")]
    pub keep_outcomes_days: Option<u32>,
    /// Megabytes of packed rows of the prediction log that are kept
    #[arg(long, value_name = "MB")]
    pub keep_log_mb: Option<u32>,
    /// Send alerts also into private networks, to this machine, and without TLS
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub private_destinations: Option<bool>,
    /// Folder of the site's files
    #[arg(long, value_name = "DIR")]
    pub site_root: Option<PathBuf>,
    /// What is logged, as in info,server=debug
    #[arg(long, value_name = "FILTER")]
    pub log: Option<String>,
    /// Log as JSON
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub log_json: Option<bool>,
}

impl Settings {
    /// These settings, and where they do not say, `under`.
    pub fn over(self, under: Settings) -> Settings {
        Settings {
            config: self.config.or(under.config),
            addr: self.addr.or(under.addr),
            database_url: self.database_url.or(under.database_url),
            artifacts: self.artifacts.or(under.artifacts),
            data: self.data.or(under.data),
            ort_dylib: self.ort_dylib.or(under.ort_dylib),
            environment: self.environment.or(under.environment),
            demo: self.demo.or(under.demo),
            open_inference: self.open_inference.or(under.open_inference),
            cookie_secure: self.cookie_secure.or(under.cookie_secure),
            public_url: self.public_url.or(under.public_url),
            body_limit: self.body_limit.or(under.body_limit),
            body_memory: self.body_memory.or(under.body_memory),
            connections: self.connections.or(under.connections),
            client_timeout_s: self.client_timeout_s.or(under.client_timeout_s),
            idle_timeout_s: self.idle_timeout_s.or(under.idle_timeout_s),
            model_memory_mb: self.model_memory_mb.or(under.model_memory_mb),
            keep_quality_days: self.keep_quality_days.or(under.keep_quality_days),
            keep_looks_days: self.keep_looks_days.or(under.keep_looks_days),
            keep_outcomes_days: self.keep_outcomes_days.or(under.keep_outcomes_days),
            keep_log_mb: self.keep_log_mb.or(under.keep_log_mb),
            private_destinations: self.private_destinations.or(under.private_destinations),
            site_root: self.site_root.or(under.site_root),
            log: self.log.or(under.log),
            log_json: self.log_json.or(under.log_json),
        }
    }
}

/// A settings file. A named one must exist; `slipway.toml` need not.
pub fn from_file(named: Option<&Path>) -> Result<Settings> {
    let path = named.unwrap_or(Path::new("slipway.toml"));
    match std::fs::read_to_string(path) {
        Ok(text) => toml::from_str(&text).with_context(|| format!("cannot read the settings in {}", path.display())),
        Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => Ok(Settings::default()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// The environment, by way of `get`. An empty variable says nothing.
pub fn from_environment(get: impl Fn(&str) -> Option<String>) -> Result<Settings> {
    let text = |name: &str| get(name).filter(|value| !value.is_empty());
    let flag = |name: &str| -> Result<Option<bool>> {
        match text(name).as_deref() {
            None => Ok(None),
            Some("1" | "true" | "yes" | "on") => Ok(Some(true)),
            Some("0" | "false" | "no" | "off") => Ok(Some(false)),
            Some(other) => bail!("{name} must be true or false, and is “{other}”"),
        }
    };
    let number = |name: &str| -> Result<Option<u64>> {
        text(name)
            .map(|value| value.parse().with_context(|| format!("{name} must be a whole number, and is “{value}”")))
            .transpose()
    };
    let size = |name: &str| -> Result<Option<usize>> { Ok(number(name)?.map(|n| usize::try_from(n).unwrap_or(usize::MAX))) };
    let days = |name: &str| -> Result<Option<u32>> {
        let parse =
            |days: String| days.parse().with_context(|| format!("{name} must be a number of days, 0 or more, and is “{days}”"));
        text(name).map(parse).transpose()
    };
    Ok(Settings {
        config: text("SLIPWAY_CONFIG").map(PathBuf::from),
        addr: text("SLIPWAY_ADDR"),
        database_url: text("DATABASE_URL"),
        artifacts: text("SLIPWAY_ARTIFACTS"),
        data: text("SLIPWAY_DATA").map(PathBuf::from),
        ort_dylib: text("ORT_DYLIB_PATH").map(PathBuf::from),
        environment: text("SLIPWAY_ENVIRONMENT"),
        demo: flag("SLIPWAY_DEMO")?,
        open_inference: flag("SLIPWAY_OPEN_INFERENCE")?,
        cookie_secure: flag("SLIPWAY_COOKIE_SECURE")?,
        public_url: text("SLIPWAY_PUBLIC_URL"),
        body_limit: size("SLIPWAY_BODY_LIMIT")?,
        body_memory: size("SLIPWAY_BODY_MEMORY")?,
        connections: size("SLIPWAY_CONNECTIONS")?,
        client_timeout_s: number("SLIPWAY_CLIENT_TIMEOUT_S")?,
        idle_timeout_s: number("SLIPWAY_IDLE_TIMEOUT_S")?,
        model_memory_mb: number("SLIPWAY_MODEL_MEMORY_MB")?,
        keep_quality_days: days("SLIPWAY_KEEP_QUALITY_DAYS")?,
        keep_looks_days: days("SLIPWAY_KEEP_LOOKS_DAYS")?,
        keep_outcomes_days: days("SLIPWAY_KEEP_OUTCOMES_DAYS")?,
        keep_log_mb: number("SLIPWAY_KEEP_LOG_MB")?.map(|mb| u32::try_from(mb).unwrap_or(u32::MAX)),
        private_destinations: flag("SLIPWAY_PRIVATE_DESTINATIONS")?,
        // The second name is what Leptos' own tools set.
        site_root: text("SLIPWAY_SITE_ROOT").or_else(|| text("LEPTOS_SITE_ROOT")).map(PathBuf::from),
        log: text("SLIPWAY_LOG").or_else(|| text("RUST_LOG")),
        log_json: flag("SLIPWAY_LOG_JSON")?,
    })
}

/// A variable of the environment.
#[expect(clippy::disallowed_methods, reason = "this is the one place that the environment comes in by")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Where remote commands go, and with which token: `SLIPWAY_URL` and `SLIPWAY_TOKEN`.
pub fn remote_from_environment() -> (Option<String>, Option<String>) {
    (variable("SLIPWAY_URL"), variable("SLIPWAY_TOKEN"))
}
