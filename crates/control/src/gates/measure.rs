//! Quality of answers against the truth: estimates with intervals, and paired differences on the same rows.

use super::bootstrap;
use super::subject::{Answers, Truth};
use crate::words;
use contract::{Contract, Task};
use serde::{Deserialize, Serialize};
use stats::evidence::{RateInterval, wilson};
use stats::quality::{auc_interval_delong, r2};
use std::collections::BTreeMap;

/// 97.5 % of a normal distribution lie below.
const Z: f64 = 1.959_963_984_540_054;
const CONFIDENCE: f64 = 0.95;

/// A number with its 95 % interval and the rows it rests on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    pub value: f64,
    pub low: f64,
    pub high: f64,
    pub n: u64,
}

impl From<RateInterval> for Estimate {
    fn from(rate: RateInterval) -> Self {
        Self { value: rate.estimate, low: rate.lower, high: rate.upper, n: 0 }
    }
}

/// The number by which versions are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Area under the ROC curve of the positive class's score.
    Auc,
    Accuracy,
    /// Mean absolute error, in the label's unit.
    Mae,
}

impl Metric {
    /// ROC AUC for two classes with scores, accuracy for other classes, mean absolute error for values.
    pub fn of(contract: &Contract) -> Metric {
        match contract.task {
            Task::Regression => Metric::Mae,
            Task::Binary if contract.score_output.is_some() && contract.positive.is_some() => Metric::Auc,
            _ => Metric::Accuracy,
        }
    }

    /// Where groups are too small for ROC AUC, accuracy stands in.
    pub fn in_groups(self) -> Metric {
        if self == Metric::Auc { Metric::Accuracy } else { self }
    }

    pub fn name(self) -> &'static str {
        match self {
            Metric::Auc => "ROC AUC",
            Metric::Accuracy => "Accuracy",
            Metric::Mae => "Mean absolute error",
        }
    }

    /// Key in [`metrics`].
    pub fn key(self) -> &'static str {
        match self {
            Metric::Auc => "roc_auc",
            Metric::Accuracy => "accuracy",
            Metric::Mae => "mae",
        }
    }

    pub fn higher_is_better(self) -> bool {
        self != Metric::Mae
    }

    pub fn is_share(self) -> bool {
        self == Metric::Accuracy
    }

    pub fn text(self, value: f64) -> String {
        match self {
            Metric::Auc => format!("{value:.3}"),
            Metric::Accuracy => format!("{:.1}%", value * 100.0),
            Metric::Mae => words::number(value),
        }
    }

    /// An improvement: `+0.051`, `+1.6 points`, `3.1 less error`.
    pub fn improvement(self, by: f64) -> String {
        match self {
            Metric::Auc => words::signed(by, 3),
            Metric::Accuracy => format!("{} points", words::signed(by * 100.0, 1)),
            Metric::Mae => format!("{} {}", words::number(by.abs()), if by >= 0.0 { "less error" } else { "more error" }),
        }
    }

    /// `0.872 to 0.912`; of an improvement with signs.
    pub fn interval(self, estimate: &Estimate, improvement: bool) -> String {
        let one = |x: f64| match (self, improvement) {
            (_, false) => self.text(x),
            (Metric::Auc, true) => words::signed(x, 3),
            (Metric::Accuracy, true) => words::signed(x * 100.0, 1),
            (Metric::Mae, true) => words::signed(x, 1),
        };
        format!("{} to {}", one(estimate.low), one(estimate.high))
    }
}

/// The metric over all rows, or those in `rows`; `None` where it has no value (no rows, one class only).
pub fn estimate(metric: Metric, truth: &Truth, answers: &Answers, rows: Option<&[usize]>) -> Option<Estimate> {
    let all: Vec<usize>;
    let rows = match rows {
        Some(rows) => rows,
        None => {
            all = (0..truth.len()).collect();
            &all
        }
    };
    let n = rows.len() as u64;
    match metric {
        Metric::Auc => {
            let (truths, scores) = binary(truth, answers, rows)?;
            let interval = auc_interval_delong(&truths, &scores, CONFIDENCE)?;
            Some(Estimate { value: interval.estimate, low: interval.lower, high: interval.upper, n })
        }
        Metric::Accuracy => {
            let right = rows.iter().filter(|row| right(truth, answers, **row)).count() as u64;
            wilson(right, n, CONFIDENCE).map(|rate| Estimate { n, ..rate.into() })
        }
        Metric::Mae => {
            let errors: Vec<f64> = rows.iter().filter_map(|row| error(truth, answers, *row)).collect();
            mean(&errors).map(|e| Estimate { low: e.low.max(0.0), ..e })
        }
    }
}

/// How much better `a` is than `b` on the same rows, positive where it is; with a paired interval.
pub fn improvement(
    metric: Metric,
    truth: &Truth,
    a: &Answers,
    b: &Answers,
    rows: Option<&[usize]>,
    seed: u64,
) -> Option<Estimate> {
    let all: Vec<usize> = (0..truth.len()).collect();
    let rows = rows.unwrap_or(&all);
    match metric {
        Metric::Auc => {
            let (truths, of_a) = binary(truth, a, rows)?;
            let (_, of_b) = binary(truth, b, rows)?;
            bootstrap::auc_difference(&truths, &of_a, &of_b, seed)
        }
        Metric::Accuracy => {
            let one = |answers, row| f64::from(u8::from(right(truth, answers, row)));
            mean(&rows.iter().map(|row| one(a, *row) - one(b, *row)).collect::<Vec<_>>())
        }
        Metric::Mae => {
            let differences: Vec<f64> =
                rows.iter().filter_map(|row| Some(error(truth, b, *row)? - error(truth, a, *row)?)).collect();
            mean(&differences)
        }
    }
}

/// Everything that is worth keeping about one version on the held-back rows, under stable keys.
pub fn metrics(contract: &Contract, truth: &Truth, answers: &Answers) -> BTreeMap<String, f64> {
    let mut found = BTreeMap::new();
    let mut put = |key: &str, value: Option<f64>| value.map(|value| found.insert(key.to_owned(), value));
    let rows: Vec<usize> = (0..truth.len()).collect();
    if contract.task == Task::Regression {
        let (truths, values): (Vec<f64>, Vec<f64>) =
            rows.iter().filter_map(|row| Some((truth.value(*row)?, answers.value(*row)?))).unzip();
        put("mae", stats::quality::mae(&truths, &values));
        put("rmse", stats::quality::rmse(&truths, &values));
        put("r2", r2(&truths, &values));
        return found;
    }
    put("accuracy", estimate(Metric::Accuracy, truth, answers, None).map(|e| e.value));
    if let (Some(positive), Some((truths, scores))) = (&contract.positive, binary(truth, answers, &rows)) {
        put("roc_auc", stats::quality::roc_auc(&truths, &scores));
        let said = |row: usize| answers.label(row) == Some(positive.as_str());
        let (hits, flagged) = (
            rows.iter().filter(|row| said(**row) && truth.is_positive(**row)).count(),
            rows.iter().filter(|row| said(**row)).count(),
        );
        let real = truths.iter().filter(|yes| **yes).count();
        put("recall", (real > 0).then(|| hits as f64 / real as f64));
        put("precision", (flagged > 0).then(|| hits as f64 / flagged as f64));
        put("positive_share_predicted", (!rows.is_empty()).then(|| flagged as f64 / rows.len() as f64));
        put("positive_share_true", (!rows.is_empty()).then(|| real as f64 / rows.len() as f64));
    }
    found
}

/// Share of the variance that is explained.
pub fn explained(truth: &Truth, answers: &Answers) -> Option<f64> {
    let (truths, values): (Vec<f64>, Vec<f64>) =
        (0..truth.len()).filter_map(|row| Some((truth.value(row)?, answers.value(row)?))).unzip();
    r2(&truths, &values)
}

/// A mean with its normal interval; `None` without values. One value has no spread and an infinite interval.
pub fn mean(values: &[f64]) -> Option<Estimate> {
    let n = values.len() as f64;
    if values.is_empty() {
        return None;
    }
    let mean = values.iter().map(|x| x / n).sum::<f64>();
    let variance =
        if values.len() > 1 { values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0) } else { f64::INFINITY };
    let half = Z * (variance / n).sqrt();
    Some(Estimate { value: mean, low: mean - half, high: mean + half, n: values.len() as u64 })
}

/// Truths and scores of the positive class. `None` if there are no scores or one class only.
fn binary(truth: &Truth, answers: &Answers, rows: &[usize]) -> Option<(Vec<bool>, Vec<f64>)> {
    let truths: Vec<bool> = rows.iter().map(|row| truth.is_positive(*row)).collect();
    let scores: Option<Vec<f64>> = rows.iter().map(|row| answers.score(*row).filter(|score| score.is_finite())).collect();
    if truths.iter().all(|yes| *yes) || !truths.iter().any(|yes| *yes) {
        return None;
    }
    Some((truths, scores?))
}

pub fn right(truth: &Truth, answers: &Answers, row: usize) -> bool {
    truth.class(row).is_some() && truth.class(row) == answers.label(row)
}

fn error(truth: &Truth, answers: &Answers, row: usize) -> Option<f64> {
    Some((truth.value(row)? - answers.value(row)?).abs()).filter(|error| error.is_finite())
}
