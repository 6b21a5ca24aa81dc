//! What is counted of whole rows, beside what is counted of each column: how the features go together, and how good the answers are
//! expected to be.

use super::spans;
use crate::deployments::version_no;
use crate::personal::hash_text;
use crate::registry::VersionBaseline;
use crate::registry::estimator::{Estimator, as_number, cell};
use crate::registry::expected::{self, Expected};
use crate::{Ctx, IntoProblem, Outcome};
use contract::inputs::TimeRange;
use contract::rollout::Arm;
use contract::{DeploymentName, Millis, VersionNo};
use serde::{Deserialize, Serialize};
use serving::records::{Column, Columns};
use serving::{Record, RowAnswer, Value};
use stats::bins::Cell;
use stats::joint::{JointBaseline, JointWindow};

/// Columns of the joint record for which every row is counted; with twice as many, one in two is, since the work grows with their
/// square.
const COLUMNS: usize = 16;

/// Sums over the baseline of one version. Windows of before this was counted hold neither.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WholeRows {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<Expected>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joint: Option<JointWindow>,
}

impl WholeRows {
    /// Windows that were counted over another baseline are left out: they cannot be compared.
    pub fn merge(&mut self, other: &Self) {
        expected::merge(&mut self.expected, &other.expected);
        match (&mut self.joint, &other.joint) {
            (Some(mine), Some(theirs)) => drop(mine.merge(theirs)),
            (mine @ None, Some(theirs)) => *mine = Some(theirs.clone()),
            _ => {}
        }
    }

    /// Counts the rows of a record, which has one answer a row. What takes all values of a row at once is dear: it is counted where `dear`
    /// says that there is time for it.
    pub fn add(&mut self, baseline: &VersionBaseline, record: &Record, answers: &[RowAnswer], columns: &Columns<'_>, dear: bool) {
        let contract = &record.served.contract;
        let id = hash(record.prediction_id.as_str());
        // What a fallback answered says nothing about the version that should have.
        let estimator = baseline.estimator.as_ref().filter(|_| record.outcome.ok());
        for row in 0..record.rows {
            let joint = baseline.joint.as_ref().filter(|joint| dear && is_counted(id, row, every(joint)));
            let estimator =
                estimator.filter(|estimator| (dear || !estimator.needs_row()) && is_counted(id, row, Expected::every(estimator)));
            // Two classes need no more than the answer.
            let needs_row = joint.is_some() || estimator.is_some_and(Estimator::needs_row);
            let values: Vec<Value> =
                if needs_row { columns.iter().map(|column| counted(baseline, column, row)).collect() } else { Vec::new() };
            let value = |name: &str| values.get(contract.features.iter().position(|feature| feature.name == name)?);
            if let Some(joint) = joint {
                let scores = joint.scores(&baseline.features, |name| value(name).map_or(Cell::Missing, cell));
                self.joint.get_or_insert_with(|| JointWindow::new(joint)).add(&scores);
            }
            if let Some((estimator, answer)) = estimator.zip(answers.get(row)) {
                let number = |name: &str| {
                    let known = baseline.features.get(name).zip(value(name));
                    known.map_or(f64::NAN, |(baseline, value)| as_number(baseline, cell(value)))
                };
                self.expected.get_or_insert_with(|| Expected::new(estimator)).add(estimator, contract, answer, number);
            }
        }
    }
}

/// A value as the baseline names it: the texts of personal columns by their hashes.
fn counted(baseline: &VersionBaseline, column: &Column<'_>, row: usize) -> Value {
    let name = &column.feature.name;
    match column.seen(row).owned() {
        Value::Text(text) if baseline.hashed.contains(name) => Value::Text(hash_text(name, &text)),
        Value::Num(x) if !x.is_nan() && baseline.hashed.contains(name) => Value::Text(hash_text(name, &x.to_string())),
        other => other,
    }
}

/// The whole rows of one stored window.
#[derive(Clone, Debug)]
pub struct Kept {
    pub version: VersionNo,
    pub arm: Arm,
    pub start: Millis,
    pub rows: WholeRows,
}

/// The whole rows of a range, with the span of the windows. What was counted of columns, which is most of a window, is passed over.
pub async fn kept(cx: &Ctx, deployment: &DeploymentName, range: TimeRange) -> Outcome<(i64, Vec<Kept>)> {
    #[derive(Deserialize)]
    struct Slim {
        #[serde(default)]
        rows: WholeRows,
    }
    let span = spans::for_features(range, cx.now());
    let rows = cx.store.db.features(deployment, span, range.from.floor_to(span), range.to).await.or_problem("Reading windows")?;
    let kept = rows.into_iter().filter_map(|row| {
        let Slim { rows } = serde_json::from_str(&row.features).ok()?;
        Some(Kept { version: version_no(row.version), arm: Arm::parse(&row.arm)?, start: Millis(row.start), rows })
    });
    Ok((span, kept.collect()))
}

/// One row in so many is counted.
pub fn every(joint: &JointBaseline) -> u64 {
    (joint.columns.len().div_ceil(COLUMNS) as u64).max(1)
}

/// Decided by the prediction's id alone, so that every replica and every split of the rows counts the same ones, as long as there is time for
/// all of these (see [`WholeRows::add`]).
fn is_counted(id: u64, row: usize, every: u64) -> bool {
    every <= 1 || mixed(id.wrapping_add(row as u64)).is_multiple_of(every)
}

/// FNV-1a.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The finalizer of SplitMix64: neighbours end up far apart.
fn mixed(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_decides_and_about_one_in_so_many_is_counted() {
        for every in [1, 2, 3, 4] {
            let counted = (0..30_000).filter(|i| is_counted(hash(&format!("prediction-{}", i / 3)), i % 3, every));
            let share = counted.count() as f64 / 30_000.0;
            assert!((share - 1.0 / every as f64).abs() < 0.01, "one in {every}: {share}");
        }
    }

    #[test]
    fn windows_of_before_are_read() {
        assert_eq!(serde_json::from_str::<WholeRows>("{}").unwrap(), WholeRows::default());
        assert_eq!(serde_json::to_string(&WholeRows::default()).unwrap(), "{}");
    }
}
