//! How circuit breakers and prediction caches stand, as Prometheus reads it.

use super::ByVersion;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use serving::Router;
use serving::routing::Standing;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Lookup {
    deployment: String,
    version: String,
    result: &'static str,
}

#[derive(Default)]
pub struct Standings {
    open: Family<ByVersion, Gauge>,
    lookups: Family<Lookup, Gauge>,
}

impl Standings {
    pub fn new(registry: &mut Registry) -> Self {
        let standings = Self::default();
        registry.register(
            "breaker_open",
            "1 while a version is left alone because it failed too often, or is being tried again",
            Family::clone(&standings.open),
        );
        registry.register(
            "cache_lookups",
            "Requests that were looked up in the prediction cache since the start, by result",
            Family::clone(&standings.lookups),
        );
        standings
    }

    pub fn refresh(&self, router: &Router) {
        self.open.clear();
        for breaker in router.breakers() {
            let labels = ByVersion { deployment: breaker.deployment.0, version: breaker.version.to_string() };
            self.open.get_or_create(&labels).set(i64::from(breaker.standing != Standing::Closed));
        }
        self.lookups.clear();
        for stats in router.stats() {
            for (result, counted) in [("hit", stats.cache_hit), ("miss", stats.cache_miss)] {
                // The arms of a version are added up.
                let (deployment, version) = (stats.deployment.0.clone(), stats.version.to_string());
                let count = i64::try_from(counted.count).unwrap_or(i64::MAX);
                if stats.cache_hit.count + stats.cache_miss.count > 0 {
                    self.lookups.get_or_create(&Lookup { deployment, version, result }).inc_by(count);
                }
            }
        }
    }
}
