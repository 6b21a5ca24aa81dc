//! The latency page of a deployment.

use super::window::Operations;
use super::{changes_of, head, read, spans};
use crate::words::{count, ms};
use crate::{Actor, Ctx, Outcome};
use contract::inputs::TimeRange;
use contract::role::Act;
use contract::rollout::Arm;
use contract::verdict::State;
use contract::views::latency::{LatencyPart, LatencyTotals, LatencyView, VersionLatency};
use contract::views::parts::{Answer, Point};
use contract::{DeploymentName, Millis, VersionNo};
use read::Ops;
use std::collections::BTreeSet;

/// Points of a chart over time.
const POINTS: usize = 90;
/// Requests from which p99 of a range can be compared with the limit.
const FEWEST: u64 = 100;

pub async fn latency(cx: &Ctx, who: &Actor, name: &DeploymentName, range: TimeRange) -> Outcome<LatencyView> {
    who.must(Act::View)?;
    let (known, head) = head(cx, name, range).await?;
    let (span, windows) = read::operations(cx, name, range).await?;
    let (bucket, starts) = spans::buckets(range, span, POINTS);
    let live: Vec<&Ops> = windows.iter().filter(|window| window.arm != Arm::Shadow).collect();
    let all = read::by_bucket(live.iter().copied(), bucket, &starts);
    let total = read::sum(live.iter().copied());
    let versions: BTreeSet<VersionNo> = windows.iter().map(|window| window.version).collect();
    let versions: Vec<VersionLatency> = versions
        .into_iter()
        .rev()
        .map(|version| {
            let mine = || windows.iter().filter(move |window| window.version == version);
            one(version, known.arm_of(version).map(|(arm, _)| arm), &read::by_bucket(mine(), bucket, &starts), &read::sum(mine()))
        })
        .collect();
    let seconds = ((range.to - range.from).max(1)) as f64 / 1e3;
    let over = |of: &dyn Fn(&Operations) -> Option<f64>| -> Vec<Point> {
        all.iter().map(|(at, ops)| Point { at: *at, value: of(ops) }).collect()
    };
    Ok(LatencyView {
        head,
        answer: answer(&total, known.settings.p99_limit_ms, range),
        p99_limit_ms: known.settings.p99_limit_ms,
        span: bucket,
        versions,
        parts: parts(&all, &total),
        throughput: rates(cx, &all, bucket),
        batch_rows: over(&|ops| (ops.counts.runs > 0.0).then(|| ops.counts.run_rows as f64 / ops.counts.runs)),
        errors: over(&|ops| Some(ops.counts.failed as f64)),
        fallbacks: over(&|ops| Some(ops.counts.fallback as f64)),
        totals: LatencyTotals {
            requests: total.counts.requests,
            failed: total.counts.failed,
            by_fallback: total.counts.fallback,
            slow: total.counts.slow,
            violations: total.counts.violations,
            per_second: total.counts.requests as f64 / seconds,
        },
        changes: changes_of(cx, name, range).await?,
    })
}

/// Requests a second; the bucket that is not over yet is divided by what has passed of it.
pub fn rates(cx: &Ctx, all: &[(Millis, Operations)], bucket: i64) -> Vec<Point> {
    let now = cx.now();
    all.iter()
        .map(|(at, ops)| {
            let passed = (now - *at).clamp(1, bucket) as f64 / 1e3;
            Point { at: *at, value: (*at <= now).then(|| ops.counts.requests as f64 / passed) }
        })
        .collect()
}

fn one(version: VersionNo, arm: Option<Arm>, over_time: &[(Millis, Operations)], total: &Operations) -> VersionLatency {
    let series = |q: f64| over_time.iter().map(|(at, ops)| Point { at: *at, value: ops.total.quantile(q) }).collect();
    VersionLatency {
        version,
        arm,
        p50: series(0.5),
        p95: series(0.95),
        p99: series(0.99),
        p50_ms: total.total.quantile(0.5),
        p95_ms: total.total.quantile(0.95),
        p99_ms: total.total.quantile(0.99),
        requests: total.counts.requests,
    }
}

/// Queue and computation as measured; the rest is the difference of the means, since quantiles do not add up.
fn parts(over_time: &[(Millis, Operations)], total: &Operations) -> Vec<LatencyPart> {
    let part = |name: &str, of: fn(&Operations) -> &stats::sketch::LatencySketch| LatencyPart {
        name: name.into(),
        p50_ms: of(total).quantile(0.5),
        p99_ms: of(total).quantile(0.99),
        over_time: over_time.iter().map(|(at, ops)| Point { at: *at, value: of(ops).mean() }).collect(),
    };
    let rest = |ops: &Operations| Some((ops.total.mean()? - ops.queue.mean()? - ops.compute.mean()?).max(0.0));
    vec![
        part("Waiting in the queue", |ops| &ops.queue),
        part("Computing", |ops| &ops.compute),
        LatencyPart {
            name: "Everything else".into(),
            p50_ms: rest(total),
            p99_ms: None,
            over_time: over_time.iter().map(|(at, ops)| Point { at: *at, value: rest(ops) }).collect(),
        },
    ]
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
    let p50 = total.total.quantile(0.5).map(ms).unwrap_or_default();
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
