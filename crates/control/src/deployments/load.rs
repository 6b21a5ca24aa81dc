//! Versions in memory: read from the store, verified by their hash, loaded once and kept as long as they are in use.

use super::KnownVersion;
use super::golden::{self, Checked};
use crate::registry::{self, Version};
use crate::{Ctx, Outcome, blocking};
use contract::deployment::DeploymentSettings;
use contract::{DeploymentName, Millis, Problem, VersionNo};
use serving::{LoadOptions, Model, Route, Served, Tuning};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A version with what serving and monitoring need of it. A version that does not load is known all the same, with the reason.
pub struct Loaded {
    pub known: Arc<KnownVersion>,
    pub served: Option<Arc<Served>>,
    /// What its golden check said, if it was loaded just now.
    pub checked: Option<Checked>,
    /// Of its file, bytes.
    pub file_bytes: u64,
}

/// Whose versions are loaded: a deployment with its settings, its stable version, and what it serves already.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    pub name: &'a DeploymentName,
    pub settings: &'a DeploymentSettings,
    pub stable: Option<VersionNo>,
    pub running: Option<&'a Route>,
    /// Whether what does not run is loaded; otherwise it is only known.
    pub load: bool,
}

/// Loads a version, or takes it from what runs already.
pub async fn version(cx: &Ctx, place: Place<'_>, no: VersionNo) -> Outcome<Loaded> {
    let settings = place.settings;
    let version = registry::version(cx, &settings.model, no).await?;
    let baseline = registry::baseline(cx, &version).await?.map(Arc::new);
    let served = match cx.router() {
        Ok(_) if place.load => Some(served(cx, place, &version).await),
        _ => None,
    };
    let (served, checked, load_error) = match served {
        None => (None, None, None),
        Some(Ok((served, checked))) => (Some(served), checked, None),
        Some(Err(problem)) => {
            tracing::error!(model = %settings.model, version = %no, %problem, "a version could not be loaded");
            // Where nothing runs that could go on, the fallback chain answers in its place.
            let stand_in = place.stable == Some(no) && place.running.is_none_or(|route| route.stable.onnx.broken().is_some());
            let broken = || {
                Arc::new(Served::new(
                    settings.model.clone(),
                    no,
                    version.contract.clone(),
                    Model::in_place_of(&version.contract, problem.detail.clone()),
                ))
            };
            (stand_in.then(broken), None, Some(problem.detail.clone()))
        }
    };
    let known = KnownVersion {
        version: no,
        contract: Arc::new(version.contract),
        baseline,
        registered_at: version.registered_at,
        trained_at: trained_at(&version.lineage, version.registered_at),
        load_error,
    };
    Ok(Loaded { known: Arc::new(known), served, checked, file_bytes: version.file_bytes })
}

async fn served(cx: &Ctx, place: Place<'_>, version: &Version) -> Outcome<(Arc<Served>, Option<Checked>)> {
    let Place { name, settings, stable, running, .. } = place;
    let same = |served: &Arc<Served>| {
        served.version == version.version
            && served.model == settings.model
            && served.contract == version.contract
            && served.onnx.broken().is_none()
    };
    let find = |route: &Route| route.versions().into_iter().map(|(served, _)| served.clone()).find(same);
    if let Some(served) = running.and_then(find) {
        served.onnx.tune(tuning(settings));
        return Ok((served, None));
    }
    // Not shared between deployments: each has a queue of its own, so that none starves another.
    let runtime = cx.runtime()?.clone();
    let bytes = registry::onnx_bytes(cx, version).await?;
    let recordings = golden::warming(cx, name, version, stable).await?;
    let options = LoadOptions::default().tuned(tuning(settings));
    let (model, no, contract, check) = (settings.model.clone(), version.version, version.contract.clone(), settings.golden_check);
    blocking(move || {
        let failed = |why: String| Problem::conflict(format!("Version {no} of {model} could not be loaded: {why}"));
        let onnx = runtime.load(&bytes, options).map_err(|error| failed(error.to_string()))?;
        let served = Arc::new(Served::new(model.clone(), no, contract, onnx));
        warm_up(&served);
        let checked = golden::ask_again(&served, &recordings, check).map_err(failed)?;
        Ok((served, Some(checked)))
    })
    .await?
}

/// `trained_at` of the lineage; nothing can be trained after it was registered.
pub(crate) fn trained_at(lineage: &BTreeMap<String, String>, registered_at: Millis) -> Millis {
    lineage.get("trained_at").and_then(|text| Millis::parse(text)).map_or(registered_at, |at| at.min(registered_at))
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

/// One row through the model, so that the first request does not pay for what the runtime puts off. What it says does not matter.
fn warm_up(served: &Served) {
    let row: Vec<serving::Value> = served.contract.features.iter().map(super::snippets::typical).collect();
    for rows in [1, 8, 1, 8] {
        if let Err(error) = served.evaluate_blocking(&vec![row.clone(); rows]) {
            tracing::debug!(served = served.name(), %error, "the model did not like the made-up row of the warm-up");
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lineage_says_when_a_version_was_trained() {
        let registered = Millis::parse("2026-03-17T14:20:00Z").expect("a time");
        for (said, trained) in [
            (None, "2026-03-17T14:20:00Z"),
            (Some("2026-01-02T03:04:05Z"), "2026-01-02T03:04:05Z"),
            (Some("last week"), "2026-03-17T14:20:00Z"),
            (Some("2030-01-01T00:00:00Z"), "2026-03-17T14:20:00Z"),
        ] {
            let lineage = said.map(|said| ("trained_at".to_owned(), said.to_owned())).into_iter().collect();
            assert_eq!(Some(trained_at(&lineage, registered)), Millis::parse(trained), "{said:?}");
        }
    }
}
