//! Versions in memory: read from the store, verified by their hash, loaded once and kept as long as they are in use.

use super::KnownVersion;
use crate::registry::{self, Version};
use crate::{Ctx, Outcome};
use contract::deployment::DeploymentSettings;
use contract::{ModelName, Problem, VersionNo};
use serving::{LoadOptions, Route, Served, Tuning};
use std::sync::Arc;
use std::time::Duration;

/// A version with what serving and monitoring need of it. A version that does not load is known all the same, with the reason.
pub struct Loaded {
    pub known: Arc<KnownVersion>,
    pub served: Option<Arc<Served>>,
}

/// Loads a version, or takes it from what `running` serves already.
pub async fn version(cx: &Ctx, settings: &DeploymentSettings, no: VersionNo, running: Option<&Route>) -> Outcome<Loaded> {
    let version = registry::version(cx, &settings.model, no).await?;
    let baseline = registry::baseline(cx, &version).await?.map(Arc::new);
    let served = match cx.router() {
        Err(_) => None,
        Ok(_) => Some(served(cx, settings, &version, running).await),
    };
    let (served, load_error) = match served {
        None => (None, None),
        Some(Ok(served)) => (Some(served), None),
        Some(Err(problem)) => {
            tracing::error!(model = %settings.model, version = %no, %problem, "a version could not be loaded");
            (None, Some(problem.detail))
        }
    };
    let known = KnownVersion {
        version: no,
        contract: Arc::new(version.contract),
        baseline,
        registered_at: version.registered_at,
        load_error,
    };
    Ok(Loaded { known: Arc::new(known), served })
}

async fn served(cx: &Ctx, settings: &DeploymentSettings, version: &Version, running: Option<&Route>) -> Outcome<Arc<Served>> {
    let same = |served: &Arc<Served>| {
        served.version == version.version && served.model == settings.model && served.contract == version.contract
    };
    let find = |route: &Route| route.versions().into_iter().map(|(served, _)| served.clone()).find(same);
    if let Some(served) = running.and_then(find) {
        served.onnx.tune(tuning(settings));
        return Ok(served);
    }
    // Not shared between deployments: each has a queue of its own, so that none starves another.
    let runtime = cx.runtime()?.clone();
    let bytes = registry::onnx_bytes(cx, version).await?;
    let options = LoadOptions::default().tuned(tuning(settings));
    let (model, no, contract) = (settings.model.clone(), version.version, version.contract.clone());
    let loaded = tokio::task::spawn_blocking(move || load(&runtime, &bytes, options, model, no, contract)).await;
    loaded.map_err(|error| Problem::internal(format!("Loading version {} stopped: {error}", version.version)))?
}

/// How requests wait, as the deployment declares it.
fn tuning(settings: &DeploymentSettings) -> Tuning {
    Tuning {
        max_batch: settings.max_batch,
        queue_rows: settings.queue_rows,
        latency_budget: Duration::try_from_secs_f64(settings.latency_budget() / 1e3).ok(),
        priority_levels: settings.priority_levels,
    }
}

fn load(
    runtime: &serving::Runtime,
    bytes: &[u8],
    options: LoadOptions,
    model: ModelName,
    no: VersionNo,
    contract: contract::Contract,
) -> Outcome<Arc<Served>> {
    let onnx = runtime
        .load(bytes, options)
        .map_err(|error| Problem::conflict(format!("Version {no} of {model} could not be loaded: {error}")))?;
    let served = Arc::new(Served::new(model, no, contract, onnx));
    warm_up(&served);
    Ok(served)
}

/// One row through the model, so that the first request does not pay for what the runtime puts off. What it says does not matter.
fn warm_up(served: &Served) {
    let row: Vec<serving::Value> = served.contract.features.iter().map(super::snippets::typical).collect();
    for rows in [1, 8] {
        if let Err(error) = served.evaluate_blocking(&vec![row.clone(); rows]) {
            tracing::debug!(served = served.name(), %error, "the model did not like the made-up row of the warm-up");
            return;
        }
    }
}
