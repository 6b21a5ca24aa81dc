//! What Prometheus reads: requests, their latency and where it went, and the state of rollouts and alerts.

mod watched;

use crate::shared::Shared;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use serving::{PredictError, Prediction};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use watched::Watched;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    deployment: String,
    version: String,
    arm: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByVersion {
    deployment: String,
    version: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByKind {
    deployment: String,
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByDeployment {
    deployment: String,
}

/// Counters and histograms of this process. Cheap to update: no lock but a read lock per label set.
pub struct Meters {
    registry: Registry,
    requests: Family<Answered, Counter>,
    duration: Family<ByVersion, Histogram>,
    queued: Family<ByVersion, Histogram>,
    compute: Family<ByVersion, Histogram>,
    rows: Family<ByVersion, Histogram>,
    fallback: Family<ByKind, Counter>,
    inflight: Gauge,
    weight: Family<ByDeployment, Gauge<f64, AtomicU64>>,
    age: Family<ByDeployment, Gauge>,
    firing: Gauge,
    dropped: Gauge,
    watched: Watched,
}

/// From 100 µs to about 13 s, doubling.
fn seconds() -> Histogram {
    Histogram::new((0..18).map(|i| 0.000_1 * f64::from(1_u32 << i)))
}

fn row_counts() -> Histogram {
    Histogram::new((0..13).map(|i| f64::from(1_u32 << i)))
}

impl Default for Meters {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("slipway");
        let requests = Family::default();
        let duration = Family::new_with_constructor(seconds as fn() -> Histogram);
        let queued = Family::new_with_constructor(seconds as fn() -> Histogram);
        let compute = Family::new_with_constructor(seconds as fn() -> Histogram);
        let rows = Family::new_with_constructor(row_counts as fn() -> Histogram);
        let fallback = Family::default();
        let (inflight, firing, dropped) = (Gauge::default(), Gauge::default(), Gauge::default());
        let (weight, age) = (Family::default(), Family::default());
        registry.register("requests", "Predict requests by what became of them", Family::clone(&requests));
        registry.register_with_unit(
            "request_duration",
            "From the decoded request to the answer",
            Unit::Seconds,
            Family::clone(&duration),
        );
        registry.register_with_unit("queue_duration", "Waiting for a batch", Unit::Seconds, Family::clone(&queued));
        registry.register_with_unit("compute_duration", "In the model", Unit::Seconds, Family::clone(&compute));
        registry.register("batch_size", "Rows of a request", Family::clone(&rows));
        registry.register("fallback", "Requests that something else than the chosen version answered", Family::clone(&fallback));
        registry.register("inflight", "Requests being answered now", inflight.clone());
        registry.register(
            "rollout_weight",
            "Share of requests for the canary, percent; 0 without a rollout",
            Family::clone(&weight),
        );
        registry.register_with_unit("model_age", "Since the stable version was registered", Unit::Seconds, Family::clone(&age));
        registry.register("alerts_firing", "Alerts that fire now", firing.clone());
        registry.register("records_dropped", "Predictions that were answered but not recorded since the start", dropped.clone());
        let watched = Watched::new(&mut registry);
        Self { registry, requests, duration, queued, compute, rows, fallback, inflight, weight, age, firing, dropped, watched }
    }
}

impl Meters {
    pub fn answered(&self, deployment: &str, prediction: &Prediction) {
        let labels = ByVersion { deployment: deployment.to_owned(), version: prediction.version.to_string() };
        self.duration.get_or_create(&labels).observe(prediction.timings.total.as_secs_f64());
        self.queued.get_or_create(&labels).observe(prediction.timings.queued.as_secs_f64());
        self.compute.get_or_create(&labels).observe(prediction.timings.compute.as_secs_f64());
        self.rows.get_or_create(&labels).observe(prediction.rows as f64);
        if let Some(kind) = prediction.fallback {
            self.fallback.get_or_create(&ByKind { deployment: deployment.to_owned(), kind }).inc();
        }
        let outcome = if prediction.fallback.is_some() { "fallback" } else { "answered" };
        let ByVersion { deployment, version } = labels;
        self.requests.get_or_create(&Answered { deployment, version, arm: prediction.arm.word().to_owned(), outcome }).inc();
    }

    pub fn refused(&self, deployment: &str, error: &PredictError) {
        let outcome = match error {
            // Not under a caller's made-up name: label values must stay few.
            PredictError::UnknownDeployment(_) => return,
            PredictError::UnknownVersion { .. } | PredictError::BadInput(_) => "refused",
            PredictError::NotReady(_) | PredictError::Overloaded { .. } | PredictError::TooLate(..) => "shed",
            PredictError::DeadlineExceeded => "deadline",
            PredictError::Failed(_) => "failed",
        };
        self.requests
            .get_or_create(&Answered { deployment: deployment.to_owned(), version: String::new(), arm: String::new(), outcome })
            .inc();
    }
}

/// `GET /metrics`
pub async fn show_metrics(State(shared): State<Shared>) -> Response {
    let meters: &Arc<Meters> = &shared.meters;
    let router = &shared.router;
    for (name, route) in &router.snapshot().routes {
        let weight = route.canary.as_ref().map_or(0.0, |(_, millionths)| f64::from(*millionths) / 10_000.0);
        meters.weight.get_or_create(&ByDeployment { deployment: name.clone() }).set(weight);
    }
    for (name, known) in shared.cx.book.all().iter() {
        if let Some(stable) = known.stable_version() {
            let age = (shared.cx.now() - stable.registered_at) / 1_000;
            meters.age.get_or_create(&ByDeployment { deployment: name.0.clone() }).set(age);
        }
    }
    if let Err(problem) = meters.watched.refresh(&shared.cx).await {
        tracing::warn!(%problem, "drift and quality could not be read for a scrape");
    }
    if let Ok(firing) = control::alerts::firing(&shared.cx).await {
        meters.firing.set(i64::from(firing));
    }
    meters.inflight.set(i64::try_from(router.inflight()).unwrap_or(i64::MAX));
    meters.dropped.set(i64::try_from(router.recorder().dropped()).unwrap_or(i64::MAX));
    let mut text = String::new();
    match encode(&mut text, &meters.registry) {
        Ok(()) => ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
