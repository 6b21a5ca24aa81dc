//! What is known about how good a version's answers are, frozen with it: the beginning of every estimate before outcomes arrive.

use super::groups::{groups, is_named, record};
use crate::datasets::Table;
use contract::spec::Pii;
use contract::{Contract, Task};
use serde::{Deserialize, Serialize};
use serving::{Label, RowAnswer, Value};
use stats::bins::{Baseline, Cell};
use stats::estimate::{
    BinarySampling, Calibrator, ErrorModel, MulticlassCalibrator, MulticlassSampling, RegressionSampling, SamplingError,
};
use stats::quality::{BinaryQuality, MulticlassQuality, RegressionQuality};
use std::collections::BTreeMap;

/// Labelled rows below which nothing is learnt.
const FEWEST: usize = 50;
/// Share of answers that must carry probabilities for them to be calibrated.
const PROBABILITIES: f64 = 0.99;
/// Fixed, so that the same rows always give the same estimator.
const SEED: u64 = 42;

/// Learnt from labelled rows that the version was asked about before it went live.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimator {
    pub rows: u64,
    /// From held-back rows. Those of the reference are often what the model was trained on: what it says about them is surer than
    /// what it says about others, and so is every estimate from them.
    pub held_back: bool,
    pub learnt: Learnt,
    /// Quality of the same rows by declared segment; empty without any, and in estimators from before this was kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupQuality>,
}

/// Of the rows of one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupQuality {
    pub feature: String,
    pub value: String,
    pub quality: Counts,
}

/// By task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counts {
    Binary(BinaryQuality),
    Multiclass(MulticlassQuality),
    Regression(RegressionQuality),
}

/// By task: what turns an answer into an expectation, the quality of the labelled rows, and how far chance moves it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Learnt {
    Binary {
        calibrator: Calibrator,
        quality: BinaryQuality,
        sampling: BinarySampling,
    },
    Multiclass {
        calibrator: MulticlassCalibrator,
        /// From the probability of the answered class to that of being right: all that is left of an answer in the log.
        answered: Calibrator,
        quality: MulticlassQuality,
        sampling: MulticlassSampling,
    },
    Regression {
        /// Features that the error model looks at, in its order; the prediction is one more. None of them is hashed in the log.
        columns: Vec<String>,
        model: ErrorModel,
        quality: RegressionQuality,
        sampling: RegressionSampling,
    },
}

impl Estimator {
    /// The measure that an estimate is judged by, on the labelled rows: accuracy, or the mean absolute error.
    pub fn reference(&self) -> Option<f64> {
        match &self.learnt {
            Learnt::Binary { quality, .. } => quality.accuracy(),
            Learnt::Multiclass { quality, .. } => quality.accuracy(),
            Learnt::Regression { quality, .. } => quality.mae(),
        }
    }

    /// Spread of that measure.
    pub fn sampling(&self) -> Option<SamplingError> {
        match &self.learnt {
            Learnt::Binary { sampling, .. } => sampling.accuracy,
            Learnt::Multiclass { sampling, .. } => sampling.accuracy,
            Learnt::Regression { sampling, .. } => sampling.mae,
        }
    }

    /// Whether it looks at the row besides the answer.
    pub fn needs_row(&self) -> bool {
        matches!(self.learnt, Learnt::Regression { .. })
    }

    /// Learns from the answers to labelled rows. `None` where there are too few, or the answers carry no probabilities.
    pub fn learn(
        contract: &Contract,
        features: &BTreeMap<String, Baseline>,
        rows: &Labelled,
        answers: &[RowAnswer],
    ) -> Option<Self> {
        if rows.truth.len() < FEWEST || rows.truth.len() != answers.len() {
            return None;
        }
        let learnt = match contract.task {
            Task::Binary => binary(contract, rows, answers)?,
            Task::Multiclass => multiclass(contract, rows, answers)?,
            Task::Regression => regression(contract, features, rows, answers)?,
        };
        let groups = by_group(contract, features, rows, answers);
        Some(Self { rows: rows.truth.len() as u64, held_back: rows.held_back, learnt, groups })
    }
}

/// Answers and outcomes added up by group.
fn by_group(
    contract: &Contract,
    features: &BTreeMap<String, Baseline>,
    rows: &Labelled,
    answers: &[RowAnswer],
) -> Vec<GroupQuality> {
    if contract.segments.is_empty() {
        return Vec::new();
    }
    let empty = || match contract.task {
        Task::Binary => Counts::Binary(BinaryQuality::default()),
        Task::Multiclass => Counts::Multiclass(MulticlassQuality::default()),
        Task::Regression => Counts::Regression(RegressionQuality::default()),
    };
    let mut found: BTreeMap<(String, String), Counts> = BTreeMap::new();
    for ((row, truth), answer) in rows.records.iter().zip(&rows.truth).zip(answers) {
        let named =
            groups(contract, features, &record(contract, row)).into_iter().filter(|(feature, _)| is_named(contract, feature));
        for group in named {
            match (found.entry(group).or_insert_with(empty), &answer.label) {
                (Counts::Regression(quality), label) => {
                    if let (Some(said), Ok(truth)) = (label.value(), truth.parse()) {
                        quality.add(truth, said);
                    }
                }
                (Counts::Binary(quality), Label::Class(label)) => {
                    let positive = positive(contract);
                    quality.add(truth == positive, label == positive, positive_score(contract, label, answer.score));
                }
                (Counts::Multiclass(quality), Label::Class(label)) => quality.add(truth, label, None),
                _ => {}
            }
        }
    }
    found.into_iter().map(|((feature, value), quality)| GroupQuality { feature, value, quality }).collect()
}

/// Rows of a table whose truth is known.
pub struct Labelled {
    pub records: Vec<Vec<Value>>,
    /// A class of the contract, or a number.
    truth: Vec<String>,
    held_back: bool,
}

impl Labelled {
    /// At most `most` rows, evenly spaced; `None` if the table has no labels that this contract knows.
    pub fn of(contract: &Contract, table: &Table, held_back: bool, most: usize) -> Option<Self> {
        let label = table.column(contract.label_column.as_ref()?)?;
        let truth = |row: usize| match contract.task {
            Task::Regression => label.number(row).filter(|x| x.is_finite()).map(|x| x.to_string()),
            _ => label.text(row).filter(|class| contract.classes.contains(class)),
        };
        let known: Vec<(usize, String)> = (0..table.rows).filter_map(|row| Some((row, truth(row)?))).collect();
        let step = known.len().div_ceil(most.max(1)).max(1);
        let (rows, truth): (Vec<usize>, Vec<String>) = known.into_iter().step_by(step).unzip();
        (!rows.is_empty()).then(|| Self { records: table.only(&rows).records(contract), truth, held_back })
    }
}

/// The class that counts as yes.
pub fn positive(contract: &Contract) -> &str {
    contract.positive.as_deref().or(contract.classes.get(1).map(String::as_str)).unwrap_or("1")
}

/// Probability of the positive class. Where the contract names none, the score of an answer is that of the class it names.
pub fn positive_score(contract: &Contract, label: &str, score: Option<f64>) -> Option<f64> {
    let score = score.filter(|score| (0.0..=1.0).contains(score))?;
    Some(if contract.positive.is_some() || label == positive(contract) { score } else { 1.0 - score })
}

fn class(answer: &RowAnswer) -> Option<&str> {
    if let Label::Class(class) = &answer.label { Some(class) } else { None }
}

fn enough<T>(got: Vec<T>, of: usize) -> Option<Vec<T>> {
    (got.len() as f64 >= PROBABILITIES * of as f64).then_some(got)
}

fn binary(contract: &Contract, rows: &Labelled, answers: &[RowAnswer]) -> Option<Learnt> {
    let positive = positive(contract);
    let mut quality = BinaryQuality::default();
    let mut scored = Vec::new();
    for (answer, truth) in answers.iter().zip(&rows.truth) {
        let Some(label) = class(answer) else { continue };
        let score = positive_score(contract, label, answer.score);
        quality.add(truth == positive, label == positive, score);
        scored.extend(score.map(|score| (score, truth == positive)));
    }
    let (scores, truth): (Vec<f64>, Vec<bool>) = enough(scored, answers.len())?.into_iter().unzip();
    Some(Learnt::Binary { calibrator: Calibrator::fit(&scores, &truth, SEED), sampling: BinarySampling::of(&quality), quality })
}

fn multiclass(contract: &Contract, rows: &Labelled, answers: &[RowAnswer]) -> Option<Learnt> {
    let place = |class: &str| contract.classes.iter().position(|known| known == class);
    let mut quality = MulticlassQuality::default();
    let mut scored = Vec::new();
    for (answer, truth) in answers.iter().zip(&rows.truth) {
        let Some(label) = class(answer) else { continue };
        let known = answer.scores.len() == contract.classes.len() && answer.scores.iter().all(|s| (0.0..=1.0).contains(s));
        let of = |class: &str| place(class).and_then(|place| answer.scores.get(place)).copied().filter(|_| known);
        quality.add(truth, label, of(truth));
        if known && place(truth).is_some() {
            quality.add_scores(truth, contract.classes.iter().map(String::as_str).zip(answer.scores.iter().copied()));
        }
        if let (Some(at), Some(said)) = (place(truth), of(label)) {
            quality.add_confidence(truth == label, said);
            scored.push((answer.scores.clone(), at, said, truth == label));
        }
    }
    let scored = enough(scored, answers.len())?;
    let scores: Vec<Vec<f64>> = scored.iter().map(|row| row.0.clone()).collect();
    let truth: Vec<usize> = scored.iter().map(|row| row.1).collect();
    let (said, right): (Vec<f64>, Vec<bool>) = scored.iter().map(|row| (row.2, row.3)).unzip();
    Some(Learnt::Multiclass {
        calibrator: MulticlassCalibrator::fit(&contract.classes, &scores, &truth, SEED),
        answered: Calibrator::fit(&said, &right, SEED),
        sampling: MulticlassSampling::of(&quality),
        quality,
    })
}

fn regression(
    contract: &Contract,
    features: &BTreeMap<String, Baseline>,
    rows: &Labelled,
    answers: &[RowAnswer],
) -> Option<Learnt> {
    let mut quality = RegressionQuality::default();
    let mut errors = Vec::with_capacity(answers.len());
    for (answer, truth) in answers.iter().zip(&rows.truth) {
        let (predicted, truth) = (answer.label.value().unwrap_or(f64::NAN), truth.parse().unwrap_or(f64::NAN));
        quality.add(truth, predicted);
        errors.push(predicted - truth);
    }
    let seen = contract.features.iter().enumerate().filter_map(|(place, feature)| {
        let readable = feature.pii == Pii::None;
        features.get(&feature.name).filter(|_| readable).map(|baseline| (place, &feature.name, baseline))
    });
    let seen: Vec<_> = seen.collect();
    let value =
        |row: &Vec<Value>, place: usize, baseline| row.get(place).map_or(f64::NAN, |value| as_number(baseline, cell(value)));
    let mut columns: Vec<Vec<f64>> =
        seen.iter().map(|(place, _, baseline)| rows.records.iter().map(|row| value(row, *place, baseline)).collect()).collect();
    columns.push(answers.iter().map(|answer| answer.label.value().unwrap_or(f64::NAN)).collect());
    Some(Learnt::Regression {
        columns: seen.iter().map(|(_, name, _)| (*name).clone()).collect(),
        model: ErrorModel::fit(&columns, &errors, SEED)?,
        sampling: RegressionSampling::of(&errors),
        quality,
    })
}

/// The value as statistics count it.
pub fn cell(value: &Value) -> Cell<'_> {
    match value {
        Value::Missing => Cell::Missing,
        Value::Num(x) if x.is_nan() => Cell::Missing,
        Value::Num(x) => Cell::Number(*x),
        Value::Text(text) => Cell::Text(text),
    }
}

/// A value as the error model takes it: a number, the position of a category in the baseline, NaN for what is missing or new.
pub fn as_number(baseline: &Baseline, cell: Cell<'_>) -> f64 {
    let place = |known: Option<usize>| known.map_or(f64::NAN, |place| place as f64);
    match (baseline, cell) {
        (_, Cell::Missing) => f64::NAN,
        (Baseline::Numeric(_), Cell::Number(x)) => x,
        (Baseline::Numeric(_), Cell::Text(text)) => text.trim().parse().unwrap_or(f64::NAN),
        (Baseline::Categorical(known), Cell::Number(x)) => place(known.index(&x.to_string())),
        (Baseline::Categorical(known), Cell::Text(text)) => place(known.index(text)),
    }
}
