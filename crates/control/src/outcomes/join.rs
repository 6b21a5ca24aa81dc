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
    added: BTreeMap<Minute, Vec<(PredictionRow, String)>>,
    /// Minutes in which an outcome was corrected: counted again from the log, since counts cannot be taken back.
    recount: BTreeSet<Minute>,
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
        let before = prediction.outcome.replace(outcome.clone());
        if before.as_ref() == Some(&outcome) {
            return Ok(true);
        }
        tx.prediction_outcome(&PredictionId::from(prediction.id.as_str()), &outcome, at).await.or_problem("Joining outcomes")?;
        if prediction.fallback.is_some() {
            // The truth is kept; a fallback's answer is no version's merit or fault.
            return Ok(true);
        }
        let minute = Minute::of(&prediction);
        match before {
            None => self.added.entry(minute).or_default().push((prediction, outcome)),
            Some(_) => drop(self.recount.insert(minute)),
        }
        Ok(true)
    }

    /// Writes the quality of every minute that was touched.
    pub async fn write(self, cx: &Ctx, tx: &mut Tx) -> Outcome<()> {
        let doing = "Writing quality";
        for minute in &self.recount {
            tx.quality_clear(&minute.deployment, minute.version, &minute.arm, minute.start).await.or_problem(doing)?;
            let rows = tx
                .predictions_known(
                    &minute.deployment,
                    version_no(minute.version),
                    &minute.arm,
                    minute.start,
                    minute.start + MINUTE,
                )
                .await
                .or_problem(doing)?;
            let known: Vec<(PredictionRow, String)> = rows
                .into_iter()
                .filter(|row| row.fallback.is_none())
                .filter_map(|row| row.outcome.clone().map(|outcome| (row, outcome)))
                .collect();
            add(cx, tx, minute, &known).await?;
        }
        for (minute, rows) in self.added.iter().filter(|(minute, _)| !self.recount.contains(*minute)) {
            add(cx, tx, minute, rows).await?;
        }
        Ok(())
    }
}

/// Adds rows to a minute: over all, and per group of every segment.
async fn add(cx: &Ctx, tx: &mut Tx, minute: &Minute, rows: &[(PredictionRow, String)]) -> Outcome<()> {
    let doing = "Writing quality";
    let Some(version) = rows.first().and_then(|(row, _)| known(cx, row)) else { return Ok(()) };
    let mut groups: BTreeMap<(String, String), Quality> = BTreeMap::new();
    for (row, outcome) in rows {
        let record: Json = serde_json::from_str(&row.features).unwrap_or_default();
        let all = std::iter::once((String::new(), String::new()));
        let expected = expected(&version, row, &record);
        for group in all.chain(groups_of(&version, &record)) {
            let is_all = group.0.is_empty();
            let quality = groups.entry(group).or_insert_with(|| Quality::new(version.contract.task));
            quality.add(&version.contract, &row.label, row.score, outcome);
            if is_all {
                expected::merge(&mut quality.expected, &expected);
            }
        }
    }
    for ((segment, value), mut quality) in groups {
        let mut row = minute.row(&segment, &value, String::new());
        if let Some(held) = tx.quality_held(&row).await.or_problem(doing)?
            && let Ok(before) = serde_json::from_str::<Quality>(&held.quality)
        {
            quality.merge(&before);
        }
        row.quality = serde_json::to_string(&quality).unwrap_or_default();
        tx.quality_put(&row, &quality.sums()).await.or_problem(doing)?;
    }
    Ok(())
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
