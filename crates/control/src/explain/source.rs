//! What an explanation is computed from: the loaded version, rows with known truth, and background rows.

use crate::registry::{self, Version};
use crate::{Ctx, Outcome, datasets};
use contract::inputs::DatasetRole;
use contract::{Contract, ModelName, Problem, Task, VersionNo};
use serving::{RowAnswer, Served, Value};
use stats::rng::SplitMix64;
use std::sync::Arc;

/// Rows on which importance, dependence and segments are measured.
const MOST_ROWS: usize = 1_000;
/// Rows that stand in for "not known" when a decision is taken apart.
const BACKGROUND: usize = 30;
/// The same rows are drawn each time, so that the same version gives the same report.
const SEED: u64 = 0x51_1b_8a_7e;

/// A row of features in the contract's order.
pub type Record = Vec<Value>;

/// The version with what is known about its world. Everything in it blocks: use it off the async threads.
pub struct Source {
    pub version: Version,
    pub served: Arc<Served>,
    pub rows: Vec<Record>,
    /// The true label of each row; empty where the data has none.
    pub truth: Vec<Option<String>>,
    pub answers: Vec<RowAnswer>,
    pub background: Vec<Record>,
    /// Where the rows come from: `held-back data`, `reference data`.
    pub origin: &'static str,
    /// Rows in the whole table that the rows were drawn from.
    pub of: usize,
}

impl Source {
    /// Loads the version and its data: held-back rows where there are some, reference rows otherwise.
    pub async fn load(cx: &Ctx, model: &ModelName, version: VersionNo) -> Outcome<Source> {
        let version = registry::version(cx, model, version).await?;
        if version.contract.features.is_empty() {
            return Err(Problem::conflict(
                "This version takes a tensor whose elements have no names, so there is nothing to explain by name.",
            ));
        }
        let reference = datasets::of_version(cx, model, version.version, DatasetRole::Reference).await?;
        let heldback = datasets::of_version(cx, model, version.version, DatasetRole::Heldback).await?;
        let (table, origin) = match (heldback, &reference) {
            (Some(table), _) => (table, "held-back data"),
            (None, Some(table)) => (table.clone(), "reference data"),
            (None, None) => {
                return Err(Problem::conflict("A report needs data: register the version with reference or held-back data."));
            }
        };
        let served = registry::served(cx, &version).await?;
        crate::blocking(move || {
            let mut rng = SplitMix64::new(SEED);
            let contract = &version.contract;
            let picked = sample(table.rows, MOST_ROWS, &mut rng);
            let all = table.records(contract);
            let label = contract.label_column.as_deref().and_then(|name| table.column(name));
            let truth = picked.iter().map(|row| label.and_then(|column| column.text(*row))).collect();
            let rows: Vec<Record> = picked.iter().map(|row| all[*row].clone()).collect();
            let behind = reference.as_ref().unwrap_or(&table);
            let around = behind.records(contract);
            let background = sample(behind.rows, BACKGROUND, &mut rng).into_iter().map(|row| around[row].clone()).collect();
            let answers = answer(&served, &rows)?;
            Ok(Source { served, rows, truth, answers, background, origin, of: table.rows, version })
        })
        .await?
    }

    pub fn contract(&self) -> &Contract {
        &self.version.contract
    }

    /// The number that is explained, for each row: score of the positive class, of class `target`, or the predicted value.
    pub fn scores(&self, rows: &[Record], target: Option<usize>) -> Outcome<Vec<f64>> {
        Ok(answer(&self.served, rows)?.iter().map(|one| score(self.contract(), one, target)).collect())
    }

    /// Which class a row's score is of, where there are more than two.
    pub fn target(&self, one: &RowAnswer) -> Option<usize> {
        match self.contract().task {
            Task::Multiclass => (0..one.scores.len()).max_by(|a, b| one.scores[*a].total_cmp(&one.scores[*b])),
            _ => None,
        }
    }

    /// The score that a row got.
    pub fn score_of(&self, row: usize) -> f64 {
        let one = &self.answers[row];
        score(self.contract(), one, self.target(one))
    }

    /// Whether the row was answered right; `None` where the truth is not known or the answer is a number.
    pub fn right(&self, row: usize) -> Option<bool> {
        if self.contract().task == Task::Regression {
            return None;
        }
        self.truth[row].as_ref().map(|truth| *truth == self.answers[row].label.text())
    }

    /// Predicted minus true value, for regression.
    pub fn error(&self, row: usize) -> Option<f64> {
        Some(self.answers[row].label.value()? - self.truth[row].as_ref()?.parse::<f64>().ok()?)
    }

    /// A generator whose stream depends on what it is for, and on nothing else.
    pub fn rng(purpose: u64) -> SplitMix64 {
        SplitMix64::new(SEED ^ purpose)
    }
}

fn score(contract: &Contract, one: &RowAnswer, target: Option<usize>) -> f64 {
    match contract.task {
        Task::Regression => one.label.value(),
        Task::Multiclass => target.and_then(|class| one.scores.get(class).copied()),
        Task::Binary => one.score,
    }
    // A classifier without scores still has a decision, which counts as 1 for yes.
    .unwrap_or_else(|| f64::from(u8::from(contract.positive.as_deref() == Some(&one.label.text()))))
}

/// Answers of the model, away from live traffic.
pub fn answer(served: &Served, rows: &[Record]) -> Outcome<Vec<RowAnswer>> {
    served.evaluate_blocking(rows).map_err(|error| Problem::conflict(format!("The version could not be asked: {error}")))
}

/// Up to `most` of `n` row numbers, in their order.
fn sample(n: usize, most: usize, rng: &mut SplitMix64) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..n).collect();
    if n > most {
        rng.shuffle(&mut rows);
        rows.truncate(most);
        rows.sort_unstable();
    }
    rows
}
