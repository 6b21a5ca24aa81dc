//! What is used, as pages and programs see it: for all deployments, or for one.

use super::read::{self, Used};
use super::watching::watching;
use super::window::{Levels, measure};
use crate::alerts::resources as limits;
use crate::monitoring::{changes_of, head, spans};
use crate::words::{bytes, number, percent};
use crate::{Actor, Ctx, Outcome};
use contract::inputs::TimeRange;
use contract::role::Act;
use contract::verdict::State;
use contract::views::parts::{Answer, Point, Series};
use contract::views::resources::{Gauge, NodeView, ResourcesView, VersionUse};
use contract::{DeploymentName, Millis, VersionNo};
use std::collections::{BTreeMap, BTreeSet};

/// Points of a chart over time.
const POINTS: usize = 90;
/// Seconds between two samples: a sum of rates times this is an amount.
const EVERY: f64 = 10.0;

pub async fn view(cx: &Ctx, who: &Actor, of: Option<&DeploymentName>, range: TimeRange) -> Outcome<ResourcesView> {
    who.must(Act::View)?;
    let (head, range, watching) = match of {
        Some(name) => {
            let (known, head) = head(cx, name, range).await?;
            let range = head.range();
            (Some(head), range, Some(watching(cx, &known).await?))
        }
        None => (None, range, None),
    };
    let now = cx.now();
    let span = read::span(range, now);
    let (bucket, starts) = spans::buckets(range, span, POINTS);
    let used = read::used(cx, span, range).await?;
    let recent = limits::recent(cx).await?;
    let names: BTreeSet<&str> = used.iter().map(|used| used.node.as_str()).collect();
    let mut nodes = Vec::new();
    for node in names {
        let over = by_bucket(used.iter().filter(|used| used.node == node), bucket, &starts);
        nodes.push(one(node, recent.get(node).unwrap_or(&Levels::default()), &over));
    }
    let mut latest = Levels::default();
    recent.values().for_each(|levels| latest.merge(levels));
    let mut versions = versions(cx, &used, &latest, bucket, &starts);
    versions.retain(|version| of.is_none_or(|name| version.deployment == *name));
    Ok(ResourcesView {
        head,
        answer: answer(&nodes, &versions),
        nodes,
        versions,
        watching,
        watch_from: limits::WATCH,
        bad_from: limits::BAD,
        changes: match of {
            Some(name) => changes_of(cx, name, range).await?,
            None => Vec::new(),
        },
        from: starts.first().copied().unwrap_or(range.from).min(range.from),
        to: range.to,
        span_ms: bucket,
        updated_at: now,
    })
}

fn by_bucket<'a>(used: impl Iterator<Item = &'a Used>, bucket: i64, starts: &[Millis]) -> Vec<(Millis, Levels)> {
    let mut sums: BTreeMap<Millis, Levels> = starts.iter().map(|start| (*start, Levels::default())).collect();
    for one in used {
        if let Some(sum) = sums.get_mut(&one.start.floor_to(bucket)) {
            sum.merge(&one.levels);
        }
    }
    sums.into_iter().collect()
}

fn points(over: &[(Millis, Levels)], name: &str) -> Vec<Point> {
    over.iter().map(|(at, levels)| Point { at: *at, value: levels.mean(name) }).collect()
}

fn one(node: &str, recent: &Levels, over: &[(Millis, Levels)]) -> NodeView {
    let mut seen = recent.clone();
    over.iter().for_each(|(_, levels)| seen.merge(levels));
    let series = |name: &str, words: &str| Series { name: words.into(), points: points(over, name) };
    let measured = |name: &str| seen.get(name).n > 0;
    let mut shares: Vec<Series> = limits::limited(&seen)
        .iter()
        .filter(|(name, _)| measured(name))
        .map(|(name, words)| series(name, &words.to_lowercase()))
        .collect();
    let busy: Vec<&String> = seen.0.keys().filter(|name| name.starts_with("gpu/") && name.ends_with("/busy")).collect();
    shares.extend(busy.into_iter().map(|name| {
        let index = name.trim_start_matches("gpu/").trim_end_matches("/busy");
        series(name, &format!("GPU {index}, busy"))
    }));
    NodeView {
        node: node.into(),
        gauges: limits::limited(&seen).into_iter().map(|(name, words)| gauge(&name, words, recent)).collect(),
        shares,
        storage: [(measure::READ, "read"), (measure::WRITTEN, "written")].map(|(name, words)| series(name, words)).to_vec(),
        memory_bytes: vec![series(measure::PROCESS_MEMORY, "resident")],
    }
}

fn gauge(name: &str, title: String, recent: &Levels) -> Gauge {
    let level = recent.get(name);
    let share = level.mean();
    let mean = |name: &str| recent.mean(name);
    let amount = |x: f64| bytes(x.max(0.0) as u64);
    let words = match name {
        measure::CPU => match (share, mean(measure::CORES), mean(measure::PROCESS_CPU)) {
            (Some(share), Some(cores), Some(own)) => {
                format!("{} of {} processors, {} by Slipway", hundredths(share * cores), number(cores), hundredths(own))
            }
            _ => String::new(),
        },
        measure::MEMORY => match (share, mean(measure::MEMORY_LIMIT), mean(measure::PROCESS_MEMORY)) {
            (Some(share), Some(limit), Some(own)) => {
                format!("{} of {}, {} by Slipway", amount(share * limit), amount(limit), amount(own))
            }
            _ => String::new(),
        },
        measure::DISK => mean(measure::DISK_FREE).map(|free| format!("{} free", amount(free))).unwrap_or_default(),
        _ => String::new(),
    };
    let state = share.map_or(State::Unknown, |share| limits::stands(name, share, level.n, None));
    Gauge { name: title, share, words, state }
}

/// To two decimals: processors' worth of time.
fn hundredths(x: f64) -> String {
    number((x * 100.0).round() / 100.0)
}

fn versions(cx: &Ctx, used: &[Used], latest: &Levels, bucket: i64, starts: &[Millis]) -> Vec<VersionUse> {
    let mut total = Levels::default();
    used.iter().for_each(|used| total.merge(&used.levels));
    let all: BTreeSet<(String, u32)> = total
        .0
        .keys()
        .filter_map(|name| measure::of_version(measure::QUEUE, name).map(|(name, version)| (name.to_owned(), version)))
        .collect();
    let seconds = |name: &str, version: u32| total.get(&measure::version(measure::COMPUTE, name, version)).sum * EVERY;
    let sum: f64 = all.iter().map(|(name, version)| seconds(name, *version)).sum();
    let over = by_bucket(used.iter(), bucket, starts);
    let mut versions: Vec<VersionUse> = all
        .iter()
        .map(|(name, version)| {
            let key = |what| measure::version(what, name, *version);
            let queue = total.get(&key(measure::QUEUE));
            let full = latest.get(&key(measure::QUEUE_SHARE));
            let loaded = cx
                .router()
                .ok()
                .and_then(|router| router.route(name))
                .and_then(|route| route.version(VersionNo(*version)).map(|served| served.onnx.memory_bytes()));
            VersionUse {
                deployment: name.as_str().into(),
                version: VersionNo(*version),
                queue_mean: queue.mean(),
                queue_most: (queue.n > 0).then_some(queue.max),
                queue_share: full.mean(),
                state: full.mean().map_or(State::Unknown, |share| limits::judge(share, full.n, None)),
                compute_seconds: seconds(name, *version),
                compute_share: (sum > 0.0).then(|| seconds(name, *version) / sum),
                compute_over_time: points(&over, &key(measure::COMPUTE)),
                memory_bytes: loaded,
            }
        })
        .collect();
    versions.sort_by(|a, b| b.compute_seconds.total_cmp(&a.compute_seconds).then(a.deployment.cmp(&b.deployment)));
    versions
}

fn answer(nodes: &[NodeView], versions: &[VersionUse]) -> Answer {
    let gauges = || nodes.iter().flat_map(|node| node.gauges.iter().map(move |gauge| (node, gauge)));
    let known = gauges().filter(|(_, gauge)| gauge.share.is_some() && gauge.state != State::Unknown);
    let Some((node, worst)) = known
        .min_by(|a, b| a.1.state.cmp(&b.1.state).then(b.1.share.unwrap_or_default().total_cmp(&a.1.share.unwrap_or_default())))
    else {
        return Answer::new(
            State::Unknown,
            "Not enough data: fewer than four minutes have been measured",
            "A sample is taken every ten seconds while the server runs.",
        );
    };
    let share = percent(worst.share.unwrap_or_default());
    if let Some(full) = versions.iter().filter(|one| matches!(one.state, State::Bad | State::Watch)).min_by_key(|one| one.state) {
        if full.state < worst.state {
            return Answer::new(
                full.state,
                format!(
                    "The queue of version {} of {} is at {}",
                    full.version,
                    full.deployment,
                    percent(full.queue_share.unwrap_or_default())
                ),
                "Past a full queue requests are refused.",
            );
        }
    }
    let busiest = versions.first().and_then(|one| Some((one, one.compute_share?)));
    let sentence = busiest.map_or_else(
        || "No model ran in this time.".to_owned(),
        |(one, share)| format!("Version {} of {} takes {} of the compute time.", one.version, one.deployment, percent(share)),
    );
    match worst.state {
        State::Ok => {
            Answer::new(State::Ok, format!("Nothing is short: the fullest is {} at {share}", worst.name.to_lowercase()), sentence)
        }
        state => {
            Answer::new(state, format!("{} of {} is at {share}", worst.name, node.node), format!("{}. {sentence}", worst.words))
        }
    }
}
