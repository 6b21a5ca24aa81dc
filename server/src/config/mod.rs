//! Settings: `slipway.toml`, overridden by the environment, overridden by flags. The environment is read here and nowhere else.

mod sources;

pub use sources::{Settings, from_environment, from_file, remote_from_environment};

use anyhow::{Context, Result, bail};
use control::monitoring::Retention;
use std::net::SocketAddr;
use std::path::PathBuf;

/// What the server runs with, complete and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where it listens; port 0 lets the kernel choose.
    pub addr: SocketAddr,
    /// The folder of everything that is kept here; its disk is watched.
    pub data: PathBuf,
    /// `sqlite:PATH` or `postgres:…`
    pub database_url: String,
    /// `file:PATH`
    pub artifacts: String,
    /// The ONNX Runtime library.
    pub ort_dylib: Option<PathBuf>,
    /// The program whose `trial-model` tries ONNX files in a process of its own; none are tried otherwise.
    pub trial_program: Option<PathBuf>,
    /// Shown beside the name of the product: `production`, `staging`, `demo` …
    pub environment: String,
    /// Made-up people with known passwords. Only on a loopback address.
    pub demo: bool,
    /// Whether `/v2` answers without a token. Only on a loopback address.
    pub open_inference: bool,
    /// Whether cookies are only sent over TLS.
    pub cookie_secure: bool,
    /// Address under which people reach it, without a slash at the end; otherwise made from `addr`.
    pub public_url: Option<String>,
    /// Largest request body, also after decompression.
    pub body_limit: usize,
    /// Bytes of all bodies that are being read or answered.
    pub body_memory: usize,
    /// Connections at one time.
    pub connections: usize,
    /// Seconds that a caller may take to send a request's head, or be silent within a body, or not read an answer.
    pub client_timeout_s: u64,
    /// Seconds that a connection may lie idle between two requests.
    pub idle_timeout_s: u64,
    /// How long counted history is kept.
    pub retention: Retention,
    /// Bytes that models may take in memory; `None` for as many as there are.
    pub model_memory: Option<u64>,
    /// Whether alerts may be sent into private networks and in the clear.
    pub private_destinations: bool,
    /// Folder of the site's files (`pkg/slipway.css` …).
    pub site_root: PathBuf,
    /// What is logged, as in `info,server=debug`.
    pub log: String,
    pub log_json: bool,
}

impl Config {
    /// File, environment and flags, put together. The file is `slipway.toml` in the working directory where none is named; only a
    /// named file must exist.
    pub fn load(flags: Settings) -> Result<Config> {
        let environment = from_environment(sources::variable)?;
        let file = from_file(flags.config.as_deref().or(environment.config.as_deref()))?;
        flags.over(environment).over(file).complete()
    }
}

impl Settings {
    /// Fills in what was not said, and refuses what must not be.
    pub fn complete(self) -> Result<Config> {
        let data = self.data.unwrap_or_else(|| PathBuf::from("data"));
        let demo = self.demo.unwrap_or(false);
        let addr = self.addr.unwrap_or_else(|| "127.0.0.1:3000".into());
        let addr: SocketAddr =
            addr.parse().with_context(|| format!("the address must look like 127.0.0.1:3000, and is “{addr}”"))?;
        let loopback = addr.ip().is_loopback();
        if demo && !loopback {
            bail!(
                "the demo has known passwords and is therefore refused on {addr}: give it a loopback address such as 127.0.0.1:3000"
            );
        }
        let open_inference = self.open_inference.unwrap_or(demo);
        if open_inference && !loopback {
            bail!("inference without a token is refused on {addr}: leave open_inference out, or listen on a loopback address");
        }
        let public_url = self.public_url.map(|url| url.trim_end_matches('/').to_owned());
        let body_limit = self.body_limit.unwrap_or(64 * 1024 * 1024);
        if body_limit < 1024 {
            bail!("body_limit is in bytes and must be at least 1024, and is {body_limit}");
        }
        let body_memory = self.body_memory.unwrap_or(512 << 20).max(body_limit);
        let (connections, client_timeout_s) = (self.connections.unwrap_or(4_096), self.client_timeout_s.unwrap_or(10));
        let idle_timeout_s = self.idle_timeout_s.unwrap_or(75);
        for (name, value) in
            [("connections", connections as u64), ("client_timeout_s", client_timeout_s), ("idle_timeout_s", idle_timeout_s)]
        {
            if value == 0 {
                bail!("{name} must be at least 1, and is 0");
            }
        }
        let otherwise = Retention::default();
        Ok(Config {
            addr,
            database_url: self.database_url.unwrap_or_else(|| format!("sqlite:{}", data.join("slipway.db").display())),
            artifacts: self.artifacts.unwrap_or_else(|| format!("file:{}", data.join("artifacts").display())),
            data,
            ort_dylib: self.ort_dylib,
            trial_program: None,
            environment: self.environment.unwrap_or_else(|| if demo { "demo".into() } else { "local".into() }),
            demo,
            open_inference,
            cookie_secure: self.cookie_secure.unwrap_or_else(|| public_url.as_ref().is_some_and(|url| url.starts_with("https:"))),
            public_url,
            body_limit,
            body_memory,
            connections,
            client_timeout_s,
            idle_timeout_s,
            model_memory: self.model_memory_mb.filter(|mb| *mb > 0).map(|mb| mb.saturating_mul(1 << 20)),
            retention: Retention {
                quality_days: self.keep_quality_days.unwrap_or(otherwise.quality_days),
                looks_days: self.keep_looks_days.unwrap_or(otherwise.looks_days),
                outcome_days: self.keep_outcomes_days.unwrap_or(otherwise.outcome_days),
                log_mb: self.keep_log_mb.unwrap_or(otherwise.log_mb),
            },
            private_destinations: self.private_destinations.unwrap_or(false),
            site_root: self.site_root.unwrap_or_else(|| PathBuf::from("site")),
            log: self.log.unwrap_or_else(|| "info".into()),
            log_json: self.log_json.unwrap_or(false),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_the_environment_and_that_over_the_file() {
        let file: Settings =
            toml::from_str("addr = \"127.0.0.1:1\"\nenvironment = \"file\"\nlog = \"warn\"\nkeep_looks_days = 30").unwrap();
        let environment = from_environment(|name| match name {
            "SLIPWAY_ADDR" => Some("127.0.0.1:2".into()),
            "SLIPWAY_ENVIRONMENT" => Some("environment".into()),
            "DATABASE_URL" => Some("sqlite:x.db".into()),
            "SLIPWAY_KEEP_QUALITY_DAYS" => Some("0".into()),
            _ => None,
        })
        .unwrap();
        let flags = Settings { addr: Some("127.0.0.1:3".into()), ..Settings::default() };
        let config = flags.over(environment).over(file).complete().unwrap();
        assert_eq!((config.addr.port(), config.environment.as_str(), config.log.as_str()), (3, "environment", "warn"));
        assert_eq!(config.database_url, "sqlite:x.db");
        assert_eq!(config.retention, Retention { quality_days: 0, looks_days: 30, outcome_days: 400, log_mb: 2_048 });
        assert_eq!((config.body_limit, config.demo, config.cookie_secure), (67_108_864, false, false));
    }

    #[test]
    fn what_is_dangerous_or_misspelt_is_refused() {
        for (settings, part) in [
            (Settings { demo: Some(true), addr: Some("0.0.0.0:80".into()), ..Settings::default() }, "loopback"),
            (Settings { open_inference: Some(true), addr: Some("0.0.0.0:80".into()), ..Settings::default() }, "loopback"),
            (Settings { addr: Some("nowhere".into()), ..Settings::default() }, "must look like"),
            (Settings { body_limit: Some(0), ..Settings::default() }, "body_limit"),
            (Settings { connections: Some(0), ..Settings::default() }, "connections"),
            (Settings { client_timeout_s: Some(0), ..Settings::default() }, "client_timeout_s"),
        ] {
            let error = format!("{:#}", settings.complete().unwrap_err());
            assert!(error.contains(part), "{error}");
        }
        assert!(toml::from_str::<Settings>("adress = \"x\"").is_err());
        let misspelt = from_environment(|name| (name == "SLIPWAY_DEMO").then(|| "maybe".into()));
        assert!(misspelt.unwrap_err().to_string().contains("SLIPWAY_DEMO"));
        let negative = from_environment(|name| (name == "SLIPWAY_KEEP_LOOKS_DAYS").then(|| "-1".into()));
        assert!(negative.unwrap_err().to_string().contains("SLIPWAY_KEEP_LOOKS_DAYS"));
    }

    #[test]
    fn the_demo_opens_inference_and_https_secures_cookies() {
        let demo = Settings { demo: Some(true), ..Settings::default() }.complete().unwrap();
        assert!(demo.open_inference && demo.environment == "demo");
        let public = Settings { public_url: Some("https://slipway.example/".into()), ..Settings::default() }.complete().unwrap();
        assert!(public.cookie_secure && !public.open_inference);
        assert_eq!(public.public_url.as_deref(), Some("https://slipway.example"));
    }
}
