//! `slipway serve`

use super::Verdict;
use crate::config::{Config, Settings};
use crate::server::Server;
use anyhow::{Context, Result};
use std::io::IsTerminal;
use std::time::Duration;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// What threads that still work may take when everything else is done.
const LAST: Duration = Duration::from_secs(1);

pub fn run(settings: Settings) -> Result<Verdict> {
    let mut config = Config::load(settings)?;
    config.trial_program = std::env::current_exe().ok();
    start_log(&config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start the runtime")?;
    let ended = runtime.block_on(async {
        let server = Server::build(config).await?;
        println!("Slipway listens on {}", server.url());
        server.run_until(asked_to_stop()).await
    });
    // Whatever has not ended by now, such as a write to a database that does not answer, is not waited for.
    runtime.shutdown_timeout(LAST);
    ended.map(|()| Verdict::Yes)
}

fn start_log(config: &Config) -> Result<()> {
    let filter = EnvFilter::try_new(&config.log).with_context(|| format!("the log filter “{}” cannot be read", config.log))?;
    let registry = tracing_subscriber::registry().with(filter);
    if config.log_json {
        registry.with(tracing_subscriber::fmt::layer().json().with_writer(std::io::stderr)).init();
    } else {
        registry
            .with(
                tracing_subscriber::fmt::layer()
                    .with_target(false)
                    .with_ansi(std::io::stderr().is_terminal())
                    .with_writer(std::io::stderr),
            )
            .init();
    }
    Ok(())
}

/// Ctrl-C, or the signal that service managers send.
async fn asked_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = interrupt.await;
}
