//! The statistics extension: cumulative counters, with every key that `perf_analyzer` reads, zeros included.

use super::refusal::Refusal;
use super::target::{Target, permit};
use crate::shared::Shared;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use contract::VersionNo;
use serde_json::{Value, json};
use serving::ServedStats;
use serving::routing::Counted;
use std::collections::BTreeMap;

/// One line per served name and version: the arms of a version are added up.
type Lines = BTreeMap<(String, VersionNo), ServedStats>;

pub async fn show_all_stats(State(shared): State<Shared>, headers: HeaderMap) -> Result<Json<Value>, Refusal> {
    permit(&shared, &headers).await?;
    let snapshot = shared.router.snapshot();
    let mut names: Vec<&String> = snapshot.routes.keys().chain(snapshot.asleep.keys()).collect();
    names.sort();
    let counted = collect(&shared);
    let lines = names.into_iter().flat_map(|name| stats_of(&shared, &counted, name, None)).collect::<Vec<_>>();
    Ok(Json(json!({ "model_stats": lines })))
}

pub async fn show_stats(State(shared): State<Shared>, target: Target, headers: HeaderMap) -> Result<Json<Value>, Refusal> {
    target.permit(&shared, &headers).await?;
    // Being looked at is no reason to wake up.
    if !target.sleeps(&shared) {
        target.served(&shared).await?;
    }
    Ok(Json(json!({ "model_stats": stats_of(&shared, &collect(&shared), &target.name, target.version) })))
}

fn collect(shared: &Shared) -> Lines {
    let mut lines = Lines::new();
    for stats in shared.router.stats() {
        let key = (stats.deployment.0.clone(), stats.version);
        match lines.get_mut(&key) {
            Some(line) => add(line, &stats),
            None => {
                lines.insert(key, stats);
            }
        }
    }
    lines
}

fn add(line: &mut ServedStats, more: &ServedStats) {
    line.last_inference = line.last_inference.max(more.last_inference);
    line.inference_count += more.inference_count;
    line.execution_count += more.execution_count;
    for (sum, part) in [
        (&mut line.success, more.success),
        (&mut line.fail, more.fail),
        (&mut line.queue, more.queue),
        (&mut line.compute_input, more.compute_input),
        (&mut line.compute_infer, more.compute_infer),
        (&mut line.compute_output, more.compute_output),
        (&mut line.cache_hit, more.cache_hit),
        (&mut line.cache_miss, more.cache_miss),
    ] {
        sum.count += part.count;
        sum.ns += part.ns;
    }
}

/// Every version of a name that is loaded or sleeps, also those that have not answered anything yet.
fn stats_of(shared: &Shared, counted: &Lines, name: &str, only: Option<VersionNo>) -> Vec<Value> {
    let snapshot = shared.router.snapshot();
    let known =
        snapshot.routes.get(name).map(|route| super::target::numbers(route)).or_else(|| snapshot.asleep.get(name).cloned());
    let numbers = known.unwrap_or_default().into_iter().filter(|version| only.is_none_or(|only| only == *version));
    numbers.map(|version| line(name, version, counted.get(&(name.to_owned(), version)))).collect()
}

fn line(name: &str, version: VersionNo, stats: Option<&ServedStats>) -> Value {
    let pair = |read: fn(&ServedStats) -> Counted| {
        stats.map(read).map_or_else(|| json!({ "count": 0, "ns": 0 }), |c| json!({ "count": c.count, "ns": c.ns }))
    };
    json!({
        "name": name,
        "version": version.to_string(),
        "last_inference": stats.and_then(|s| s.last_inference).map_or(0, |at| at.0),
        "inference_count": stats.map_or(0, |s| s.inference_count),
        "execution_count": stats.map_or(0, |s| s.execution_count),
        "inference_stats": {
            "success": pair(|s| s.success),
            "fail": pair(|s| s.fail),
            "queue": pair(|s| s.queue),
            "compute_input": pair(|s| s.compute_input),
            "compute_infer": pair(|s| s.compute_infer),
            "compute_output": pair(|s| s.compute_output),
            "cache_hit": pair(|s| s.cache_hit),
            "cache_miss": pair(|s| s.cache_miss),
        },
        "response_stats": {},
        "batch_stats": [],
        "memory_usage": [],
    })
}
