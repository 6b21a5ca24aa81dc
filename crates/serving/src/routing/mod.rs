//! Which version answers which request: an in-memory snapshot, swapped whole, so that a change is one pointer store.

mod assign;
pub(crate) mod breaker;
mod chain;
mod counters;
mod fallback;
mod predict;
mod receipt;
mod router;
mod ruled;
mod shadow;

pub use assign::PPM;
pub use breaker::Standing;
pub use chain::fits;
pub use counters::{Counted, FallbackKind, ServedStats};
pub use predict::{PredictError, PredictRequest, PredictTimings, Prediction};
pub use router::{BreakerStanding, Router};
pub use ruled::rule_answers;

use crate::cache::Cache;
use crate::served::Served;
use contract::deployment::DeploymentSettings;
use contract::rollout::Arm;
use contract::{DeploymentName, Millis, VersionNo};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Everything that is served, at one moment.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    pub routes: HashMap<String, Arc<Route>>,
    /// Deployments that exist and whose versions are still being loaded.
    pub loading: HashSet<String>,
    /// Deployments that gave their memory to others because nobody asked them, with the versions that they come back with.
    pub asleep: HashMap<String, Vec<VersionNo>>,
}

/// How one deployment's requests are answered.
#[derive(Clone, Debug)]
pub struct Route {
    pub name: DeploymentName,
    pub settings: DeploymentSettings,
    pub stable: Arc<Served>,
    /// The version being rolled out, and its share of requests in millionths.
    pub canary: Option<(Arc<Served>, u32)>,
    /// Gets a copy of each request; its answers are recorded and not returned.
    pub shadow: Option<Arc<Served>>,
    /// The version that was stable before: resident, so that going back is a pointer swap.
    pub previous: Option<Arc<Served>>,
    /// Further versions that may be asked for by number.
    pub pinned: Vec<Arc<Served>>,
    /// Makes the assignment of keys to arms differ between rollouts. Constant during one.
    pub salt: String,
    /// Since when its versions are in memory.
    pub loaded: Millis,
    /// As the settings declare it. Handed on from route to route while the stable version stays the same.
    pub(crate) cache: Option<Arc<Cache>>,
}

impl Route {
    pub fn new(name: DeploymentName, settings: DeploymentSettings, stable: Arc<Served>) -> Route {
        let cache = settings.cache.map(|settings| Arc::new(Cache::new(settings)));
        Route {
            salt: name.0.clone(),
            loaded: Millis(0),
            name,
            settings,
            stable,
            canary: None,
            shadow: None,
            previous: None,
            pinned: Vec::new(),
            cache,
        }
    }

    /// Takes the cache of the route that this one replaces, unless the stable version or the settings are others: what an
    /// older version said is not given as what the new one says.
    pub(crate) fn inherit(&mut self, before: Option<&Route>) {
        let same = |before: &&Route| {
            let (old, new) = (&before.stable, &self.stable);
            (old.version, &old.model, before.settings.cache) == (new.version, &new.model, self.settings.cache)
        };
        if let Some(before) = before {
            self.loaded = before.loaded;
        }
        if let Some(before) = before.filter(same) {
            self.cache = before.cache.clone();
        }
    }

    /// Memory of all its versions together, bytes.
    pub fn memory_bytes(&self) -> u64 {
        self.versions().iter().map(|(served, _)| served.onnx.memory_bytes()).sum()
    }

    /// Answers that the cache keeps, and the bytes that they take; `None` without a cache.
    pub fn cached(&self) -> Option<(usize, usize)> {
        self.cache.as_ref().map(|cache| cache.size())
    }

    /// All resident versions with the arm that they stand for, each version once.
    pub fn versions(&self) -> Vec<(&Arc<Served>, Arm)> {
        let canary = self.canary.as_ref().map(|(served, _)| (served, Arm::Canary));
        let shadow = self.shadow.as_ref().map(|served| (served, Arm::Shadow));
        let others = self.previous.iter().chain(&self.pinned).map(|served| (served, Arm::Pilot));
        let mut versions: Vec<(&Arc<Served>, Arm)> = Vec::new();
        for (served, arm) in std::iter::once((&self.stable, Arm::Stable)).chain(canary).chain(shadow).chain(others) {
            if !versions.iter().any(|(seen, _)| seen.version == served.version && seen.model == served.model) {
                versions.push((served, arm));
            }
        }
        versions
    }

    /// A resident version by its number.
    pub fn version(&self, version: VersionNo) -> Option<&Arc<Served>> {
        self.versions().into_iter().map(|(served, _)| served).find(|served| served.version == version)
    }

    /// Which version answers a request with this routing key. The same key gets the same arm for as long as the weight
    /// does not fall: keys that are in the canary stay in it while its weight grows.
    pub fn assign(&self, key: &str) -> (&Arc<Served>, Arm) {
        match &self.canary {
            Some((canary, weight)) if assign::place(&self.salt, key) < *weight => (canary, Arm::Canary),
            _ => (&self.stable, Arm::Stable),
        }
    }
}
