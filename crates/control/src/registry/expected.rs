//! How good answers are expected to be before their outcomes are known, as one mergeable record whatever the task.

use super::estimator::{Estimator, Learnt, positive, positive_score};
use contract::Contract;
use contract::views::quality::Measure;
use serde::{Deserialize, Serialize};
use serving::Label;
use stats::estimate::{BinaryEstimate, MulticlassEstimate, RegressionEstimate};

/// Trees of an error model for which every row is counted; with more of them one in two, three … is, so that a row costs no more.
const TREES: usize = 100;

/// Sums over answered rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// Of two classes; or, over rows of the log, of whether the answered one of several classes is right.
    Binary(#[serde(with = "compact")] BinaryEstimate),
    Multiclass(MulticlassEstimate),
    Regression(RegressionEstimate),
}

impl Expected {
    /// Without rows.
    pub fn new(estimator: &Estimator) -> Self {
        match &estimator.learnt {
            Learnt::Binary { .. } => Self::Binary(BinaryEstimate::default()),
            Learnt::Multiclass { .. } => Self::Multiclass(MulticlassEstimate::default()),
            Learnt::Regression { .. } => Self::Regression(RegressionEstimate::default()),
        }
    }

    /// One row in so many is counted.
    pub fn every(estimator: &Estimator) -> u64 {
        match &estimator.learnt {
            Learnt::Regression { model, .. } => {
                ((model.absolute.trees.len() + model.squared.trees.len()).div_ceil(TREES) as u64).max(1)
            }
            _ => 1,
        }
    }

    /// Counts one answer; `number` gives a feature of its row as the error model takes it. Without effect over an estimator of
    /// another task.
    pub fn add(&mut self, estimator: &Estimator, contract: &Contract, answer: &serving::RowAnswer, number: impl Fn(&str) -> f64) {
        match (self, &estimator.learnt, &answer.label) {
            (Self::Binary(sums), Learnt::Binary { calibrator, .. }, Label::Class(label)) => {
                if let Some(score) = positive_score(contract, label, answer.score) {
                    sums.add(calibrator, score, label == positive(contract));
                }
            }
            (Self::Multiclass(sums), Learnt::Multiclass { calibrator, .. }, Label::Class(label)) => {
                if let Some(place) = contract.classes.iter().position(|class| class == label) {
                    sums.add(calibrator, &answer.scores, place);
                }
            }
            (Self::Regression(sums), Learnt::Regression { columns, model, .. }, Label::Value(value)) => {
                let row: Vec<f64> = columns.iter().map(|name| number(name)).chain([*value]).collect();
                sums.add(model, &row);
            }
            _ => {}
        }
    }

    /// The expectation of one row of the log, whose probabilities other than that of the answered class are gone; `None` where
    /// nothing can be expected of it.
    pub fn of_logged(
        estimator: &Estimator,
        contract: &Contract,
        label: &str,
        score: Option<f64>,
        number: impl Fn(&str) -> f64,
    ) -> Option<Self> {
        match &estimator.learnt {
            Learnt::Binary { calibrator, .. } => {
                let mut sums = BinaryEstimate::default();
                sums.add(calibrator, positive_score(contract, label, score)?, label == positive(contract));
                Some(Self::Binary(sums))
            }
            Learnt::Multiclass { answered, .. } => {
                let mut sums = BinaryEstimate::default();
                sums.add(answered, score.filter(|score| (0.0..=1.0).contains(score))?, true);
                Some(Self::Binary(sums))
            }
            Learnt::Regression { columns, model, .. } => {
                let mut sums = RegressionEstimate::default();
                let row: Vec<f64> = columns.iter().map(|name| number(name)).chain([label.parse().ok()?]).collect();
                sums.add(model, &row);
                Some(Self::Regression(sums))
            }
        }
    }

    /// Adds the rows of another record; one of another task is left out.
    pub fn merge(&mut self, other: &Self) {
        match (self, other) {
            (Self::Binary(mine), Self::Binary(theirs)) => mine.merge(theirs),
            (Self::Multiclass(mine), Self::Multiclass(theirs)) => mine.merge(theirs),
            (Self::Regression(mine), Self::Regression(theirs)) => mine.merge(theirs),
            _ => {}
        }
    }

    pub fn n(&self) -> u64 {
        match self {
            Self::Binary(sums) => sums.n(),
            Self::Multiclass(sums) => sums.n,
            Self::Regression(sums) => sums.n,
        }
    }

    /// Expected accuracy, or mean absolute error; `None` without rows.
    pub fn primary(&self) -> Option<f64> {
        match self {
            Self::Binary(sums) => sums.accuracy(),
            Self::Multiclass(sums) => sums.accuracy(),
            Self::Regression(sums) => sums.mae(),
        }
    }

    /// Other expected measures, in the field's names.
    pub fn others(&self) -> Vec<Measure> {
        let measure = |name: &str, value: Option<f64>| Measure { name: name.into(), value, offline: None };
        match self {
            Self::Binary(sums) => vec![
                measure("ROC AUC", sums.roc_auc()),
                measure("Precision", sums.precision()),
                measure("Recall", sums.recall()),
                measure("F1", sums.f1()),
                measure("Log loss", sums.log_loss()),
                measure("Brier score", sums.brier()),
            ],
            Self::Multiclass(sums) => vec![measure("Macro F1", sums.macro_f1()), measure("ROC AUC", sums.roc_auc())],
            Self::Regression(sums) => vec![measure("RMSE", sums.rmse())],
        }
    }
}

/// Adds up two records that may not be there.
pub fn merge(mine: &mut Option<Expected>, theirs: &Option<Expected>) {
    match (mine, theirs) {
        (Some(mine), Some(theirs)) => mine.merge(theirs),
        (mine @ None, Some(theirs)) => *mine = Some(theirs.clone()),
        _ => {}
    }
}

/// The bins as rows of numbers: their names would make a window of many bins four times as long.
mod compact {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use stats::estimate::{BinaryEstimate, ExpectedBin};

    #[derive(Serialize, Deserialize)]
    struct Sums {
        bins: Vec<(u16, u64, u64, u64, u64)>,
        log_loss_sum: u64,
        brier_sum: u64,
    }

    pub fn serialize<S: Serializer>(of: &BinaryEstimate, to: S) -> Result<S::Ok, S::Error> {
        let row =
            |(bin, b): (&u16, &ExpectedBin)| (*bin, b.predicted_positive, b.predicted_negative, b.positive_sum, b.missed_sum);
        Sums { bins: of.bins.iter().map(row).collect(), log_loss_sum: of.log_loss_sum, brier_sum: of.brier_sum }.serialize(to)
    }

    pub fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<BinaryEstimate, D::Error> {
        let Sums { bins, log_loss_sum, brier_sum } = Sums::deserialize(from)?;
        let bin = |(bin, predicted_positive, predicted_negative, positive_sum, missed_sum)| {
            (bin, ExpectedBin { predicted_positive, predicted_negative, positive_sum, missed_sum })
        };
        Ok(BinaryEstimate { bins: bins.into_iter().map(bin).collect(), log_loss_sum, brier_sum })
    }
}
