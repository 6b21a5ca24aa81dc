//! What fires in one deployment now: numbers from the windows, handed to the rules.

use super::round::Round;
use super::rules::{self, FeatureLook, Firing, QualityLook, ShareLook, Traffic};
use super::{grouped, watching};
use crate::deployments::{Known, KnownVersion};
use crate::monitoring::findings::{self, Judgement, PredictionFinding, distance_words, verdict};
use crate::monitoring::window::{Features, Operations};
use crate::monitoring::{Counts, kept};
use crate::outcomes::{Quality, Shift, labels, primary_name};
use crate::rollouts::{Mismatch, mismatch};
use crate::{Ctx, Outcome};
use contract::Task;
use contract::views::alerts::AlertKind;
use contract::views::parts::Estimate;
use stats::estimate::Trust;
use stats::evidence::DriftFinding;

pub(super) use crate::monitoring::kept::TRAFFIC;
pub(super) use crate::outcomes::REACH as QUALITY;

/// Everything that fires.
pub async fn firing(cx: &Ctx, known: &Known, round: &Round) -> Outcome<Vec<Firing>> {
    let Some(stable) = known.stable_version() else { return Ok(Vec::new()) };
    let mut fires = traffic_of(known, &*kept::traffic(cx, known, 0).await?);
    fires.extend(super::unloadable::unloadable(known));
    fires.extend(super::unwritten::firing(cx, known));
    let judged = kept::judged(cx, known, stable, 0).await?;
    let labels = labels(cx, known, stable, round.has_labels(&known.name)).await?;
    fires.extend(drifted(known, &judged));
    fires.extend(labels.trust.and_then(|trust| estimate(stable, &judged, trust.trust)));
    fires.extend(super::slo::firing(cx, known, round).await?);
    fires.extend(super::stale::firing(round.last(), known, cx.now()));
    fires.extend(round.short.of(&known.name));
    fires.extend(labels.quality.and_then(|(offline, realised)| quality(known, stable, offline, &realised)));
    fires.extend(errors(cx, known, stable, labels.shift));
    if round.rollouts.contains(&known.name)
        && let Some(Mismatch { rollout, canary, stable, weight }) = mismatch(cx, &known.name).await?
    {
        fires.push(rules::traffic_split(rollout.as_str(), canary, stable, weight));
    }
    Ok(fires)
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

/// What the inputs and answers of a stretch say; also of one that is long past.
pub fn drift_of(known: &Known, stable: &KnownVersion, counts: &Counts, features: &Features) -> Vec<Firing> {
    drifted(known, &findings::judged(known, stable, counts, features))
}

fn drifted(known: &Known, judged: &Judgement) -> Vec<Firing> {
    let mut looks = Vec::new();
    for finding in &judged.findings {
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
    fires.extend(judged.joint.as_ref().and_then(watching::joint));
    match &judged.prediction {
        Some(PredictionFinding::Share { class, now, reference: (k, n), p }) if *n > 0 => {
            fires.extend(rules::prediction_share(&ShareLook {
                class: class.clone(),
                now: *now,
                reference: *k as f64 / *n as f64,
                p: *p,
                margin: known.settings.alert_limits.share_margin,
            }));
        }
        Some(PredictionFinding::Value { finding, .. }) => {
            let look = FeatureLook {
                feature: "The predicted value".into(),
                kind: AlertKind::PredictionDrift,
                verdict: verdict(finding),
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

fn estimate(stable: &KnownVersion, judged: &Judgement, trust: Trust) -> Option<Firing> {
    let task = stable.contract.task;
    watching::estimate(&watching::EstimateLook {
        version: stable.version,
        measure: primary_name(task).into(),
        higher_is_better: task != Task::Regression,
        finding: judged.estimate?,
        rows: judged.expected,
        trust,
    })
}

fn errors(cx: &Ctx, known: &Known, stable: &KnownVersion, shift: Option<Shift>) -> Option<Firing> {
    let is_rate = stable.contract.task != Task::Regression;
    watching::concept(&watching::ConceptLook {
        version: stable.version,
        detector: known.settings.concept_detector,
        is_rate,
        shift,
        margin: known.settings.alert_limits.quality_margin,
        now: cx.now(),
    })
}

/// What the outcomes of a stretch say; also of one that is long past.
pub fn quality_of(known: &Known, stable: &KnownVersion, offline: f64, sum: &Quality) -> Option<Firing> {
    quality(known, stable, offline, &sum.primary()?)
}

fn quality(known: &Known, stable: &KnownVersion, offline: f64, estimate: &Estimate) -> Option<Firing> {
    let task = stable.contract.task;
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
