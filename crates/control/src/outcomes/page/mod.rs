//! The quality page of a deployment: what outcomes say over time, per version and per group.

mod calibration;
mod cohorts;
mod errors;
mod estimated;
mod versions;

use super::quality::{Quality, primary_key, primary_name};
use super::watch::known_until;
use super::worse::{Group, worse, worse_groups};
use super::{concept, offline, offline_error};
use crate::deployments::{Known, KnownVersion};
use crate::gates::Metric;
use crate::monitoring::read::{self, Ops};
use crate::monitoring::{changes_of, head, spans, whole_rows};
use crate::registry::estimator::Estimator;
use crate::words::{count, number};
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::inputs::TimeRange;
use contract::role::Act;
use contract::rollout::Arm;
use contract::time::MINUTE;
use contract::verdict::State;
use contract::views::parts::Estimate;
use contract::views::quality::{Measure, QualityPoint, QualityView, SegmentQuality, SimpleRule, VersionQuality};
use contract::{DeploymentName, Millis, ModelName, Task, VersionNo};
use std::collections::BTreeMap;
use store::outcomes::QualityRow;

const POINTS: usize = 60;
/// Outcomes from which a group is reported.
pub(super) const FEWEST: u64 = 30;

pub async fn quality(cx: &Ctx, who: &Actor, name: &DeploymentName, range: TimeRange) -> Outcome<QualityView> {
    who.must(Act::View)?;
    let doing = "Reading quality";
    let (known, head) = head(cx, name, range).await?;
    let range = head.range();
    let task = known.stable_version().map_or(Task::Binary, |stable| stable.contract.task);
    let (span, windows) = read::operations(cx, name, range).await?;
    let windows: Vec<Ops> = windows.into_iter().filter(|ops| ops.arm != Arm::Shadow).collect();
    let (bucket, starts) = spans::buckets(range, span.max(MINUTE), POINTS);
    let rows = cx.store.db.quality(name, "", range.from.floor_to(MINUTE), range.to).await.or_problem(doing)?;
    let all = sum(task, rows.iter());
    let answered: u64 = windows.iter().map(|ops| ops.operations.counts.rows).sum();
    let by_bucket = in_buckets(task, rows.iter(), bucket);
    let rows_at = read::by_bucket(windows.iter(), bucket, &starts);
    let mut delays: Vec<i64> = cx
        .store
        .db
        .outcome_delays(name, range.from, range.to)
        .await
        .or_problem(doing)?
        .into_iter()
        .map(|(delay,)| delay)
        .collect();
    delays.sort_unstable();
    let (delay, delay_most) = (at_share(&delays, 0.5), at_share(&delays, 0.9));
    let over_time = rows_at.iter().map(|(at, ops)| {
        let coverage = coverage(by_bucket.get(at).map_or(0, Quality::n), ops.counts.rows);
        // The youngest prediction of a point decides: its outcome may still come, unless all have.
        let filling = ops.counts.rows > 0 && coverage < 1.0 && cx.now() - (*at + bucket) < delay_most.unwrap_or(0);
        QualityPoint { at: *at, estimate: by_bucket.get(at).and_then(Quality::primary), coverage, filling }
    });
    let over_time = over_time.collect();
    let mut versions = Vec::new();
    let mut seen: Vec<VersionNo> =
        rows.iter().map(|row| crate::deployments::version_no(row.version)).chain(known.stable).collect();
    seen.sort_unstable_by(|a, b| b.cmp(a));
    seen.dedup();
    for version in seen {
        let before = offline(cx, &known.model, version, primary_key(task)).await?;
        let known_until = known_until(cx, name, version).await?;
        let reference = known.versions.get(&version).and_then(|version| version.baseline.as_ref()?.estimator.as_ref());
        let (margin, budget) = (known.settings.alert_limits.quality_margin, known.settings.alert_budget_per_week);
        let others = |quality: &Quality| reference.map_or(Vec::new(), |reference| worse(reference, quality, margin, budget).0);
        let mut line = versions::one(task, (version, before), &rows, &windows, (bucket, &starts), known_until, others);
        beside_offline(cx, &known.model, &mut line, reference).await?;
        versions.push(line);
    }
    let stable = known.stable_version();
    let offline = versions.iter().find(|version| Some(version.version) == known.stable).and_then(|version| version.offline);
    let mine = stable
        .map_or(Quality::new(task), |stable| sum(task, rows.iter().filter(|row| row.version == i64::from(stable.version.0))));
    let segments = match stable {
        Some(stable) => segments(cx, &known, range, stable, &mine).await?,
        None => Vec::new(),
    };
    let (mut estimated, mut errors, mut cohorts) = (None, None, None);
    if let Some(stable) = stable {
        let (_, kept) = whole_rows::kept(cx, name, range).await?;
        estimated = estimated::estimated(cx, &known, stable, &kept, bucket, &starts).await?;
        let held_back = offline_error(stable, offline);
        errors = errors::errors(&known, stable, &concept(cx, name, stable.version).await?, held_back, cx.now());
        cohorts = cohorts::cohorts(cx, name, stable.version, task, range, (delay, bucket, &starts)).await?;
    }
    let rule = match known.stable {
        Some(version) => rule(cx, &known.model, version, &versions).await?,
        None => None,
    };
    Ok(QualityView {
        answer: versions::answer(task, known.stable, &versions, &all, answered),
        head,
        measure: primary_name(task).into(),
        higher_is_better: task != Task::Regression,
        offline,
        span: bucket,
        over_time,
        versions,
        segments,
        outcomes_known: all.n(),
        predictions: answered,
        unknown_ids: cx.store.db.outcomes_waiting().await.or_problem(doing)?,
        delay_ms: delay,
        delay_most_ms: delay_most,
        cohorts,
        not_estimated: if estimated.is_some() { String::new() } else { estimated::why_not(stable.map(|stable| &**stable)) },
        estimated,
        errors,
        calibration: calibration::calibration(&mine),
        rule,
        changes: changes_of(cx, name, range).await?,
    })
}

fn sum<'a>(task: Task, rows: impl Iterator<Item = &'a QualityRow>) -> Quality {
    let mut sum = Quality::new(task);
    rows.filter_map(|row| serde_json::from_str::<Quality>(&row.quality).ok()).for_each(|quality| sum.merge(&quality));
    sum
}

fn in_buckets<'a>(task: Task, rows: impl Iterator<Item = &'a QualityRow>, bucket: i64) -> BTreeMap<Millis, Quality> {
    let mut sums: BTreeMap<Millis, Quality> = BTreeMap::new();
    for row in rows {
        if let Ok(quality) = serde_json::from_str::<Quality>(&row.quality) {
            sums.entry(Millis(row.start).floor_to(bucket)).or_insert_with(|| Quality::new(task)).merge(&quality);
        }
    }
    sums
}

fn coverage(known: u64, answered: u64) -> f64 {
    if answered == 0 { 0.0 } else { (known as f64 / answered as f64).min(1.0) }
}

/// The value below which this share of sorted ones lies.
fn at_share(sorted: &[i64], share: f64) -> Option<i64> {
    sorted.get(((sorted.len() as f64 * share) as usize).min(sorted.len().saturating_sub(1))).copied()
}

/// Sets what held-back data said beside the other measures.
async fn beside_offline(cx: &Ctx, model: &ModelName, line: &mut VersionQuality, reference: Option<&Estimator>) -> Outcome<()> {
    let gates = crate::gates::heldback_metrics(cx, model, line.version).await?;
    // The gates keep a few measures; the estimator was learnt from the same rows.
    let learnt =
        reference.filter(|reference| reference.held_back).map_or(Vec::new(), |of| Quality::of_learnt(&of.learnt).others());
    for measure in &mut line.others {
        let kept = gates.as_ref().and_then(|before| before.metrics.get(measure_key(measure)).copied());
        let same = || learnt.iter().find(|one| one.name == measure.name).and_then(|one| one.value);
        measure.offline = kept.or_else(same);
    }
    Ok(())
}

/// A measure's name among held-back metrics.
fn measure_key(measure: &Measure) -> &str {
    match measure.name.as_str() {
        "ROC AUC" => "roc_auc",
        "Precision" => "precision",
        "Recall" => "recall",
        "RMSE" => "rmse",
        other => other,
    }
}

/// What the simple rule of the gates reaches, beside what the stable version does.
async fn rule(cx: &Ctx, model: &ModelName, stable: VersionNo, versions: &[VersionQuality]) -> Outcome<Option<SimpleRule>> {
    let Some((_, report)) = crate::gates::report(cx, model, stable).await? else { return Ok(None) };
    let compare = report.compare;
    let Some(value) = compare.rule.map(|rule| rule.value) else { return Ok(None) };
    let line = versions.iter().find(|line| line.version == stable);
    let (measure, realised) = match compare.metric {
        Metric::Auc => ("ROC AUC", line.and_then(|line| line.others.iter().find(|m| m.name == "ROC AUC")).and_then(|m| m.value)),
        Metric::Accuracy => ("Accuracy", line.and_then(|line| line.estimate).map(|estimate| estimate.value)),
        Metric::Mae => ("Mean absolute error", line.and_then(|line| line.estimate).map(|estimate| estimate.value)),
    };
    Ok(Some(SimpleRule { measure: measure.into(), value, realised, words: compare.rule_words }))
}

/// Groups of every segment feature, against the rest.
async fn segments(
    cx: &Ctx,
    known: &Known,
    range: TimeRange,
    stable: &KnownVersion,
    all: &Quality,
) -> Outcome<Vec<SegmentQuality>> {
    let (margin, budget) = (known.settings.alert_limits.quality_margin, known.settings.alert_budget_per_week);
    let name = &known.name;
    let task = stable.contract.task;
    let overall = all.primary();
    let reference = stable.baseline.as_ref().and_then(|baseline| baseline.estimator.as_ref());
    // Judged are the minutes whose outcomes are known for the most part, as over all.
    let until = known_until(cx, name, stable.version).await?.until;
    let (mut all_groups, mut old_groups): (Vec<Group>, Vec<Group>) = (Vec::new(), Vec::new());
    for feature in &stable.contract.segments {
        let rows =
            cx.store.db.quality(name, feature, range.from.floor_to(MINUTE), range.to).await.or_problem("Reading quality")?;
        let (mut groups, mut old) = (BTreeMap::<String, Quality>::new(), BTreeMap::<String, Quality>::new());
        for row in rows.iter().filter(|row| row.version == i64::from(stable.version.0)) {
            if let Ok(quality) = serde_json::from_str::<Quality>(&row.quality) {
                groups.entry(row.segment_value.clone()).or_insert_with(|| Quality::new(task)).merge(&quality);
                if until.is_some_and(|until| row.start < until.0) {
                    old.entry(row.segment_value.clone()).or_insert_with(|| Quality::new(task)).merge(&quality);
                }
            }
        }
        let group = |(value, quality)| Group { feature: feature.clone(), value, quality };
        all_groups.extend(groups.into_iter().map(group));
        old_groups.extend(old.into_iter().map(group));
    }
    let worse = reference.map_or(Vec::new(), |reference| worse_groups(reference, &old_groups, margin, budget));
    let mut found: Vec<SegmentQuality> = all_groups
        .iter()
        .map(|group| {
            let held = reference.filter(|reference| reference.held_back).and_then(|reference| {
                reference.groups.iter().find(|held| held.feature == group.feature && held.value == group.value)
            });
            let offline = held.and_then(|held| Quality::of_counts(&held.quality).primary());
            let ends = format!(" of {} = {}", group.feature, group.value);
            segment(task, group, overall, offline, worse.iter().any(|one| one.measure.ends_with(&ends)))
        })
        .collect();
    // The worst first: those that are shown to be worse than they were, then than all; by how much.
    let gap = |one: &SegmentQuality| {
        let before =
            if one.state == State::Bad { one.offline.map(|held| held.value) } else { overall.map(|overall| overall.value) };
        let value = one.estimate.filter(|_| matches!(one.state, State::Bad | State::Watch)).zip(before);
        value.map_or(0.0, |(group, before)| (group.value - before).abs())
    };
    found.sort_by(|a, b| (b.state == State::Bad).cmp(&(a.state == State::Bad)).then(gap(b).total_cmp(&gap(a))));
    Ok(found)
}

fn segment(task: Task, of: &Group, overall: Option<Estimate>, offline: Option<Estimate>, is_worse: bool) -> SegmentQuality {
    let n = of.quality.n();
    let estimate = of.quality.primary().filter(|_| n >= FEWEST);
    let by = |gap: f64| if task == Task::Regression { number(gap) } else { format!("{} points", crate::words::points(gap)) };
    let (state, note) = match (estimate, overall) {
        (None, _) | (_, None) => (State::Unknown, format!("not enough data, {FEWEST} needed, {} known", count(n))),
        (Some(group), Some(overall)) => {
            let (lower, upper) = (group.lower.unwrap_or(group.value), group.upper.unwrap_or(group.value));
            let worse = if task == Task::Regression { lower > overall.value } else { upper < overall.value };
            match offline.filter(|_| is_worse) {
                Some(before) => (State::Bad, format!("worse than held-back by {}", by((group.value - before.value).abs()))),
                None if worse => (State::Watch, format!("worse than overall by {}", by((group.value - overall.value).abs()))),
                None => (State::Ok, String::new()),
            }
        }
    };
    SegmentQuality { feature: of.feature.clone(), value: of.value.clone(), estimate, offline, state, note }
}
