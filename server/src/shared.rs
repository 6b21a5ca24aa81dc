//! What every handler may reach: the hands of the product, the settings, and what is counted.

use crate::config::Config;
use crate::meters::Meters;
use crate::web::tokens::Tokens;
use arc_swap::ArcSwap;
use axum::extract::FromRef;
use control::Ctx;
use leptos::config::LeptosOptions;
use std::collections::HashSet;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::watch;

/// One pointer: the router clones it several times for each request.
#[derive(Clone)]
pub struct Shared(Arc<Parts>);

impl Deref for Shared {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl From<Parts> for Shared {
    fn from(parts: Parts) -> Shared {
        Shared(Arc::new(parts))
    }
}

/// What [`Shared`] points at.
pub struct Parts {
    pub cx: Ctx,
    /// Answers inference; the same that `cx` holds.
    pub router: serving::Router,
    pub config: Config,
    pub tokens: Tokens,
    pub meters: Meters,
    pub leptos: LeptosOptions,
    /// Turns true when the server is asked to stop, so that endless answers end.
    pub stopping: watch::Receiver<bool>,
    /// Whether what is deployed has been loaded once.
    pub started: AtomicBool,
    /// Served names that were taken out of service by the repository extension.
    pub unloaded: ArcSwap<HashSet<String>>,
}

impl FromRef<Shared> for LeptosOptions {
    fn from_ref(shared: &Shared) -> LeptosOptions {
        shared.leptos.clone()
    }
}

impl FromRef<Shared> for Ctx {
    fn from_ref(shared: &Shared) -> Ctx {
        shared.cx.clone()
    }
}

impl Shared {
    /// Ends when the server is asked to stop.
    pub async fn stopped(&self) {
        let mut stopping = self.stopping.clone();
        // An error means that the server itself is gone.
        let _ = stopping.wait_for(|stopping| *stopping).await;
    }

    /// Whether requests can be answered: everything deployed was loaded, and nobody has asked to stop.
    pub fn is_ready(&self) -> bool {
        self.started.load(Ordering::Acquire) && !*self.stopping.borrow()
    }

    /// Whether a deployment has to be loaded before it answers; one that somebody has unloaded stays as it is.
    pub fn sleeps(&self, name: &str) -> bool {
        self.router.is_asleep(name) && !self.is_unloaded(name)
    }

    /// Loads a deployment that sleeps; one that somebody has unloaded stays so. `within` is how long the caller waits.
    pub async fn wake(&self, name: &str, within: Option<Duration>) -> control::Outcome<()> {
        if self.sleeps(name) {
            control::deployments::wake_within(&self.cx, &name.into(), within).await?;
        }
        Ok(())
    }

    pub fn is_unloaded(&self, name: &str) -> bool {
        let unloaded = self.unloaded.load();
        !unloaded.is_empty() && unloaded.contains(name)
    }

    pub fn set_unloaded(&self, name: &str, unloaded: bool) {
        self.unloaded.rcu(|names| {
            let mut names = HashSet::clone(names);
            if unloaded {
                names.insert(name.to_owned())
            } else {
                names.remove(name)
            };
            names
        });
    }
}
