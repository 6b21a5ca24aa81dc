//! Outcomes meet their predictions: each adds to the quality of the minute in which the prediction was made, however late it comes.

use super::quality::{Quality, class_of};
use crate::deployments::{KnownVersion, version_no};
use crate::monitoring::groups_of;
use crate::registry::estimator::as_number;
use crate::registry::expected::{self, Expected};
use crate::{Ctx, IntoProblem, Outcome};
use contract::time::MINUTE;
use contract::{DeploymentName, Millis, PredictionId};
use serde_json::Value as Json;
use stats::bins::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::Tx;
use store::outcomes::QualityRow;
use store::predictions::PredictionRow;

/// The minute of a deployment, version and arm.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Minute {
    deployment: String,
    version: i64,
    arm: String,
    start: Millis,
}

impl Minute {
    fn of(prediction: &PredictionRow) -> Self {
        Self {
            deployment: prediction.deployment.clone(),
            version: prediction.version,
            arm: prediction.arm.clone(),
            start: Millis(prediction.at).floor_to(MINUTE),
        }
    }

    fn row(&self, segment: &str, value: &str, quality: String) -> QualityRow {
        QualityRow {
            deployment: self.deployment.clone(),
            version: self.version,
            arm: self.arm.clone(),
            start: self.start.0,
            segment: segment.to_owned(),
            segment_value: value.to_owned(),
            quality,
        }
    }
}

/// What a batch of outcomes adds to the quality windows; written at its end.
#[derive(Default)]
pub struct Joined {
    minutes: BTreeMap<Minute, Touched>,
}

/// Predictions of a minute, each with an outcome.
#[derive(Default)]
struct Touched {
    /// Whose outcome is the first.
    added: Vec<(PredictionRow, String)>,
    /// Whose outcome takes the place of another: what it is now, and what it was.
    corrected: Vec<(PredictionRow, String)>,
    taken: Vec<(PredictionRow, String)>,
}

impl Joined {
    /// Joins one outcome to its prediction. `false` if it cannot be an outcome of that version.
    pub async fn join(
        &mut self,
        cx: &Ctx,
        tx: &mut Tx,
        mut prediction: PredictionRow,
        outcome: &str,
        at: Millis,
    ) -> Outcome<bool> {
        let Some(version) = known(cx, &prediction) else { return Ok(true) };
        let Some(outcome) = class_of(&version.contract, outcome) else { return Ok(false) };
        // As the contract writes it, also where it is known as it was posted.
        let before = prediction.outcome.replace(outcome.clone()).and_then(|before| class_of(&version.contract, &before));
        if before.as_ref() == Some(&outcome) {
            return Ok(true);
        }
        tx.prediction_outcome(&PredictionId::from(prediction.id.as_str()), &outcome, at).await.or_problem("Joining outcomes")?;
        if prediction.fallback.is_some() {
            // The truth is kept; a fallback's answer is no version's merit or fault.
            return Ok(true);
        }
        let touched = self.minutes.entry(Minute::of(&prediction)).or_default();
        match before {
            None => touched.added.push((prediction, outcome)),
            Some(before) => {
                touched.taken.push((prediction.clone(), before));
                touched.corrected.push((prediction, outcome));
            }
        }
        Ok(true)
    }

    /// Writes the quality of every minute that was touched.
    pub async fn write(self, cx: &Ctx, tx: &mut Tx) -> Outcome<()> {
        for (minute, touched) in &self.minutes {
            write(cx, tx, minute, touched).await?;
        }
        Ok(())
    }
}

type Groups = BTreeMap<(String, String), Quality>;

/// Changes a minute: over all, and per group of every segment. A correction takes back what was counted of its prediction: the log may
/// no longer hold the other rows of the minute.
async fn write(cx: &Ctx, tx: &mut Tx, minute: &Minute, touched: &Touched) -> Outcome<()> {
    let doing = "Writing quality";
    let mut one = touched.added.iter().chain(&touched.taken);
    let Some(version) = one.next().and_then(|(row, _)| known(cx, row)) else { return Ok(()) };
    let added = count(&version, &touched.added, true);
    let corrected = count(&version, &touched.corrected, false);
    let taken = count(&version, &touched.taken, false);
    let groups: BTreeSet<(String, String)> = added.keys().chain(taken.keys()).chain(corrected.keys()).cloned().collect();
    for group in groups {
        let mut row = minute.row(&group.0, &group.1, String::new());
        let held = tx.quality_held(&row).await.or_problem(doing)?;
        let before = held.and_then(|held| serde_json::from_str::<Quality>(&held.quality).ok());
        let mut quality = before.unwrap_or_else(|| Quality::new(version.contract.task));
        if let Some(added) = added.get(&group) {
            quality.merge(added);
        }
        // What cannot be taken back was not counted, and neither is what takes its place; first outcomes count in any case.
        if taken.get(&group).is_none_or(|taken| quality.take(taken)) {
            if let Some(corrected) = corrected.get(&group) {
                quality.merge(corrected);
            }
        } else {
            tracing::warn!(minute.deployment, %minute.start, "an outcome was corrected that had not been counted");
        }
        row.quality = serde_json::to_string(&quality).unwrap_or_default();
        tx.quality_put(&row, &quality.sums()).await.or_problem(doing)?;
    }
    Ok(())
}

/// Adds rows up by group; with what was expected of them, where they are counted for the first time.
fn count(version: &KnownVersion, rows: &[(PredictionRow, String)], is_first: bool) -> Groups {
    let mut groups = Groups::new();
    for (row, outcome) in rows {
        let scores: Vec<f64> = row.scores.as_deref().and_then(|scores| serde_json::from_str(scores).ok()).unwrap_or_default();
        let record: Json = serde_json::from_str(&row.features).unwrap_or_default();
        let expected = if is_first { expected(version, row, &record) } else { None };
        let all = std::iter::once((String::new(), String::new()));
        for group in all.chain(groups_of(version, &record)) {
            let is_all = group.0.is_empty();
            let quality = groups.entry(group).or_insert_with(|| Quality::new(version.contract.task));
            // Of groups only right and wrong is judged.
            let scores = if is_all { &scores[..] } else { &[] };
            quality.add(&version.contract, &row.label, (row.score, scores), outcome);
            if is_all {
                expected::merge(&mut quality.expected, &expected);
            }
        }
    }
    groups
}

/// What was to be expected of a row before its outcome was known.
fn expected(version: &KnownVersion, row: &PredictionRow, record: &Json) -> Option<Expected> {
    let baseline = version.baseline.as_ref()?;
    let number = |name: &str| {
        let cell = match &record[name] {
            Json::Number(number) => Cell::Number(number.as_f64().unwrap_or(f64::NAN)),
            Json::String(text) => Cell::Text(text),
            _ => Cell::Missing,
        };
        baseline.features.get(name).map_or(f64::NAN, |baseline| as_number(baseline, cell))
    };
    Expected::of_logged(baseline.estimator.as_ref()?, &version.contract, &row.label, row.score, number)
}

/// The version as it runs. One that no deployment uses any more keeps its outcomes in the log, but is not counted.
fn known(cx: &Ctx, prediction: &PredictionRow) -> Option<Arc<KnownVersion>> {
    let deployment = cx.book.get(&DeploymentName::from(prediction.deployment.as_str()))?;
    deployment.versions.get(&version_no(prediction.version)).cloned()
}
