//! What is watched, as Prometheus reads it: how far each feature has drifted, and how well each version does.

use contract::Millis;
use contract::time::SECOND;
use control::{Actor, Ctx, Outcome, monitoring, outcomes};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// Reading windows costs queries: scrapes that come faster than this see the same numbers.
const FRESH: i64 = 10 * SECOND;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByFeature {
    deployment: String,
    feature: String,
    method: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByMetric {
    deployment: String,
    version: String,
    metric: String,
    kind: &'static str,
}

type Number = Gauge<f64, AtomicU64>;

#[derive(Default)]
pub struct Watched {
    drift: Family<ByFeature, Number>,
    quality: Family<ByMetric, Number>,
    read_at: AtomicI64,
}

impl Watched {
    pub fn new(registry: &mut Registry) -> Self {
        let watched = Self::default();
        registry.register(
            "drift_distance",
            "Distance of a feature from its reference over the drift window",
            Family::clone(&watched.drift),
        );
        registry.register(
            "quality",
            "Quality of a version over the last day: realised from outcomes that are known, estimated before they are",
            Family::clone(&watched.quality),
        );
        watched
    }

    /// Reads the newest numbers, unless that was done just now. What there is too little data for is not there.
    pub async fn refresh(&self, cx: &Ctx) -> Outcome<()> {
        let now = cx.now();
        let before = self.read_at.swap(now.0, Ordering::AcqRel);
        if now - Millis(before) < FRESH {
            self.read_at.store(before, Ordering::Release);
            return Ok(());
        }
        let who = Actor::system();
        self.drift.clear();
        self.quality.clear();
        for name in cx.book.all().iter().filter(|(_, known)| known.stable.is_some()).map(|(name, _)| name) {
            let drift = monitoring::drift_now(cx, &who, name, monitoring::last(cx, contract::time::HOUR), None).await?;
            for row in drift.features {
                let Some(distance) = row.now.distance else { continue };
                let method = if row.measure.starts_with('W') { "wasserstein" } else { "jensen_shannon" };
                let labels = ByFeature { deployment: name.0.clone(), feature: row.feature, method: method.into() };
                self.drift.get_or_create(&labels).set(distance);
            }
            let quality = outcomes::quality(cx, &who, name, monitoring::last(cx, contract::time::DAY)).await?;
            let metric = quality.measure.to_lowercase().replace(' ', "_");
            let realised = quality.versions.iter().map(|line| (line.version, line.estimate, "realised"));
            let estimated = quality.estimated.iter().map(|line| (line.version, line.estimate, "estimated"));
            for (version, estimate, kind) in realised.chain(estimated) {
                let Some(estimate) = estimate else { continue };
                let labels = ByMetric { deployment: name.0.clone(), version: version.to_string(), metric: metric.clone(), kind };
                self.quality.get_or_create(&labels).set(estimate.value);
            }
        }
        Ok(())
    }
}
