//! The model repository extension: which versions are there, and loading or unloading a served name.
//!
//! What is served is declared in deployments; loading reads the declaration again, unloading gives the memory back and stops serving the
//! name in this process until it is loaded or the process starts again. Files never come in this way: versions are registered.

use super::compress;
use super::infer::read_body;
use super::refusal::Refusal;
use super::target::{Target, permit, permit_repository};
use crate::json::parse;
use crate::shared::Shared;
use axum::Json;
use axum::body::Body as RequestBody;
use axum::extract::State;
use axum::http::HeaderMap;
use contract::{DeploymentName, VersionNo};
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    ready: bool,
    parameters: Map<String, Value>,
}

/// The protocol lets these bodies be empty.
async fn read(shared: &Shared, headers: &HeaderMap, body: RequestBody) -> Result<Body, Refusal> {
    let limit = shared.config.body_limit;
    let body = compress::unpack(headers, read_body(headers, body, limit).await?, limit)?;
    if body.is_empty() {
        return Ok(Body::default());
    }
    parse(&body).map_err(|e| Refusal::bad(format!("failed to parse the request JSON: {e}")))
}

pub async fn list_repository(
    State(shared): State<Shared>,
    headers: HeaderMap,
    body: RequestBody,
) -> Result<Json<Vec<Value>>, Refusal> {
    permit(&shared, &headers).await?;
    let only_ready = read(&shared, &headers, body).await?.ready;
    let snapshot = shared.router.snapshot();
    let mut lines = Vec::new();
    let mut line = |name: &str, version: VersionNo, reason: &str, ready: bool| {
        if ready || !only_ready {
            let state = if ready { "READY" } else { "UNAVAILABLE" };
            lines.push(json!({ "name": name, "version": version.to_string(), "state": state, "reason": reason }));
        }
    };
    let mut routes: Vec<_> = snapshot.routes.iter().collect();
    routes.sort_by_key(|(name, _)| *name);
    for (name, route) in routes {
        let unloaded = shared.is_unloaded(name);
        let mut versions: Vec<_> = route.versions().into_iter().map(|(served, _)| served).collect();
        versions.sort_by_key(|served| served.version);
        for served in versions {
            let reason = if unloaded { Some("unloaded") } else { served.onnx.broken() };
            line(name, served.version, reason.unwrap_or_default(), reason.is_none());
        }
    }
    let mut asleep: Vec<_> = snapshot.asleep.iter().collect();
    asleep.sort();
    for (name, versions) in asleep {
        let unloaded = shared.is_unloaded(name);
        let reason = if unloaded { "unloaded" } else { "asleep: loaded with the next request" };
        versions.iter().for_each(|version| line(name, *version, reason, !unloaded));
    }
    if !only_ready {
        lines.extend(
            snapshot
                .loading
                .iter()
                .filter(|name| !snapshot.routes.contains_key(*name))
                .map(|name| json!({ "name": name, "version": "", "state": "LOADING", "reason": "" })),
        );
    }
    Ok(Json(lines))
}

pub async fn load_model(
    State(shared): State<Shared>,
    target: Target,
    headers: HeaderMap,
    body: RequestBody,
) -> Result<Json<Value>, Refusal> {
    permit_repository(&shared, &headers).await?;
    if let Some(key) =
        read(&shared, &headers, body).await?.parameters.keys().find(|key| *key == "config" || key.starts_with("file:"))
    {
        return Err(Refusal::bad(format!(
            "parameter '{key}' is not supported: register the version first, with slipway push or POST /api/v1"
        )));
    }
    control::deployments::reload_one(&shared.cx, &DeploymentName(target.name.clone())).await?;
    shared.set_unloaded(&target.name, false);
    target.route(&shared).await?;
    Ok(Json(json!({ "name": target.name, "load": true })))
}

pub async fn unload_model(
    State(shared): State<Shared>,
    target: Target,
    headers: HeaderMap,
    body: RequestBody,
) -> Result<Json<Value>, Refusal> {
    permit_repository(&shared, &headers).await?;
    read(&shared, &headers, body).await?;
    let snapshot = shared.router.snapshot();
    let known = |name: &String| {
        snapshot.routes.contains_key(name) || snapshot.asleep.contains_key(name) || snapshot.loading.contains(name)
    };
    if !known(&target.name) {
        return Err(Refusal::not_found(format!("Request for unknown model: '{}' is not found", target.name)));
    }
    // From here on nothing wakes it; then what it has in memory goes.
    shared.set_unloaded(&target.name, true);
    control::deployments::put_to_sleep(&shared.cx, &DeploymentName(target.name.clone())).await?;
    Ok(Json(json!({ "name": target.name, "unload": true })))
}
