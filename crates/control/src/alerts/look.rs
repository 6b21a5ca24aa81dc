//! What fires in one deployment now: numbers from the windows, handed to the rules.

use super::rules::{self, FeatureLook, Firing, QualityLook, ShareLook, Traffic};
use crate::deployments::{Known, KnownVersion};
use crate::monitoring::findings::{self, PredictionFinding, SHARE_MARGIN, distance_words, verdict};
use crate::monitoring::window::Features;
use crate::monitoring::{last, read};
use crate::outcomes::{Quality, primary_key, primary_name};
use crate::rollouts::{Mismatch, mismatch};
use crate::{Ctx, IntoProblem, Outcome};
use contract::time::{DAY, MINUTE, SECOND};
use contract::views::alerts::AlertKind;
use contract::{Millis, Task};
use stats::evidence::DriftFinding;

/// Stretch over which traffic is judged.
const TRAFFIC: i64 = 5 * MINUTE;
/// Stretch over which realised quality is judged, by the time of the prediction.
const QUALITY: i64 = 7 * DAY;

/// Everything that fires.
pub async fn firing(cx: &Ctx, known: &Known) -> Outcome<Vec<Firing>> {
    let Some(stable) = known.stable_version() else { return Ok(Vec::new()) };
    let mut fires = traffic(cx, known).await?;
    fires.extend(drift(cx, known, stable).await?);
    fires.extend(super::slo::firing(cx, known).await?);
    fires.extend(super::stale::firing(cx, known).await?);
    fires.extend(super::resources::firing(cx, known).await?);
    fires.extend(quality(cx, known, stable).await?);
    if let Some(Mismatch { rollout, canary, stable, weight }) = mismatch(cx, &known.name).await? {
        fires.push(rules::traffic_split(rollout.as_str(), canary, stable, weight));
    }
    Ok(fires)
}

async fn traffic(cx: &Ctx, known: &Known) -> Outcome<Vec<Firing>> {
    let (_, windows) = read::operations(cx, &known.name, last(cx, TRAFFIC)).await?;
    let sum = read::sum(windows.iter().filter(|window| read::is_live(window.arm)));
    Ok(rules::traffic(&Traffic {
        requests: sum.counts.requests,
        failed: sum.counts.failed,
        fallback: sum.counts.fallback,
        slow: sum.counts.slow,
        dropped: sum.counts.dropped,
        p99_ms: sum.total.quantile(0.99),
        p99_limit_ms: known.settings.p99_limit_ms,
    }))
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

    let mut fires = Vec::new();
    for finding in findings::findings(&known.settings, stable, &features) {
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
        fires.extend(rules::feature_drift(&look(AlertKind::FeatureDrift, &finding.distance)));
        fires.extend(rules::feature_drift(&look(AlertKind::Missing, &finding.missing)));
        fires.extend(finding.unseen.as_ref().and_then(|unseen| rules::feature_drift(&look(AlertKind::Unseen, unseen))));
    }
    match findings::prediction_finding(known, stable, &counts, &features) {
        Some(PredictionFinding::Share { class, now, reference: (k, n), p }) if n > 0 => {
            fires.extend(rules::prediction_share(&ShareLook {
                class,
                now,
                reference: k as f64 / n as f64,
                p,
                margin: SHARE_MARGIN,
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
    Ok(fires)
}

async fn quality(cx: &Ctx, known: &Known, stable: &KnownVersion) -> Outcome<Option<Firing>> {
    let Some(offline) = offline(cx, known, stable).await? else { return Ok(None) };
    let now = cx.now();
    let rows = cx.store.db.quality(&known.name, "", Millis(now.0 - QUALITY), now + 1).await.or_problem("Reading quality")?;
    let task = stable.contract.task;
    let mut sum = Quality::new(task);
    for row in rows.iter().filter(|row| row.version == i64::from(stable.version.0)) {
        if let Ok(quality) = serde_json::from_str(&row.quality) {
            sum.merge(&quality);
        }
    }
    let Some(estimate) = sum.primary() else { return Ok(None) };
    Ok(rules::quality(&QualityLook {
        version: stable.version.to_string(),
        measure: primary_name(task).into(),
        higher_is_better: task != Task::Regression,
        offline,
        value: estimate.value,
        lower: estimate.lower.unwrap_or(estimate.value),
        upper: estimate.upper.unwrap_or(estimate.value),
        n: estimate.n,
    }))
}

/// The primary measure on held-back data, from the version's gates.
async fn offline(cx: &Ctx, known: &Known, stable: &KnownVersion) -> Outcome<Option<f64>> {
    crate::outcomes::offline(cx, &known.model, stable.version, primary_key(stable.contract.task)).await
}
