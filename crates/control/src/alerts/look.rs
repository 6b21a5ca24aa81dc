//! What fires in one deployment now: numbers from the windows, handed to the rules.

use super::grouped::Patience;
use super::lasting::{RELEASE, still};
use super::round::Round;
use super::rules::{self, FeatureLook, Firing, QualityLook, ShareLook, Traffic};
use super::{grouped, watching};
use crate::deployments::{Known, KnownVersion};
use crate::monitoring::findings::{
    self, BY_CHANCE, Finding, Judgement, PredictionFinding, by_chance, distance_words, is_part, verdict,
};
use crate::monitoring::window::{Features, Operations};
use crate::monitoring::{Counts, kept};
use crate::outcomes::{Group, Quality, Shift, labels, level, primary_name, primary_p, worse, worse_groups};
use crate::rollouts::{Mismatch, mismatch};
use crate::words::number;
use crate::{Ctx, Outcome};
use contract::views::alerts::AlertKind;
use contract::views::parts::Estimate;
use contract::{Millis, Task};
use stats::estimate::Trust;
use stats::evidence::DriftFinding;

pub(super) use crate::monitoring::kept::TRAFFIC;
pub(super) use crate::outcomes::REACH as QUALITY;

/// What the predictions of a regression are called, and the scores of a classification.
const VALUE: &str = "The predicted value";
const SCORE: &str = "The score";

/// What a look saw.
#[derive(Default)]
pub struct Looked {
    /// Features of which something is wrong, the worst first: which of them are one alert depends on those that are open.
    pub features: Vec<FeatureLook>,
    /// Everything else that fires.
    pub firing: Vec<Firing>,
    /// Kind and subject (of a feature: its name) of what would raise nothing, and keeps an alert open that there is.
    pub held: Vec<(AlertKind, String)>,
}

/// Everything that fires or is held.
pub async fn looked(cx: &Ctx, known: &Known, round: &Round) -> Outcome<Looked> {
    let Some(stable) = known.stable_version() else { return Ok(Looked::default()) };
    let mut fires = traffic_of(known, &*kept::traffic(cx, known, 0).await?);
    fires.extend(super::unloadable::unloadable(known));
    fires.extend(super::unwritten::firing(cx, known));
    let judged = kept::judged(cx, known, stable, 0).await?;
    let labels = labels(cx, known, stable, round.has_labels(&known.name)).await?;
    fires.extend(drifted(known, &judged));
    let features = wrong(&judged);
    let held = held(known, stable, &judged, labels.trust.as_ref().map(|trust| trust.trust));
    fires.extend(labels.trust.and_then(|trust| estimate(stable, &judged, trust.trust)));
    fires.extend(super::slo::firing(cx, known, round).await?);
    fires.extend(super::stale::firing(round.last(), known, cx.now()));
    fires.extend(round.short.of(&known.name));
    let week = labels.week.as_deref().map_or((None, &[][..]), |week| (Some(&week.all), &week.groups[..]));
    fires.extend(labels.quality.and_then(|(offline, realised)| quality(known, stable, offline, &realised, week)));
    fires.extend(errors(cx, known, stable, labels.shift));
    if round.rollouts.contains(&known.name)
        && let Some(Mismatch { rollout, canary, stable, weight }) = mismatch(cx, &known.name).await?
    {
        fires.push(rules::traffic_split(rollout.as_str(), canary, stable, weight));
    }
    Ok(Looked { features, firing: fires, held })
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
    let judged = findings::judged(known, stable, counts, features);
    let mut fires = grouped::features(&wrong(&judged), &[], Millis(0), Patience { together: 0, forgets: 0 });
    fires.extend(drifted(known, &judged));
    fires
}

fn wrong(judged: &Judgement) -> Vec<FeatureLook> {
    let of = |finding: &Finding| finding.wrong().into_iter().map(|one| part(finding, one)).collect::<Vec<_>>();
    judged.findings.iter().flat_map(of).collect()
}

/// One judged part of a feature.
fn part(finding: &Finding, (kind, one): (AlertKind, &DriftFinding)) -> FeatureLook {
    let stuck_at = || finding.stuck.as_ref().map_or(0.0, |(value, _)| *value);
    FeatureLook {
        feature: finding.feature.clone(),
        kind,
        is_share: one.measure.is_share(),
        verdict: verdict(one),
        distance: one.distance,
        threshold: one.threshold,
        p: one.p,
        rows: one.n,
        chance: by_chance(finding),
        is_part: is_part(one),
        words: if kind == AlertKind::Stuck { number(stuck_at()) } else { finding.words(one) },
    }
}

/// Findings about drift that keep an alert open though they would not raise one.
fn held(known: &Known, stable: &KnownVersion, judged: &Judgement, trust: Option<Trust>) -> Vec<(AlertKind, String)> {
    let parts = judged.findings.iter().flat_map(|finding| finding.parts().map(|(kind, one)| (kind, one, &finding.feature)));
    let stays = parts.filter(|(_, one, _)| still(one.distance, one.threshold, one.p, one.n));
    let mut held: Vec<(AlertKind, String)> = stays.map(|(kind, _, feature)| (kind, feature.clone())).collect();
    let joint = judged.joint.as_ref().filter(|joint| still(joint.strength, joint.threshold, joint.p, joint.n));
    held.extend(joint.map(|_| (AlertKind::JointDrift, String::new())));
    match &judged.prediction {
        Some(PredictionFinding::Share { class, now: (k, n), reference: (k0, n0), p, .. }) if *n > 0 && *n0 > 0 => {
            let moved = (*k as f64 / *n as f64 - *k0 as f64 / *n0 as f64).abs();
            let stays = still(moved, known.settings.alert_limits.share_margin, *p, *n);
            held.extend(stays.then(|| (AlertKind::PredictionDrift, class.clone())));
        }
        Some(PredictionFinding::Value { finding, .. }) if still(finding.distance, finding.threshold, finding.p, finding.n) => {
            held.push((AlertKind::PredictionDrift, VALUE.into()));
        }
        _ => {}
    }
    let score = judged.score.as_ref().filter(|score| still(score.distance, score.threshold, score.p, score.n));
    held.extend(score.map(|_| (AlertKind::PredictionDrift, SCORE.into())));
    // A loss that three standard errors do not explain.
    let estimate = judged.estimate.filter(|found| {
        trust != Some(Trust::Untrusted)
            && found.loss >= RELEASE * found.threshold
            && found.standard_error > 0.0
            && found.loss >= 3.0 * found.standard_error
    });
    held.extend(estimate.map(|_| (AlertKind::Estimate, stable.version.to_string())));
    held
}

/// What how features go together and the answers say.
fn drifted(known: &Known, judged: &Judgement) -> Vec<Firing> {
    let mut fires: Vec<Firing> = judged.joint.as_ref().and_then(watching::joint).into_iter().collect();
    let answers = |what: &str, finding: &DriftFinding| {
        rules::feature_drift(&FeatureLook {
            feature: what.into(),
            kind: AlertKind::PredictionDrift,
            is_share: finding.measure.is_share(),
            verdict: verdict(finding),
            distance: finding.distance,
            threshold: finding.threshold,
            p: finding.p,
            rows: finding.n,
            chance: BY_CHANCE,
            is_part: false,
            words: distance_words(finding.measure, finding.distance),
        })
    };
    let answered = match &judged.prediction {
        Some(PredictionFinding::Share { class, now, reference: (k, n), p, level }) if *n > 0 => {
            rules::prediction_share(&ShareLook {
                class: class.clone(),
                now: *now,
                reference: *k as f64 / *n as f64,
                p: *p,
                level: *level,
                margin: known.settings.alert_limits.share_margin,
            })
        }
        Some(PredictionFinding::Value { finding, .. }) => answers(VALUE, finding),
        _ => None,
    };
    // Scores that have moved so far that answers have are told of once, by the answers: also while those sway about their limit.
    let sways = match &judged.prediction {
        Some(PredictionFinding::Share { now: (k, n), reference: (k0, n0), p, .. }) if *n > 0 && *n0 > 0 => {
            let moved = (*k as f64 / *n as f64 - *k0 as f64 / *n0 as f64).abs();
            still(moved, known.settings.alert_limits.share_margin, *p, *n)
        }
        _ => false,
    };
    let score = judged.score.as_ref().filter(|_| answered.is_none() && !sways).and_then(|score| answers(SCORE, score));
    fires.extend(answered);
    fires.extend(score);
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
    quality(known, stable, offline, &sum.primary()?, (Some(sum), &[]))
}

fn quality(
    known: &Known,
    stable: &KnownVersion,
    offline: f64,
    seen: &Estimate,
    (all, groups): (Option<&Quality>, &[Group]),
) -> Option<Firing> {
    let task = stable.contract.task;
    let (margin, budget) = (known.settings.alert_limits.quality_margin, known.settings.alert_budget_per_week);
    let reference = stable.baseline.as_ref().and_then(|baseline| baseline.estimator.as_ref());
    let (mut others, tests) =
        reference.zip(all).map_or((Vec::new(), 0), |(reference, all)| worse(reference, all, margin, budget));
    others.extend(reference.map_or(Vec::new(), |reference| worse_groups(reference, groups, margin, budget)));
    rules::quality(&QualityLook {
        version: stable.version.to_string(),
        measure: primary_name(task).into(),
        is_rate: task != Task::Regression,
        offline,
        seen: seen.clone(),
        p: primary_p(task, offline, seen, reference, margin),
        level: level(budget, tests + 1),
        others,
    })
}
