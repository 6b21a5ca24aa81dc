//! Which served model a request names, and whether the caller may use it.

use super::refusal::Refusal;
use crate::shared::Shared;
use crate::web::tokens::bearer;
use axum::extract::{FromRequestParts, Path};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use contract::role::Act;
use contract::{Problem, VersionNo};
use serde::Deserialize;
use serving::{Route, Served};
use std::sync::Arc;

/// `{m}` and `{v}` of the address: a deployment's name, and a version that bypasses the rollout.
#[derive(Clone, Debug)]
pub struct Target {
    pub name: String,
    pub version: Option<VersionNo>,
}

#[derive(Deserialize)]
struct Segments {
    model: String,
    version: Option<String>,
}

impl FromRequestParts<Shared> for Target {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Refusal> {
        let Path(Segments { model, version }) = Path::from_request_parts(parts, shared)
            .await
            .map_err(|e| Refusal::not_found(format!("unknown address: {}", e.body_text())))?;
        let version = match version {
            None => None,
            Some(text) => Some(VersionNo(text.parse().map_err(|_| {
                Refusal::not_found(format!("unknown version '{text}' of model '{model}': versions are whole numbers"))
            })?)),
        };
        Ok(Target { name: model, version })
    }
}

impl Target {
    /// Inference is open, or needs a valid token of any role.
    pub async fn permit(&self, shared: &Shared, headers: &HeaderMap) -> Result<(), Refusal> {
        permit(shared, headers).await
    }

    /// The deployment, if it is loaded; one that sleeps is loaded first.
    pub async fn route(&self, shared: &Shared) -> Result<Arc<Route>, Refusal> {
        shared.wake(&self.name, None).await?;
        // Nearly always: without taking part in the counts of what all requests share.
        if let Some(route) = shared.router.route(&self.name).filter(|_| !shared.is_unloaded(&self.name)) {
            return Ok(route);
        }
        let snapshot = shared.router.snapshot();
        if shared.is_unloaded(&self.name) {
            return Err(Refusal::later(format!("model '{}' is unloaded; load it first", self.name), 5));
        }
        match snapshot.routes.get(&self.name) {
            Some(route) => Ok(route.clone()),
            None if snapshot.loading.contains(&self.name) => Err(Refusal::later(format!("model '{}' is loading", self.name), 1)),
            None => Err(Refusal::not_found(format!("Request for unknown model: '{}' is not found", self.name))),
        }
    }

    /// Whether it is there, and loaded with the next request to it.
    pub fn sleeps(&self, shared: &Shared) -> bool {
        let has = |versions: &Vec<VersionNo>| self.version.is_none_or(|version| versions.contains(&version));
        shared.sleeps(&self.name) && shared.router.snapshot().asleep.get(&self.name).is_some_and(has)
    }

    /// The version that is named, or else the stable one.
    pub async fn served(&self, shared: &Shared) -> Result<Arc<Served>, Refusal> {
        let route = self.route(shared).await?;
        match self.version {
            None => Ok(route.stable.clone()),
            Some(version) => route.version(version).cloned().ok_or_else(|| {
                let loaded: Vec<String> = numbers(&route).iter().map(VersionNo::to_string).collect();
                let loaded = loaded.join(", ");
                Refusal::not_found(format!(
                    "Request for unknown model: '{}' version {version} is not found; loaded: {loaded}",
                    self.name
                ))
            }),
        }
    }
}

/// Any valid token may infer; nobody needs one where inference is open.
pub async fn permit(shared: &Shared, headers: &HeaderMap) -> Result<(), Refusal> {
    match bearer(headers) {
        None if shared.config.open_inference => Ok(()),
        None => Err(Problem::unauthenticated("inference needs a token: send the header Authorization: Bearer slp_…").into()),
        Some(token) => Ok(shared.tokens.actor(&shared.cx, token?).await.map(|_| ())?),
    }
}

/// Loading and unloading change what is served: they need the role that registers versions.
pub async fn permit_repository(shared: &Shared, headers: &HeaderMap) -> Result<(), Refusal> {
    match bearer(headers) {
        None => permit(shared, headers).await,
        Some(token) => Ok(shared.tokens.actor(&shared.cx, token?).await?.must(Act::Register)?),
    }
}

/// The versions of a deployment that are loaded, ascending.
pub fn numbers(route: &Route) -> Vec<VersionNo> {
    let mut numbers: Vec<VersionNo> = route.versions().into_iter().map(|(served, _)| served.version).collect();
    numbers.sort();
    numbers
}
