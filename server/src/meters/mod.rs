//! What Prometheus reads: requests, their latency and where it went, and the state of rollouts and alerts.

mod lines;
mod process;
mod runtime;
mod spread;
mod standing;
mod watched;

pub use lines::Line;

use crate::shared::Shared;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use lines::{Became, Lines};
use process::Process;
use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use runtime::Runtime;
use serving::{FallbackKind, PredictError, Prediction};
use standing::Standings;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use watched::Watched;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByKind {
    deployment: String,
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByVersion {
    deployment: String,
    version: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByDeployment {
    deployment: String,
}

/// Counters and histograms of this process. What a request updates is in [`lines`].
pub struct Meters {
    registry: Registry,
    lines: Lines,
    fallback: Family<ByKind, Counter>,
    inflight: Gauge,
    weight: Family<ByDeployment, Gauge<f64, AtomicU64>>,
    age: Family<ByDeployment, Gauge>,
    firing: Gauge,
    dropped: Gauge,
    unwritten: Gauge,
    runtime: Runtime,
    standings: Standings,
    watched: Watched,
}

impl Default for Meters {
    fn default() -> Self {
        let mut all = Registry::default();
        all.register_collector(Box::new(Process));
        let registry = all.sub_registry_with_prefix("slipway");
        let lines = Lines::new(registry);
        let fallback = Family::default();
        let (inflight, firing, dropped, unwritten) = (Gauge::default(), Gauge::default(), Gauge::default(), Gauge::default());
        let (weight, age) = (Family::default(), Family::default());
        registry.register("fallback", "Requests that something else than the chosen version answered", Family::clone(&fallback));
        registry.register("inflight", "Requests being answered now", inflight.clone());
        registry.register(
            "rollout_weight",
            "Share of requests for the canary, percent; 0 without a rollout",
            Family::clone(&weight),
        );
        registry.register_with_unit(
            "model_age",
            "Since the stable version was trained; registered, where its lineage has no trained_at",
            Unit::Seconds,
            Family::clone(&age),
        );
        registry.register("alerts_firing", "Alerts that fire now", firing.clone());
        registry.register("records_dropped", "Predictions that were answered but not recorded since the start", dropped.clone());
        let help = "Since when what is answered cannot be written to the database; 0 while it can";
        registry.register_with_unit("recording_failing", help, Unit::Seconds, unwritten.clone());
        let runtime = Runtime::new(registry);
        let standings = Standings::new(registry);
        let watched = Watched::new(registry);
        Self { registry: all, lines, fallback, inflight, weight, age, firing, dropped, unwritten, runtime, standings, watched }
    }
}

impl Meters {
    /// The handles that an answer is counted with, once it is encoded.
    pub fn line(&self, deployment: &str, prediction: &Prediction) -> Arc<Line> {
        if let Some(kind) = prediction.fallback {
            self.fallback.get_or_create(&ByKind { deployment: deployment.to_owned(), kind }).inc();
        }
        self.lines.of(deployment, prediction.version, prediction.arm)
    }

    pub fn refused(&self, deployment: &str, error: &PredictError) {
        let outcome = match error {
            // Not under a caller's made-up name: label values must stay few.
            PredictError::UnknownDeployment(_) => return,
            PredictError::UnknownVersion { .. } | PredictError::BadInput(_) => "refused",
            PredictError::NotReady(_) | PredictError::Overloaded { .. } | PredictError::TooLate(..) => "shed",
            PredictError::DeadlineExceeded => "deadline",
            PredictError::Unavailable { .. } | PredictError::Failed(_) => "failed",
        };
        let became = Became { deployment: deployment.to_owned(), version: String::new(), arm: String::new(), outcome };
        self.lines.requests.get_or_create(&became).inc();
    }
}

/// `GET /metrics`
pub async fn show_metrics(State(shared): State<Shared>) -> Response {
    let meters: &Meters = &shared.meters;
    let router = &shared.router;
    for (name, route) in &router.snapshot().routes {
        let weight = route.canary.as_ref().map_or(0.0, |(_, millionths)| f64::from(*millionths) / 10_000.0);
        meters.weight.get_or_create(&ByDeployment { deployment: name.clone() }).set(weight);
        // Declared fallbacks are there from the start: a rate over a counter that appears late misses its first step.
        for fallback in &route.settings.fallback {
            let kind = FallbackKind::of(fallback).word();
            drop(meters.fallback.get_or_create(&ByKind { deployment: name.clone(), kind }));
        }
    }
    for (name, known) in shared.cx.book.all().iter() {
        if let Some(stable) = known.stable_version() {
            let age = (shared.cx.now() - stable.trained_at) / 1_000;
            meters.age.get_or_create(&ByDeployment { deployment: name.0.clone() }).set(age);
        }
    }
    meters.runtime.refresh(router);
    if let Err(problem) = meters.watched.refresh(&shared.cx).await {
        tracing::warn!(%problem, "drift and quality could not be read for a scrape");
    }
    if let Ok(firing) = control::alerts::firing(&shared.cx).await {
        meters.firing.set(i64::from(firing));
    }
    meters.standings.refresh(router);
    meters.inflight.set(i64::try_from(router.inflight()).unwrap_or(i64::MAX));
    let writing = &shared.cx.writing;
    meters.dropped.set(i64::try_from(router.recorder().dropped().saturating_add(writing.lost())).unwrap_or(i64::MAX));
    meters.unwritten.set(writing.failing_since().map_or(0, |since| (shared.cx.now() - since) / 1_000 + 1));
    let mut text = String::new();
    match encode(&mut text, &meters.registry) {
        Ok(()) => ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
