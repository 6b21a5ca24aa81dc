//! What fires in one deployment now: numbers from the windows, handed to the rules.

use super::rules::{self, FeatureLook, Firing, QualityLook, ShareLook, Traffic};
use super::{grouped, watching};
use crate::deployments::{Known, KnownVersion};
use crate::monitoring::Counts;
use crate::monitoring::findings::{self, PredictionFinding, distance_words, verdict};
use crate::monitoring::whole_rows::WholeRows;
use crate::monitoring::window::{Features, Operations};
use crate::monitoring::{last, read};
use crate::outcomes::{Quality, Watched, look_at_trust, offline_error, primary_key, primary_name, watch};
use crate::registry::expected::Expected;
use crate::rollouts::{Mismatch, mismatch};
use crate::{Ctx, IntoProblem, Outcome};
use contract::time::{DAY, MINUTE, SECOND};
use contract::views::alerts::AlertKind;
use contract::{Millis, Task};
use stats::evidence::DriftFinding;

/// Stretch over which traffic is judged.
pub const TRAFFIC: i64 = 5 * MINUTE;
/// Stretch over which realised quality is judged, by the time of the prediction.
pub const QUALITY: i64 = 7 * DAY;

/// Everything that fires.
pub async fn firing(cx: &Ctx, known: &Known) -> Outcome<Vec<Firing>> {
    let Some(stable) = known.stable_version() else { return Ok(Vec::new()) };
    let mut fires = traffic(cx, known).await?;
    fires.extend(super::unloadable::unloadable(known));
    fires.extend(drift(cx, known, stable).await?);
    fires.extend(super::slo::firing(cx, known).await?);
    fires.extend(super::stale::firing(cx, known).await?);
    fires.extend(super::resources::firing(cx, known).await?);
    let watched = watch(cx, &known.name, stable).await?;
    let offline = offline(cx, known, stable).await?;
    fires.extend(quality(cx, known, stable, offline, &watched).await?);
    fires.extend(errors(cx, known, stable, offline, &watched));
    if let Some(Mismatch { rollout, canary, stable, weight }) = mismatch(cx, &known.name).await? {
        fires.push(rules::traffic_split(rollout.as_str(), canary, stable, weight));
    }
    Ok(fires)
}

async fn traffic(cx: &Ctx, known: &Known) -> Outcome<Vec<Firing>> {
    let (_, windows) = read::operations(cx, &known.name, last(cx, TRAFFIC)).await?;
    Ok(traffic_of(known, &read::sum(windows.iter().filter(|window| read::is_live(window.arm)))))
}

/// What the requests of a stretch say; also of one that is long past.
pub fn traffic_of(known: &Known, sum: &Operations) -> Vec<Firing> {
    rules::traffic(&Traffic {
        requests: sum.counts.requests,
        failed: sum.counts.failed,
        fallback: sum.counts.fallback,
        // From the latencies themselves: what was counted as slow when it was answered was judged by the limit of that time.
        slow: sum.total.count_above(known.settings.p99_limit_ms),
        dropped: sum.counts.dropped,
        p99_ms: sum.total.quantile(0.99),
        p99_limit_ms: known.settings.p99_limit_ms,
        limits: known.settings.alert_limits,
    })
}

async fn drift(cx: &Ctx, known: &Known, stable: &KnownVersion) -> Outcome<Vec<Firing>> {
    let window = i64::try_from(known.settings.drift_window_s).unwrap_or(DAY / SECOND) * SECOND;
    let range = last(cx, window);
    let mine = |version, arm| version == stable.version && read::is_live(arm);
    let (_, windows) = read::features(cx, &known.name, range).await?;
    let mut features = Features::default();
    windows.iter().filter(|window| mine(window.version, window.arm)).for_each(|window| features.merge(&window.features));
    let (_, operations) = read::operations(cx, &known.name, range).await?;
    let counts = read::sum(operations.iter().filter(|window| mine(window.version, window.arm))).counts;
    let mut fires = drift_of(known, stable, &counts, &features);
    fires.extend(estimate(cx, known, stable, &features.rows).await?);
    Ok(fires)
}

/// What the inputs and answers of a stretch say; also of one that is long past.
pub fn drift_of(known: &Known, stable: &KnownVersion, counts: &Counts, features: &Features) -> Vec<Firing> {
    let mut looks = Vec::new();
    for finding in findings::findings(&known.settings, stable, features) {
        let look = |kind, one: &DriftFinding| FeatureLook {
            feature: finding.feature.clone(),
            kind,
            verdict: verdict(one),
            distance: one.distance,
            threshold: one.threshold,
            p: one.p,
            rows: one.n,
            words: distance_words(one.measure, one.distance),
        };
        looks.push(look(AlertKind::FeatureDrift, &finding.distance));
        looks.push(look(AlertKind::Missing, &finding.missing));
        looks.extend(finding.unseen.as_ref().map(|unseen| look(AlertKind::Unseen, unseen)));
    }
    let mut fires = grouped::features(&looks);
    fires.extend(findings::joint_finding(&known.settings, stable, &features.rows).as_ref().and_then(watching::joint));
    match findings::prediction_finding(known, stable, counts, features) {
        Some(PredictionFinding::Share { class, now, reference: (k, n), p }) if n > 0 => {
            fires.extend(rules::prediction_share(&ShareLook {
                class,
                now,
                reference: k as f64 / n as f64,
                p,
                margin: known.settings.alert_limits.share_margin,
            }));
        }
        Some(PredictionFinding::Value { finding, .. }) => {
            let look = FeatureLook {
                feature: "The predicted value".into(),
                kind: AlertKind::PredictionDrift,
                verdict: verdict(&finding),
                distance: finding.distance,
                threshold: finding.threshold,
                p: finding.p,
                rows: finding.n,
                words: distance_words(finding.measure, finding.distance),
            };
            fires.extend(rules::feature_drift(&look));
        }
        _ => {}
    }
    fires
}

async fn estimate(cx: &Ctx, known: &Known, stable: &KnownVersion, rows: &WholeRows) -> Outcome<Option<Firing>> {
    let Some(trust) = look_at_trust(cx, &known.name, stable).await? else { return Ok(None) };
    let Some(finding) = findings::estimate_finding(&known.settings, stable, rows) else { return Ok(None) };
    let task = stable.contract.task;
    Ok(watching::estimate(&watching::EstimateLook {
        version: stable.version,
        measure: primary_name(task).into(),
        higher_is_better: task != Task::Regression,
        finding,
        rows: rows.expected.as_ref().map_or(0, Expected::n),
        trust: trust.trust,
    }))
}

fn errors(cx: &Ctx, known: &Known, stable: &KnownVersion, offline: Option<f64>, watched: &Watched) -> Option<Firing> {
    let detector = known.settings.concept_detector;
    let task = stable.contract.task;
    let offline = offline_error(stable, offline);
    watching::concept(&watching::ConceptLook {
        version: stable.version,
        detector,
        is_rate: task != Task::Regression,
        shift: watched.concept.worse(detector).filter(|shift| shift.exceeds(offline, task)),
        margin: known.settings.alert_limits.quality_margin,
        now: cx.now(),
    })
}

/// Only of minutes whose outcomes are known for the most part: what is known early is no reason to wake anybody.
async fn quality(
    cx: &Ctx,
    known: &Known,
    stable: &KnownVersion,
    offline: Option<f64>,
    watched: &Watched,
) -> Outcome<Option<Firing>> {
    let (Some(offline), Some(until)) = (offline, watched.until) else { return Ok(None) };
    let from = Millis(until.0 - QUALITY);
    let rows = cx.store.db.quality(&known.name, "", from, until).await.or_problem("Reading quality")?;
    let mut sum = Quality::new(stable.contract.task);
    for row in rows.iter().filter(|row| row.version == i64::from(stable.version.0)) {
        if let Ok(quality) = serde_json::from_str(&row.quality) {
            sum.merge(&quality);
        }
    }
    Ok(quality_of(known, stable, offline, &sum))
}

/// What the outcomes of a stretch say; also of one that is long past.
pub fn quality_of(known: &Known, stable: &KnownVersion, offline: f64, sum: &Quality) -> Option<Firing> {
    let task = stable.contract.task;
    let estimate = sum.primary()?;
    rules::quality(&QualityLook {
        version: stable.version.to_string(),
        measure: primary_name(task).into(),
        higher_is_better: task != Task::Regression,
        offline,
        value: estimate.value,
        lower: estimate.lower.unwrap_or(estimate.value),
        upper: estimate.upper.unwrap_or(estimate.value),
        n: estimate.n,
        margin: known.settings.alert_limits.quality_margin,
    })
}

/// The primary measure on held-back data, from the version's gates.
pub async fn offline(cx: &Ctx, known: &Known, stable: &KnownVersion) -> Outcome<Option<f64>> {
    crate::outcomes::offline(cx, &known.model, stable.version, primary_key(stable.contract.task)).await
}
