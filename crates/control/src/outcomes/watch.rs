//! The detectors go on reading: what is known by now of the minutes whose outcomes have come.

use super::concept::Concept;
use super::quality::Quality;
use crate::deployments::KnownVersion;
use crate::monitoring::is_live;
use crate::{Ctx, IntoProblem, Outcome};
use contract::rollout::Arm;
use contract::time::DAY;
use contract::{DeploymentName, Millis, Task, VersionNo};
use std::collections::BTreeMap;
use store::outcomes::QualityRow;

/// Under which it is remembered.
const KIND: &str = "concept";
/// Minutes that are read in one look; what is left is read in the next.
const MINUTES: i64 = 240;
/// Minutes longer ago are not begun with.
const REACH: i64 = 90 * DAY;

/// The detectors of a version, and the start of the first minute that is too young to be judged; `None` where none is old enough.
pub struct Watched {
    pub concept: Concept,
    pub until: Option<Millis>,
}

/// Reads on, in one transaction with what is remembered of it, so that each minute is read once whatever fails.
pub async fn watch(cx: &Ctx, deployment: &DeploymentName, version: &KnownVersion) -> Outcome<Watched> {
    let doing = "Reading errors";
    let (db, no, now) = (&cx.store.db, version.version, cx.now());
    let first = db.quality_first(deployment).await.or_problem(doing)?.map(Millis);
    let mut delays: Vec<i64> = db.outcome_delays_last(deployment).await.or_problem(doing)?.into_iter().map(|(ms,)| ms).collect();
    let mut concept = concept(cx, deployment, no).await?;
    let before = concept.patience;
    concept.patience.learn(&mut delays, now);
    let until = concept.patience.until(first, now);
    let rows = match until {
        Some(until) => {
            let from = concept.until.max(Millis(now.0 - REACH));
            db.quality_after(deployment, no, from, until, MINUTES).await.or_problem(doing)?
        }
        None => Vec::new(),
    };
    if rows.is_empty() && !concept.patience.is_news(before) {
        return Ok(Watched { concept, until });
    }
    let written = |concept: &Concept| serde_json::to_string(concept).unwrap_or_default();
    let mut tx = db.begin().await.or_problem(doing)?;
    let held = tx.watch_held(deployment, no, KIND, &written(&Concept::default()), now).await.or_problem(doing)?;
    let mut concept = read(&held.state, deployment, no);
    concept.patience.learn(&mut delays, now);
    for (start, quality) in minutes(version.contract.task, &rows) {
        concept.read(start, &quality, large_error(version), now);
    }
    tx.watch_put(deployment, no, KIND, &written(&concept)).await.or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    Ok(Watched { concept, until })
}

/// Which minutes of a version are judged.
#[derive(Clone, Copy, Debug, Default)]
pub struct KnownUntil {
    /// Start of the first minute that is too young; `None` where none is old enough.
    pub until: Option<Millis>,
    /// Nine of ten outcomes come within so many milliseconds.
    pub delay: i64,
}

/// The same minutes that [`watch`] reads, without reading on.
pub async fn known_until(cx: &Ctx, deployment: &DeploymentName, version: VersionNo) -> Outcome<KnownUntil> {
    let (doing, db, now) = ("Reading outcomes", &cx.store.db, cx.now());
    let first = db.quality_first(deployment).await.or_problem(doing)?.map(Millis);
    let mut delays: Vec<i64> = db.outcome_delays_last(deployment).await.or_problem(doing)?.into_iter().map(|(ms,)| ms).collect();
    let mut patience = concept(cx, deployment, version).await?.patience;
    patience.learn(&mut delays, now);
    Ok(KnownUntil { until: patience.until(first, now), delay: patience.longest() })
}

/// What the detectors of a version have seen; empty before its first minute.
pub async fn concept(cx: &Ctx, deployment: &DeploymentName, version: VersionNo) -> Outcome<Concept> {
    let row = cx.store.db.watch_state(deployment, version, KIND).await.or_problem("Reading what the detectors saw")?;
    Ok(row.map_or_else(Concept::default, |row| read(&row.state, deployment, version)))
}

fn read(state: &str, deployment: &DeploymentName, version: VersionNo) -> Concept {
    serde_json::from_str(state).unwrap_or_else(|error| {
        tracing::warn!(%deployment, %version, %error, "what the detectors had seen cannot be read; they begin anew");
        Concept::default()
    })
}

/// Live answers of every minute, the arms together.
fn minutes(task: Task, rows: &[QualityRow]) -> BTreeMap<Millis, Quality> {
    let mut minutes: BTreeMap<Millis, Quality> = BTreeMap::new();
    for row in rows.iter().filter(|row| Arm::parse(&row.arm).is_some_and(is_live)) {
        if let Ok(quality) = serde_json::from_str::<Quality>(&row.quality) {
            minutes.entry(Millis(row.start)).or_insert_with(|| Quality::new(task)).merge(&quality);
        }
    }
    minutes
}

/// The magnitude from which an error counts as wholly wrong, where answers are values: three times the mean absolute error of the
/// reference.
fn large_error(version: &KnownVersion) -> Option<f64> {
    let reference = version.baseline.as_ref()?.estimator.as_ref()?.reference()?;
    (version.contract.task == Task::Regression && reference > 0.0).then_some(3.0 * reference)
}

/// The mean error on held-back data in the unit of the detectors, from the primary measure there.
pub fn offline_error(version: &KnownVersion, primary: Option<f64>) -> Option<f64> {
    if version.contract.task == Task::Regression { Some(primary? / large_error(version)?) } else { Some(1.0 - primary?) }
}
