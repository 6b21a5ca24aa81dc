//! The router: holds the snapshot, swaps it, counts what was answered.

use super::breaker::Standing;
use super::counters::{Registry, ServedStats};
use super::{Route, Snapshot};
use crate::record::Recorder;
use crate::served::Served;
use arc_swap::ArcSwap;
use contract::{DeploymentName, VersionNo};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How the circuit breaker of one version in one deployment stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakerStanding {
    pub deployment: DeploymentName,
    pub version: VersionNo,
    pub standing: Standing,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Router {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub snapshot: ArcSwap<Snapshot>,
    pub recorder: Recorder,
    pub counters: Registry,
    pub inflight: AtomicUsize,
}

impl Router {
    pub fn new(recorder: Recorder) -> Router {
        let inner =
            Inner { snapshot: ArcSwap::default(), recorder, counters: Registry::default(), inflight: AtomicUsize::new(0) };
        Router { inner: Arc::new(inner) }
    }

    /// What is served right now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.inner.snapshot.load_full()
    }

    pub fn route(&self, deployment: &str) -> Option<Arc<Route>> {
        self.inner.snapshot.load().routes.get(deployment).cloned()
    }

    /// Replaces everything at once. Requests that are on their way finish on what they started with.
    pub fn publish(&self, snapshot: Snapshot) {
        self.inner.snapshot.rcu(|now| {
            let mut next = snapshot.clone();
            next.routes
                .iter_mut()
                .for_each(|(name, route)| Arc::make_mut(route).inherit(now.routes.get(name).map(|route| &**route)));
            next
        });
    }

    /// Replaces one deployment's route; it counts as loaded from now on.
    pub fn set_route(&self, route: Route) {
        let now = (self.inner.recorder.clock)();
        self.change(|snapshot| {
            let mut route = Route { loaded: now, ..route.clone() };
            snapshot.loading.remove(route.name.as_str());
            snapshot.asleep.remove(route.name.as_str());
            route.inherit(snapshot.routes.get(route.name.as_str()).map(|route| &**route));
            snapshot.routes.insert(route.name.0.clone(), Arc::new(route));
        });
    }

    pub fn remove_route(&self, deployment: &str) {
        self.change(|snapshot| {
            snapshot.routes.remove(deployment);
            snapshot.loading.remove(deployment);
            snapshot.asleep.remove(deployment);
        });
    }

    /// Lets a deployment's versions go. Requests that are on their way keep theirs until they are answered.
    pub fn set_asleep(&self, deployment: &str) {
        self.change(|snapshot| {
            if let Some(route) = snapshot.routes.remove(deployment) {
                let mut versions: Vec<VersionNo> = route.versions().into_iter().map(|(served, _)| served.version).collect();
                versions.sort();
                snapshot.asleep.insert(deployment.to_owned(), versions);
            }
        });
    }

    /// The deployment exists, and is loaded with these versions when somebody asks for the first time.
    pub fn set_asleep_with(&self, deployment: &str, mut versions: Vec<VersionNo>) {
        versions.sort();
        self.change(|snapshot| {
            snapshot.routes.remove(deployment);
            snapshot.loading.remove(deployment);
            snapshot.asleep.insert(deployment.to_owned(), versions.clone());
        });
    }

    /// Whether the deployment has to be loaded again before it can answer.
    pub fn is_asleep(&self, deployment: &str) -> bool {
        let snapshot = self.inner.snapshot.load();
        !snapshot.asleep.is_empty() && snapshot.asleep.contains_key(deployment)
    }

    /// The deployment exists; requests to it are told to come back.
    pub fn set_loading(&self, deployment: &str) {
        self.change(|snapshot| {
            snapshot.loading.insert(deployment.to_owned());
        });
    }

    fn change(&self, change: impl Fn(&mut Snapshot)) {
        self.inner.snapshot.rcu(|now| {
            let mut next = Snapshot::clone(now);
            change(&mut next);
            next
        });
    }

    /// Whether everything that should be served is loaded.
    pub fn ready(&self) -> bool {
        self.inner.snapshot.load().loading.is_empty()
    }

    /// Counters of everything that was served since the process started, by deployment, version and arm.
    pub fn stats(&self) -> Vec<ServedStats> {
        self.inner.counters.read()
    }

    /// How the circuit breaker of every resident version stands, by deployment and version.
    pub fn breakers(&self) -> Vec<BreakerStanding> {
        let snapshot = self.inner.snapshot.load();
        let of = |route: &Arc<Route>| {
            let one = |served: &Served| BreakerStanding {
                deployment: route.name.clone(),
                version: served.version,
                standing: served.breaker.standing(),
            };
            route.versions().into_iter().map(|(served, _)| one(served)).collect::<Vec<_>>()
        };
        let mut all: Vec<BreakerStanding> = snapshot.routes.values().flat_map(of).collect();
        all.sort_by(|a, b| (&a.deployment, a.version).cmp(&(&b.deployment, b.version)));
        all
    }

    /// Requests that are being answered.
    pub fn inflight(&self) -> usize {
        self.inner.inflight.load(Ordering::Relaxed)
    }

    pub fn recorder(&self) -> &Recorder {
        &self.inner.recorder
    }
}
