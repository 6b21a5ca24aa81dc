//! What the outcomes of the last week say of a version, as the alerts ask for it every few seconds: worked out again when there are
//! others, or a minute has gone by.

use super::concept::Shift;
use super::quality::Quality;
use super::watch::watch;
use super::worse::Group;
use super::{look_at_trust, offline, offline_error, primary_key};
use crate::deployments::{Known, KnownVersion, version_no};
use crate::{Ctx, IntoProblem, Outcome};
use contract::deployment::ConceptDetector;
use contract::time::{DAY, MINUTE};
use contract::views::parts::Estimate;
use contract::{DeploymentName, Millis, VersionNo};
use stats::estimate::TrustFinding;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use store::outcomes::QualitySums;

/// Stretch over which realised quality is judged, by the time of the prediction.
pub const REACH: i64 = 7 * DAY;

/// What they say.
#[derive(Clone)]
pub struct Labels {
    seen: Seen,
    version: Arc<KnownVersion>,
    /// Whether the estimate held; `None` where nothing is estimated.
    pub trust: Option<TrustFinding>,
    /// Errors that have grown, as the deployment's detector sees it.
    pub shift: Option<Shift>,
    /// On held-back data, and realised.
    pub quality: Option<(f64, Estimate)>,
    /// All that was counted in the same stretch, as it was a few minutes ago at most.
    pub week: Option<Arc<Week>>,
    week_at: Millis,
}

/// What was counted in a week: over all, and by group of every declared segment.
#[derive(Debug)]
pub struct Week {
    pub all: Quality,
    pub groups: Vec<Group>,
}

/// For how long what was counted in a week is told again, ms: it is read minute by minute.
const FRESH: i64 = 15 * MINUTE;

/// By what it is seen that there are other outcomes.
#[derive(Clone, Copy, PartialEq)]
struct Seen {
    /// Of the week, corrections included; without any the minute does not matter.
    sums: Option<(QualitySums, Millis)>,
    detector: ConceptDetector,
}

/// The labels of the stable version. `are_there`: whether the deployment has ever had an outcome.
pub async fn labels(cx: &Ctx, known: &Known, stable: &Arc<KnownVersion>, are_there: bool) -> Outcome<Labels> {
    let entry = cx.kept.entry(&known.name);
    let mut entry = entry.lock().await;
    let now = cx.now();
    let sums = match are_there {
        true => Some((sums(cx, &known.name, stable.version, Millis(now.0 - REACH), now + 1).await?, now.floor_to(MINUTE))),
        false => None,
    };
    let seen = Seen { sums, detector: known.settings.concept_detector };
    if let Some(last) = entry.labels.as_ref().filter(|last| last.seen == seen && Arc::ptr_eq(&last.version, stable)) {
        return Ok(last.clone());
    }
    let last =
        entry.labels.as_ref().filter(|last| Arc::ptr_eq(&last.version, stable) && (0..FRESH).contains(&(now - last.week_at)));
    let mut week = last.map(|last| (last.week.clone(), last.week_at));
    let trust = look_at_trust(cx, &known.name, stable).await?;
    let (mut shift, mut quality) = (None, None);
    if are_there {
        let task = stable.contract.task;
        let watched = watch(cx, &known.name, stable).await?;
        let offline = offline(cx, &known.model, stable.version, primary_key(task)).await?;
        let held_back = offline_error(stable, offline);
        shift = watched.concept.worse(seen.detector).filter(|shift| shift.exceeds(held_back, task));
        quality = match offline.zip(watched.until) {
            Some((offline, until)) => realised(cx, known, stable, until).await?.map(|realised| (offline, realised)),
            None => None,
        };
        if let (None, Some(until)) = (&week, watched.until) {
            week = Some((counted(cx, known, stable, until).await?.map(Arc::new), now));
        }
    }
    let (week, week_at) = week.unwrap_or((None, Millis(0)));
    let labels = Labels { seen, version: stable.clone(), trust, shift, quality, week, week_at };
    entry.labels = Some(labels.clone());
    Ok(labels)
}

/// Outcomes of all versions, of predictions made in `[from, to)`.
pub async fn outcomes_counted(cx: &Ctx, name: &DeploymentName, from: Millis, to: Millis) -> Outcome<u64> {
    let mut counted = 0;
    for row in cx.store.db.quality_sums(name, from, to).await.or_problem("Reading quality")? {
        counted += match row.unsummed {
            0 => row.sums.n,
            _ => sums(cx, name, version_no(row.version), from, to).await?.n,
        };
    }
    Ok(u64::try_from(counted).unwrap_or(0))
}

/// The sums of a version's quality over the windows that start in `[from, to)`.
pub async fn sums(cx: &Ctx, name: &DeploymentName, version: VersionNo, from: Millis, to: Millis) -> Outcome<QualitySums> {
    let doing = "Reading quality";
    let all = cx.store.db.quality_sums(name, from, to).await.or_problem(doing)?;
    match all.into_iter().find(|row| row.version == i64::from(version.0)) {
        None => Ok(QualitySums::default()),
        Some(row) if row.unsummed == 0 => Ok(row.sums),
        // Of before there were sums.
        Some(_) => {
            let rows = cx.store.db.quality(name, "", from, to).await.or_problem(doing)?;
            let mine = rows.iter().filter(|row| row.version == i64::from(version.0));
            let parts = mine.filter_map(|row| serde_json::from_str::<Quality>(&row.quality).ok()).map(|quality| quality.sums());
            Ok(parts.fold(QualitySums::default(), |sum, part| QualitySums {
                n: sum.n + part.n,
                good: sum.good + part.good,
                squares: sum.squares + part.squares,
            }))
        }
    }
}

/// Only of minutes whose outcomes are known for the most part: what is known early is seldom like what is known late, and is no reason to wake
/// anybody. `until` is the first minute that is too young.
async fn realised(cx: &Ctx, known: &Known, stable: &KnownVersion, until: Millis) -> Outcome<Option<Estimate>> {
    let sums = sums(cx, &known.name, stable.version, Millis(until.0 - REACH), until).await?;
    Ok(Quality::primary_of(stable.contract.task, &sums))
}

/// All that was counted of the same minutes.
async fn counted(cx: &Ctx, known: &Known, stable: &KnownVersion, until: Millis) -> Outcome<Option<Week>> {
    // Without held-back rows there is nothing to compare with.
    let estimator = stable.baseline.as_ref().and_then(|baseline| baseline.estimator.as_ref());
    let Some(estimator) = estimator.filter(|estimator| estimator.held_back) else { return Ok(None) };
    let mut sums: BTreeMap<(&str, String), Quality> = BTreeMap::new();
    let is_frozen = |segment: &&str| estimator.groups.iter().any(|group| group.feature == **segment);
    let segments = std::iter::once("").chain(stable.contract.segments.iter().map(String::as_str).filter(is_frozen));
    // Day by day, so that no more than a day's windows are held at a time.
    let days = (0..REACH / DAY).map(|day| (Millis(until.0 - (day + 1) * DAY), Millis(until.0 - day * DAY)));
    for (segment, (from, to)) in segments.flat_map(|segment| days.clone().map(move |day| (segment, day))) {
        let rows = cx.store.db.quality(&known.name, segment, from, to).await.or_problem("Reading quality")?;
        for row in rows.into_iter().filter(|row| row.version == i64::from(stable.version.0)) {
            let Ok(part) = serde_json::from_str::<Quality>(&row.quality) else { continue };
            match sums.entry((segment, row.segment_value)) {
                Entry::Occupied(mut sum) => sum.get_mut().merge(&part),
                Entry::Vacant(place) => drop(place.insert(part)),
            }
        }
    }
    let all = sums.remove(&("", String::new()));
    let group = |((feature, value), quality): ((&str, String), Quality)| Group { feature: feature.to_owned(), value, quality };
    Ok(all.map(|all| Week { all, groups: sums.into_iter().map(group).collect() }))
}
