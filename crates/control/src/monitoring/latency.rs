//! The latency page of a deployment.

use super::parts::{self, FEWEST};
use super::window::Operations;
use super::{changes_of, head, read, spans};
use crate::words::{count, fine_ms, ms};
use crate::{Actor, Ctx, Outcome};
use contract::inputs::TimeRange;
use contract::role::Act;
use contract::rollout::Arm;
use contract::verdict::State;
use contract::views::latency::{LatencyTotals, LatencyView, VersionLatency};
use contract::views::parts::{Answer, Point};
use contract::{DeploymentName, Millis, VersionNo};
use read::Ops;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// Points of a chart over time.
const POINTS: usize = 90;

pub async fn latency(cx: &Ctx, who: &Actor, name: &DeploymentName, range: TimeRange) -> Outcome<LatencyView> {
    who.must(Act::View)?;
    let (known, head) = head(cx, name, range).await?;
    let range = head.range();
    let (span, windows) = read::operations(cx, name, range).await?;
    let (bucket, starts) = spans::buckets(range, span, POINTS);
    let live: Vec<&Ops> = windows.iter().filter(|window| window.arm != Arm::Shadow).collect();
    let all = read::by_bucket(live.iter().copied(), bucket, &starts);
    let total = read::sum(live.iter().copied());
    let route = cx.router().ok().and_then(|router| router.route(name.as_str()));
    let pairs: BTreeSet<(Reverse<VersionNo>, Arm)> = windows.iter().map(|window| (Reverse(window.version), window.arm)).collect();
    let versions = pairs.into_iter().map(|(Reverse(version), arm)| {
        let mine = || windows.iter().filter(move |window| window.version == version && window.arm == arm);
        let loaded = route.as_ref().and_then(|route| route.version(version));
        VersionLatency {
            memory_bytes: loaded.map(|served| served.onnx.memory_bytes()),
            ..one(version, arm, &read::by_bucket(mine(), bucket, &starts), &read::sum(mine()), seconds(range))
        }
    });
    let over = |of: &dyn Fn(&Operations) -> Option<f64>| -> Vec<Point> {
        all.iter().map(|(at, ops)| Point { at: *at, value: of(ops) }).collect()
    };
    let parts = parts::parts(&total);
    let (parts_title, parts_sentence) = parts::parts_words(parts::means(&total));
    let requests = total.counts.requests;
    Ok(LatencyView {
        head,
        answer: answer(&total, known.settings.p99_limit_ms, range),
        p99_limit_ms: known.settings.p99_limit_ms,
        span_ms: bucket,
        relative_error: stats::sketch::ERROR,
        versions: versions.collect(),
        parts,
        parts_title,
        parts_sentence,
        parts_over_time_ms: (0..4).map(|i| over(&|ops| parts::means(ops).map(|means| means[i]))).collect(),
        overhead_sentence: parts::overhead_words(&parts),
        throughput_per_second: rates(cx, &all, bucket),
        batch_rows: over(&|ops| (ops.counts.runs > 0.0).then(|| ops.counts.run_rows as f64 / ops.counts.runs)),
        batches_sentence: parts::batches_words(&total.runs),
        failed: over(&|ops| Some(ops.counts.failed as f64)),
        by_fallback: over(&|ops| Some(ops.counts.fallback as f64)),
        totals: LatencyTotals {
            requests,
            failed: total.counts.failed,
            by_fallback: total.counts.fallback,
            degraded_share: (requests > 0).then(|| total.counts.degraded() as f64 / requests as f64),
            slow: total.counts.slow,
            violations: total.counts.violations,
            requests_per_second: requests as f64 / seconds(range),
        },
        changes: changes_of(cx, name, range).await?,
    })
}

fn seconds(range: TimeRange) -> f64 {
    (range.to - range.from).max(1) as f64 / 1e3
}

/// Requests a second; the bucket that is not over yet is divided by what has passed of it.
pub fn rates(cx: &Ctx, all: &[(Millis, Operations)], bucket: i64) -> Vec<Point> {
    rates_of(cx, all.iter().map(|(at, ops)| (*at, ops.counts.requests)), bucket)
}

/// The same, of requests that have been counted.
pub(super) fn rates_of(cx: &Ctx, all: impl Iterator<Item = (Millis, u64)>, bucket: i64) -> Vec<Point> {
    let now = cx.now();
    all.map(|(at, requests)| {
        let passed = (now - at).clamp(1, bucket) as f64 / 1e3;
        Point { at, value: (at <= now).then(|| requests as f64 / passed) }
    })
    .collect()
}

fn one(version: VersionNo, arm: Arm, over_time: &[(Millis, Operations)], total: &Operations, seconds: f64) -> VersionLatency {
    let series = |q: f64| over_time.iter().map(|(at, ops)| Point { at: *at, value: ops.total.quantile(q) }).collect();
    VersionLatency {
        version,
        arm,
        p50_over_time_ms: series(0.5),
        p95_over_time_ms: series(0.95),
        p99_over_time_ms: series(0.99),
        total: parts::quantiles(&total.total),
        parts: parts::parts(total),
        requests: total.counts.requests,
        requests_per_second: total.counts.requests as f64 / seconds,
        batches: parts::batches(&total.runs),
        mean_batch_rows: total.runs.mean(),
        memory_bytes: None,
    }
}

fn answer(total: &Operations, limit: f64, range: TimeRange) -> Answer {
    let stretch = contract::time::span_words(range.to - range.from);
    let Some(p99) = total.total.quantile(0.99).filter(|_| total.counts.requests >= FEWEST) else {
        return Answer {
            state: State::Unknown,
            headline: "Too few requests to speak of percentiles".into(),
            sentence: format!(
                "{} in the last {stretch}; from {FEWEST} on, p99 means something.",
                crate::words::counted(total.counts.requests, "request")
            ),
            link: None,
        };
    };
    let failures = match (total.counts.failed, total.counts.fallback) {
        (0, 0) => "No request failed.".to_owned(),
        (0, fallback) => format!("No request failed; a fallback answered {}.", count(fallback)),
        (failed, _) => format!("{} failed.", crate::words::counted(failed, "request")),
    };
    let (state, headline) = if p99 > limit {
        (State::Bad, format!("p99 is {}, above its limit of {}", ms(p99), ms(limit)))
    } else {
        (State::Ok, format!("p99 is {}, within its limit of {}", ms(p99), ms(limit)))
    };
    let p50 = total.total.quantile(0.5).map(fine_ms).unwrap_or_default();
    Answer {
        state,
        headline,
        sentence: format!(
            "{} requests in the last {stretch}, half of them within {p50}. {failures}",
            count(total.counts.requests)
        ),
        link: None,
    }
}
