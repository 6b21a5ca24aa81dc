//! The server as a whole: built from its settings, run until it is asked to stop.

use crate::background;
use crate::config::Config;
use crate::edge::{self, Limits};
use crate::meters::Meters;
use crate::router::router;
use crate::shared::{Parts, Shared};
use crate::web::tokens::Tokens;
use anyhow::{Context, Result, bail};
use arc_swap::ArcSwap;
use axum::Router;
use control::alerts::Outbound;
use control::{Ctx, Site, SystemClock, deployments, identity};
use leptos::config::{Env, LeptosOptions};
use serving::trial::Trial;
use serving::{Recorder, RecorderOptions, Records, Runtime};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use store::{Blobs, Db, Store};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// How long requests that were accepted may take to finish after the server was asked to stop.
const GRACE: Duration = Duration::from_secs(20);

/// How long a model may take to load in its trial.
const TRIAL_LIMIT: Duration = Duration::from_secs(60);

/// Listening, and ready to run.
pub struct Server {
    listener: TcpListener,
    addr: SocketAddr,
    shared: Shared,
    router: Router,
    records: Records,
    stop: watch::Sender<bool>,
}

/// The folder of SQLite's file; `None` for Postgres and in memory.
fn database_folder(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite:").filter(|path| !path.contains(":memory:"))?;
    let folder = PathBuf::from(path.split('?').next().unwrap_or(path)).parent()?.to_owned();
    Some(if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder })
}

/// The folder whose disk must not fill: where the database is written, or else the artifacts.
fn written_folder(config: &Config) -> PathBuf {
    let artifacts = || config.artifacts.strip_prefix("file:").map(PathBuf::from);
    database_folder(&config.database_url).or_else(artifacts).unwrap_or_else(|| config.data.clone())
}

/// The tables and the files, brought up to date.
pub async fn open_store(config: &Config) -> Result<Store> {
    if let Some(folder) = database_folder(&config.database_url) {
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let db = Db::open(&config.database_url).await.context("cannot open the database")?;
    let blobs = Blobs::open(&config.artifacts).context("cannot open the artifact store")?;
    Ok(Store { db, blobs })
}

/// The hands of the product without serving: for commands that work on the store.
pub async fn open_ctx(config: &Config) -> Result<Ctx> {
    let site = Site { address: address(config, config.addr), environment: config.environment.clone(), demo: config.demo };
    Ok(Ctx::new(open_store(config).await?, Arc::new(SystemClock)).with_site(site))
}

impl Server {
    /// Opens the store, starts ONNX Runtime and takes the address. Nothing is answered yet.
    pub async fn build(config: Config) -> Result<Server> {
        let Some(dylib) = config.ort_dylib.clone() else {
            bail!("ORT_DYLIB_PATH must name ONNX Runtime's library; `cargo xtask setup` fetches it and says where it is");
        };
        let mut runtime = Runtime::start(&dylib).context("ONNX Runtime does not start")?;
        if let Some(program) = config.trial_program.clone() {
            runtime = runtime.with_trial(Trial { program, args: vec!["trial-model".into(), dylib.into()], limit: TRIAL_LIMIT });
        }
        let listener = TcpListener::bind(config.addr).await.with_context(|| format!("cannot listen on {}", config.addr))?;
        let addr = listener.local_addr()?;
        let site = Site { address: address(&config, addr), environment: config.environment.clone(), demo: config.demo };
        let cx = Ctx::new(open_store(&config).await?, Arc::new(SystemClock))
            .with_site(site)
            .with_retention(config.retention)
            .with_model_memory(config.model_memory)
            .with_outbound(Outbound { private: config.private_destinations })
            .with_runtime(runtime);
        let clock = cx.clone();
        let (recorder, records) = Recorder::new(Arc::new(move || clock.now()), RecorderOptions::default());
        let predictions = serving::Router::new(recorder);
        let cx = cx.with_router(predictions.clone());
        let (stop, stopping) = watch::channel(false);
        let shared = Shared::from(Parts {
            cx,
            router: predictions,
            tokens: Tokens::default(),
            meters: Meters::default(),
            leptos: leptos_options(&config, addr),
            config,
            stopping,
            started: AtomicBool::default(),
            unloaded: ArcSwap::default(),
        });
        let router = router(shared.clone());
        Ok(Server { listener, addr, shared, router, records, stop })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where people and programs reach it.
    pub fn url(&self) -> &str {
        &self.shared.cx.site.address
    }

    /// Answers until `shutdown` is done; then finishes what was accepted, writes what was answered, and returns.
    pub async fn run_until(self, shutdown: impl Future<Output = ()> + Send + 'static) -> Result<()> {
        let Server { listener, shared, router, records, stop, .. } = self;
        if shared.cx.site.demo {
            identity::seed_demo(&shared.cx).await.context("cannot make the demo's people")?;
        }
        let (finish, finishing) = watch::channel(false);
        let mut work = background::start(&shared.cx, records, written_folder(&shared.config), &finishing);
        let loading = shared.clone();
        work.spawn(async move {
            // Until this is done the server lives but is not ready; what fails to load is shown where it is deployed.
            if let Err(problem) = deployments::reload(&loading.cx).await {
                tracing::error!(%problem, "what is deployed could not be loaded");
            }
            loading.started.store(true, Ordering::Release);
            tracing::info!(url = loading.cx.site.address, "ready");
        });
        let limits = limits(&shared.config);
        let stopping = {
            let shared = shared.clone();
            async move { shared.stopped().await }
        };
        let mut serving = tokio::spawn(edge::serve(listener, shared.clone(), router, limits, stopping));
        tokio::select! {
            ended = &mut serving => {
                ended.context("the server's task ended")?;
                bail!("the server stopped listening by itself");
            }
            () = shutdown => {}
        }
        tracing::info!("stopping: finishing what was accepted");
        // An error means that nobody listens any more.
        let _ = stop.send(true);
        match tokio::time::timeout(GRACE, &mut serving).await {
            Ok(ended) => ended.context("the server's task ended")?,
            Err(_) => {
                tracing::warn!(seconds = GRACE.as_secs(), "some requests did not finish in time");
                serving.abort();
            }
        }
        // Only now, so that the records of the last requests are written too.
        let _ = finish.send(true);
        if tokio::time::timeout(GRACE, async { while work.join_next().await.is_some() {} }).await.is_err() {
            tracing::warn!("some background work did not finish in time");
            work.abort_all();
        }
        Ok(())
    }
}

fn limits(config: &Config) -> Limits {
    Limits {
        connections: config.connections,
        body: config.body_limit,
        body_memory: config.body_memory,
        patience: Duration::from_secs(config.client_timeout_s),
        idle: Duration::from_secs(config.idle_timeout_s),
    }
}

fn address(config: &Config, addr: SocketAddr) -> String {
    config.public_url.clone().unwrap_or_else(|| format!("http://{addr}"))
}

fn leptos_options(config: &Config, addr: SocketAddr) -> LeptosOptions {
    LeptosOptions::builder()
        .output_name("slipway")
        .site_root(config.site_root.to_string_lossy().into_owned())
        .site_pkg_dir("pkg")
        .env(Env::PROD)
        .site_addr(addr)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    #[test]
    fn the_disk_that_is_watched_is_the_one_that_is_written_to() {
        for (database, artifacts, folder) in [
            ("sqlite:/srv/db/slipway.db?mode=rwc", "file:/srv/files", "/srv/db"),
            ("sqlite:slipway.db", "file:/srv/files", "."),
            ("postgres://localhost/slipway", "file:/srv/files", "/srv/files"),
            ("sqlite::memory:", "file:/srv/files", "/srv/files"),
        ] {
            let settings =
                Settings { database_url: Some(database.into()), artifacts: Some(artifacts.into()), ..Settings::default() };
            assert_eq!(written_folder(&settings.complete().unwrap()), PathBuf::from(folder), "{database}");
        }
    }
}
