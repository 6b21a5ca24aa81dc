//! The fleet page: every deployment with what matters of it, worst first, and the one that needs somebody.

use super::findings::Finding;
use super::head::{cell, health};
use super::sums::{Stretch, Sums};
use super::window::Features;
use super::{kept, last, read, spans, sums};
use crate::deployments::{Known, KnownVersion, version_no};
use crate::outcomes::{self, Quality, primary_name};
use crate::words::{counted, listed, percent};
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::inputs::TimeRange;
use contract::role::Act;
use contract::time::{DAY, HOUR, MINUTE, SECOND};
use contract::verdict::State;
use contract::views::alerts::AlertLine;
use contract::views::fleet::{FleetStats, FleetView, Line, QualityCell, RolloutCell, WorstDrift};
use contract::views::parts::{Answer, Link};
use contract::{DeploymentName, Millis, Verdict, VersionNo, urls};
use std::collections::{BTreeMap, HashMap};
use store::outcomes::QualitySums;

/// Points of the traffic of a line.
const POINTS: usize = 24;
/// What “now” means for rates and p99.
const NOW: i64 = kept::TRAFFIC;
/// How long ago the alerts may have looked at a deployment, who do so every three seconds, for the page to repeat what they saw.
const FRESH: i64 = 10 * SECOND;

pub async fn fleet(cx: &Ctx, who: &Actor, range: TimeRange) -> Outcome<FleetView> {
    who.must(Act::View)?;
    let now = cx.now();
    let all = All::read(cx, range).await?;
    let book = cx.book.all();
    let mut lines = Vec::with_capacity(book.len());
    for known in book.values() {
        lines.push(line(cx, known, &all).await?);
    }
    lines.sort_by(|a, b| a.state.cmp(&b.state).then(a.name.cmp(&b.name)));
    let mut live = Sums::default();
    all.day.values().flatten().for_each(|stretch| live.add(&stretch.sums));
    let minute = sums::of_all(cx, spans::FINE, MINUTE, Millis(now.0 - MINUTE), now + 1).await?;
    let seen: u64 = minute.values().flatten().map(|stretch| stretch.sums.rows).sum();
    let by_action = cx.store.db.changes_by_action(Millis(now.0 - DAY)).await.or_problem("Reading changes")?;
    let stats = FleetStats {
        predictions: live.rows,
        per_second: seen as f64 / 60.0,
        failed: live.failed,
        by_fallback: live.fallback,
        dropped: live.dropped,
        changes: by_action.iter().map(|(_, n)| u64::try_from(*n).unwrap_or(0)).sum(),
        changes_words: changes_words(&by_action),
    };
    let answer = cx.writing.failing_since().map_or_else(|| answer(&lines, &all.alerts), |since| unwritten(since, now));
    Ok(FleetView { answer, stats, deployments: lines, updated_at: now })
}

/// What is asked once, of all deployments.
struct All {
    range: TimeRange,
    bucket: i64,
    starts: Vec<Millis>,
    /// Over the range, by bucket.
    traffic: BTreeMap<DeploymentName, Vec<Stretch>>,
    /// Of the last day.
    day: BTreeMap<DeploymentName, Vec<Stretch>>,
    quality: HashMap<(DeploymentName, VersionNo), (QualitySums, bool)>,
    rollouts: HashMap<DeploymentName, RolloutCell>,
    alerts: Vec<AlertLine>,
}

impl All {
    async fn read(cx: &Ctx, range: TimeRange) -> Outcome<All> {
        let span = spans::for_features(range, cx.now());
        let (bucket, starts) = spans::buckets(range, span, POINTS);
        let day = last(cx, DAY);
        let db = &cx.store.db;
        let mut rollouts = HashMap::new();
        for row in db.rollouts_open().await.or_problem("Reading the rollouts")? {
            rollouts.insert(DeploymentName::from(row.deployment.as_str()), cell(row)?);
        }
        let quality = db.quality_sums_of_all(range.from.floor_to(MINUTE), range.to).await.or_problem("Reading quality")?;
        let of = |row: store::outcomes::VersionQuality| {
            ((row.deployment.into(), version_no(row.version)), (row.sums, row.unsummed == 0))
        };
        Ok(All {
            range,
            bucket,
            starts,
            traffic: sums::of_all(cx, span, bucket, range.from, range.to).await?,
            day: sums::of_all(cx, HOUR, DAY, day.from, day.to).await?,
            quality: quality.into_iter().map(of).collect(),
            rollouts,
            alerts: db.alerts_open().await.or_problem("Reading alerts")?.into_iter().filter_map(crate::alerts::line).collect(),
        })
    }
}

async fn line(cx: &Ctx, known: &Known, all: &All) -> Outcome<Line> {
    let stretches = all.traffic.get(&known.name).map_or(&[][..], Vec::as_slice);
    let mut over_range = Sums::default();
    let mut over_time: BTreeMap<Millis, u64> = all.starts.iter().map(|start| (*start, 0)).collect();
    for Stretch { start, sums, .. } in stretches {
        over_range.add(sums);
        if let Some(requests) = over_time.get_mut(start) {
            *requests += sums.requests;
        }
    }
    let day: u64 = all.day.get(&known.name).into_iter().flatten().map(|stretch| stretch.sums.rows).sum();
    let recent = kept::traffic(cx, known, FRESH).await?;
    let open: Vec<AlertLine> = all.alerts.iter().filter(|alert| alert.deployment == known.name).cloned().collect();
    let rollout = all.rollouts.get(&known.name).cloned();
    let (state, headline) = health(known, &open, rollout.as_ref(), day);
    let worst = open.iter().min_by_key(|alert| (alert.state, alert.since));
    let stable = known.stable_version();
    Ok(Line {
        name: known.name.clone(),
        model: known.model.clone(),
        description: known.settings.description.clone(),
        version: known.stable,
        age: stable.map(|version| cx.now() - version.registered_at),
        state,
        headline,
        detail: worst.map(|alert| alert.sentence.clone()).unwrap_or_default(),
        since: worst.map(|alert| alert.since),
        degraded: degraded_words(&over_range),
        traffic: super::latency::rates_of(cx, over_time.into_iter(), all.bucket),
        per_second: recent.counts.requests as f64 / (NOW / SECOND) as f64,
        p99_ms: recent.total.quantile(0.99),
        p99_limit_ms: known.settings.p99_limit_ms,
        drift: match stable {
            Some(stable) => kept::judged(cx, known, stable, FRESH).await?.findings.first().map(worst_drift),
            None => None,
        },
        quality: match stable {
            Some(stable) => quality(cx, known, stable, all, stretches).await?,
            None => None,
        },
        rollout,
        owner: known.settings.owner_team.clone(),
    })
}

/// How many of the answers came from something else than the version that should have given them; empty if none did.
fn degraded_words(counts: &Sums) -> String {
    // Requests that failed had no answer at all.
    let answers = counts.requests.saturating_sub(counts.failed);
    match counts.fallback {
        0 => String::new(),
        n if n >= answers => "All answers came from a fallback".into(),
        n if n * 1_000 < answers => "Less than 0.1% of answers came from a fallback".into(),
        n => format!("{} of answers came from a fallback", percent(n as f64 / answers as f64)),
    }
}

/// The stable version's features over the deployment's drift window.
pub async fn stable_features(cx: &Ctx, known: &Known, stable: &KnownVersion) -> Outcome<Features> {
    let window = i64::try_from(known.settings.drift_window_s).unwrap_or(DAY / SECOND) * SECOND;
    let (_, windows) = read::features(cx, &known.name, last(cx, window)).await?;
    let mut features = Features::default();
    windows
        .iter()
        .filter(|window| window.version == stable.version && read::is_live(window.arm))
        .for_each(|window| features.merge(&window.features));
    Ok(features)
}

fn worst_drift(worst: &Finding) -> WorstDrift {
    let judged = worst.verdict();
    let rising = worst.distance.distance >= worst.distance.threshold * 2.0 / 3.0;
    WorstDrift {
        feature: worst.feature.clone(),
        distance: worst.distance.distance,
        threshold: worst.distance.threshold,
        state: match judged {
            Verdict::Fail => State::Bad,
            Verdict::Insufficient => State::Unknown,
            Verdict::Pass if rising => State::Watch,
            Verdict::Pass => State::Ok,
        },
        note: match (judged, worst.distance.detectable()) {
            (Verdict::Insufficient, Some(rows)) => {
                format!("{} of {}", crate::words::count(worst.distance.n), counted(rows, "row"))
            }
            (Verdict::Insufficient, None) => counted(worst.distance.n, "row"),
            _ => String::new(),
        },
    }
}

async fn quality(
    cx: &Ctx,
    known: &Known,
    stable: &KnownVersion,
    all: &All,
    stretches: &[Stretch],
) -> Outcome<Option<QualityCell>> {
    let task = stable.contract.task;
    let measure = primary_name(task).to_owned();
    let sums = match all.quality.get(&(known.name.clone(), stable.version)) {
        Some((sums, true)) => *sums,
        // Of before there were sums.
        Some((_, false)) => {
            outcomes::sums(cx, &known.name, stable.version, all.range.from.floor_to(MINUTE), all.range.to).await?
        }
        None => QualitySums::default(),
    };
    if let Some(estimate) = Quality::primary_of(task, &sums) {
        let mine = stretches.iter().filter(|stretch| stretch.version == stable.version);
        let answered: u64 = mine.map(|stretch| stretch.sums.rows).sum();
        let coverage = if answered == 0 { 0.0 } else { (estimate.n as f64 / answered as f64).min(1.0) };
        return Ok(Some(QualityCell { measure, value: Some(estimate.value), realised: true, coverage }));
    }
    let before = kept::offline(cx, &known.model, stable).await?;
    Ok(before.map(|value| QualityCell { measure, value: Some(value), realised: false, coverage: 0.0 }))
}

/// Before all else: no page can say what has happened since.
fn unwritten(since: Millis, now: Millis) -> Answer {
    Answer {
        state: State::Bad,
        headline: "Answers cannot be recorded now".into(),
        sentence: format!(
            "The database could not be written since {}. Requests are answered, except where recording is durable; what waits is written when there is room.",
            since.words(now)
        ),
        link: None,
    }
}

fn answer(lines: &[Line], alerts: &[AlertLine]) -> Answer {
    let needing: Vec<&Line> = lines.iter().filter(|line| matches!(line.state, State::Bad | State::Watch)).collect();
    match (lines.len(), &needing[..]) {
        (0, _) => Answer {
            state: State::Unknown,
            headline: "Nothing is deployed yet".into(),
            sentence: "Register a model, make a deployment, and ask for its promotion.".into(),
            link: Some(Link { text: "Models".into(), url: urls::MODELS.into() }),
        },
        (n, []) => {
            let untold: Vec<String> =
                lines.iter().filter(|line| line.state == State::Unknown).map(|line| line.name.0.clone()).collect();
            quiet(n, &untold, lines.iter().filter(|line| line.rollout.is_some()).count())
        }
        (n, [first, rest @ ..]) => {
            let worst =
                alerts.iter().filter(|alert| alert.deployment == first.name).min_by_key(|alert| (alert.state, alert.since));
            let also = if rest.is_empty() {
                String::new()
            } else {
                format!(" Also: {}.", listed(&rest.iter().map(|line| line.name.0.clone()).collect::<Vec<_>>()))
            };
            Answer {
                state: first.state,
                headline: if n == 1 || needing.len() > 1 {
                    format!("{}: {}", first.name, first.headline)
                } else {
                    format!("One of {n} needs someone: {}: {}", first.name, first.headline)
                },
                sentence: format!("{}{also}", worst.map_or(first.detail.as_str(), |alert| alert.sentence.as_str())),
                link: Some(Link {
                    text: "Look at it".into(),
                    url: worst.map_or_else(|| urls::deployment(&first.name, ""), |alert| alert.url.clone()),
                }),
            }
        }
    }
}

/// Nothing fires: on `all` deployments, of which those in `untold` cannot be judged.
fn quiet(all: usize, untold: &[String], rollouts: usize) -> Answer {
    let rollouts = match rollouts {
        0 => "Nothing fires, and no rollout is open.".to_owned(),
        1 => "Nothing fires; one rollout is open.".to_owned(),
        n => format!("Nothing fires; {n} rollouts are open."),
    };
    let (state, headline) = match (all, untold.len()) {
        (1, 0) => (State::Ok, "The one deployment is steady".to_owned()),
        (n, 0) => (State::Ok, format!("All {n} deployments are steady")),
        (1, _) => (State::Unknown, "Not enough data on the one deployment".to_owned()),
        (n, k) if n == k => (State::Unknown, format!("Not enough data on any of {n} deployments")),
        (n, k) => (State::Ok, format!("{} of {n} deployments {} steady", n - k, if n - k == 1 { "is" } else { "are" })),
    };
    let sentence = match state {
        State::Ok if !untold.is_empty() => format!("{rollouts} Not enough data: {}.", listed(untold)),
        _ => rollouts,
    };
    Answer::new(state, headline, sentence)
}

/// `2 rollouts, 1 registration`.
fn changes_words(by_action: &[(String, i64)]) -> String {
    let of = |prefix: &str| {
        by_action
            .iter()
            .filter(|(action, _)| action.starts_with(prefix))
            .map(|(_, n)| u64::try_from(*n).unwrap_or(0))
            .sum::<u64>()
    };
    let parts = [
        (of("rollout."), "rollout step"),
        (of("version.registered"), "registration"),
        (of("approval."), "approval step"),
        (of("deployment."), "deployment change"),
    ];
    listed(&parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, one)| counted(n, one)).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_judged_is_steady() {
        let names = |n: usize| (0..n).map(|i| format!("d{i}")).collect::<Vec<_>>();
        for (all, untold, rollouts, state, headline, sentence) in [
            (1, 0, 0, State::Ok, "The one deployment is steady", "Nothing fires, and no rollout is open."),
            (5, 0, 1, State::Ok, "All 5 deployments are steady", "Nothing fires; one rollout is open."),
            (5, 1, 2, State::Ok, "4 of 5 deployments are steady", "Nothing fires; 2 rollouts are open. Not enough data: d0."),
            (2, 1, 0, State::Ok, "1 of 2 deployments is steady", "Nothing fires, and no rollout is open. Not enough data: d0."),
            (1, 1, 0, State::Unknown, "Not enough data on the one deployment", "Nothing fires, and no rollout is open."),
            (2, 2, 0, State::Unknown, "Not enough data on any of 2 deployments", "Nothing fires, and no rollout is open."),
        ] {
            assert_eq!(quiet(all, &names(untold), rollouts), Answer::new(state, headline, sentence));
        }
    }

    #[test]
    fn degraded_answers_in_words() {
        for (requests, failed, fallback, expected) in [
            (0, 0, 0, ""),
            (100, 3, 0, ""),
            (100, 0, 2, "2.0% of answers came from a fallback"),
            (100, 50, 25, "50.0% of answers came from a fallback"),
            (100_000, 0, 3, "Less than 0.1% of answers came from a fallback"),
            (10, 4, 6, "All answers came from a fallback"),
        ] {
            let counts = Sums { requests, failed, fallback, ..Sums::default() };
            assert_eq!(degraded_words(&counts), expected, "{requests} {failed} {fallback}");
        }
    }
}
