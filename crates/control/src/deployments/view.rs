//! The overview of one deployment.

use super::{Checked, Known, snippets};
use crate::alerts::stale;
use crate::monitoring::read::{self, Ops};
use crate::monitoring::{changes_of, head, rates, shares, spans};
use crate::words::{bytes, count, counted, percent};
use crate::{Actor, Ctx, Outcome};
use contract::DeploymentName;
use contract::inputs::TimeRange;
use contract::role::Act;
use contract::rollout::Arm;
use contract::verdict::State;
use contract::views::deployment::{DeploymentView, Head, InService};
use contract::views::parts::{Answer, Link, Series};
use contract::{VersionNo, urls};
use serving::routing::Standing;
use std::collections::BTreeSet;

const POINTS: usize = 60;

pub async fn view(cx: &Ctx, who: &Actor, name: &DeploymentName, range: TimeRange) -> Outcome<DeploymentView> {
    who.must(Act::View)?;
    let (known, head) = head(cx, name, range).await?;
    let range = head.range();
    let (span, windows) = read::operations(cx, name, range).await?;
    let (predictions_title, predictions) = match known.stable_version() {
        Some(stable) => shares::over_time(&known, stable, range, span, &windows),
        None => ("Predictions".into(), Vec::new()),
    };
    let (bucket, starts) = spans::buckets(range, span, POINTS);
    let versions: BTreeSet<VersionNo> = windows.iter().map(|ops| ops.version).collect();
    let traffic = versions.into_iter().rev().map(|version| Series {
        name: format!("version {version}"),
        points: rates(cx, &read::by_bucket(windows.iter().filter(|ops| ops.version == version), bucket, &starts), bucket),
    });
    let mut changes = changes_of(cx, name, range).await?;
    changes.reverse();
    let (may_edit, may_roll_back) = (who.role.may(Act::Register), who.role.may(Act::StopRollout));
    Ok(DeploymentView {
        answer: {
            let mut answer = answer(&known, &head, &windows, range);
            answer.sentence.push_str(&standing_words(cx, &known));
            answer
        },
        settings: known.settings.clone(),
        versions: in_service(cx, &known, &windows),
        snippets: snippets::of(name, known.stable_version(), &cx.site.address),
        traffic: traffic.collect(),
        freshness: stale::freshness(&known.settings.stale, &stale::moments(cx, &known).await?, cx.now()),
        predictions,
        predictions_title,
        changes,
        may_edit,
        may_roll_back,
        head,
    })
}

fn in_service(cx: &Ctx, known: &Known, windows: &[Ops]) -> Vec<InService> {
    let route = cx.router().ok().and_then(|router| router.route(known.name.as_str()));
    let asleep = cx.router().is_ok_and(|router| router.is_asleep(known.name.as_str()));
    let mut versions: Vec<InService> = known
        .versions
        .values()
        .map(|version| {
            let arm = known.arm_of(version.version);
            InService {
                version: version.version,
                arm: arm.map(|(arm, _)| arm),
                weight: arm.map_or(0.0, |(_, weight)| weight),
                age: cx.now() - version.registered_at,
                predictions: windows
                    .iter()
                    .filter(|ops| ops.version == version.version && ops.arm != Arm::Shadow)
                    .map(|ops| ops.operations.counts.rows)
                    .sum(),
                loaded: route
                    .as_ref()
                    .is_some_and(|route| route.version(version.version).is_some_and(|served| served.onnx.broken().is_none())),
                load_error: version.load_error.clone().unwrap_or_default(),
                asleep: asleep && version.load_error.is_none(),
                checked: known.checked.get(&version.version).map(Checked::words).unwrap_or_default(),
            }
        })
        .collect();
    versions.sort_by_key(|version| (version.arm.map_or(9, |arm| arm as u8), std::cmp::Reverse(version.version)));
    versions
}

/// What this process knows beyond what is stored: versions that are left alone, and how often the cache had the answer.
fn standing_words(cx: &Ctx, known: &Known) -> String {
    let Ok(router) = cx.router() else { return String::new() };
    let mut words = String::new();
    for breaker in router.breakers().iter().filter(|b| b.deployment == known.name && b.standing != Standing::Closed) {
        words.push_str(&format!(
            " Version {} has failed too often of late: it is left alone, and asked again by itself.",
            breaker.version
        ));
    }
    words.push_str(&room_words(known, cx.model_memory));
    if known.settings.cache.is_some() {
        let (hits, misses) = router
            .stats()
            .iter()
            .filter(|stats| stats.deployment == known.name)
            .fold((0, 0), |sum, stats| (sum.0 + stats.cache_hit.count, sum.1 + stats.cache_miss.count));
        words.push_str(&match hits + misses {
            0 => " The cache has not been asked since the start.".into(),
            n => format!(
                " The cache had the answer to {} of {} since the start.",
                percent(hits as f64 / n as f64),
                counted(n, "request")
            ),
        });
    }
    words
}

/// That the versions of one deployment alone take more memory than all of them together may.
fn room_words(known: &Known, limit: Option<u64>) -> String {
    match limit.filter(|limit| known.memory > *limit) {
        Some(limit) => format!(
            " Its versions take {} of memory, more than the {} that all models together may take (model_memory_mb): they are loaded when \
             somebody asks, and unloaded when nobody has for a minute.",
            bytes(known.memory),
            bytes(limit)
        ),
        None => String::new(),
    }
}

fn answer(known: &Known, head: &Head, windows: &[Ops], range: TimeRange) -> Answer {
    let counts = read::sum(windows.iter().filter(|ops| ops.arm != Arm::Shadow)).counts;
    let stretch = contract::time::span_words(range.to - range.from);
    let served = match counts.requests {
        0 => format!("No requests in the last {stretch}."),
        n => format!(
            "{} in the last {stretch}; {} failed, {} answered by a fallback.",
            counted(n, "request"),
            if counts.failed == 0 { "none".into() } else { count(counts.failed) },
            if counts.fallback == 0 { "none".into() } else { percent(counts.fallback as f64 / n as f64) }
        ),
    };
    let Some(stable) = known.stable else {
        return Answer {
            state: State::Unknown,
            headline: "Serves nothing yet".into(),
            sentence: format!(
                "Ask for the promotion of a version of {}: the first one that is approved answers here.",
                known.model
            ),
            link: Some(Link { text: format!("Versions of {}", known.model), url: urls::model(&known.model) }),
        };
    };
    match &head.rollout {
        Some(rollout) => Answer {
            state: head.state,
            headline: format!(
                "Version {stable} answers; version {} is at {}%",
                rollout.canary,
                crate::words::number(rollout.weight)
            ),
            sentence: format!("{}. {served}", head.headline),
            link: Some(Link { text: "Open the rollout".into(), url: urls::rollout(&rollout.id) }),
        },
        None => Answer {
            state: head.state,
            headline: if head.state == State::Ok {
                format!("Version {stable} answers everything, and is steady")
            } else {
                head.headline.clone()
            },
            sentence: served,
            link: (head.open_alerts > 0).then(|| Link { text: "Alerts".into(), url: urls::ALERTS.into() }),
        },
    }
}
