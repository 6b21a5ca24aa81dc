//! What the reference's own outcomes teach: how good the model is, how much that varies, and how to estimate it.

use super::classes::Classes;
use super::window::{TruthWindow, judged_by, loss};
use crate::compare::blocks::Blocks;
use crate::compare::feature::{Feature, Values};
use crate::compare::rows::{Dictionary, NONE};
use contract::Task;
use stats::bins::Baseline;
use stats::estimate::{
    BinaryEstimate, BinarySampling, Calibrator, ErrorModel, MulticlassCalibrator, MulticlassEstimate, MulticlassSampling,
    RegressionEstimate, RegressionSampling,
};
use stats::quality::{BinaryQuality, MulticlassQuality, RegressionQuality};
use stats::usual::{Shape, Stretch, Usual};
use std::collections::BTreeMap;

/// For the folds of the calibration and the rows held back by the error model: the same file gives the same numbers.
const SEED: u64 = 42;
/// Rows that an error model learns from.
const TAUGHT: usize = 20_000;

/// Answers and outcomes of some rows. Classes are positions, [`NONE`] where there is none; values NaN.
#[derive(Default)]
pub struct Answers<'a> {
    pub predicted: Vec<u32>,
    pub truth: Vec<u32>,
    pub predicted_value: &'a [f64],
    pub truth_value: Vec<f64>,
    /// One slice per score column.
    pub scores: Vec<&'a [f64]>,
    /// For an error model: one column per feature, as numbers.
    pub features: Vec<Vec<f64>>,
}

/// What is known about the answers of the reference.
pub struct Truth {
    pub task: Task,
    pub classes: Classes,
    pub(super) known: Known,
    /// Right and wrong answers, and how much that varies.
    pub(super) errors: Option<Usual>,
    answered: Option<Stretch>,
    /// Measures of the whole reference.
    pub(super) realised: BTreeMap<&'static str, f64>,
    pub(super) estimated: BTreeMap<&'static str, f64>,
    /// Largest loss of an expected measure among the stretches of the reference.
    pub(super) usual_loss: BTreeMap<&'static str, f64>,
    pub(super) area: Option<Area>,
    /// Rows with an outcome.
    pub(super) labelled: u64,
    /// The magnitude of the error, over what is large, and how much it varies (regression).
    magnitude: Option<Feature>,
    /// What a large error is: the 99th percentile.
    large: f64,
}

pub(super) enum Known {
    Binary { calibrator: Option<Calibrator>, sampling: BinarySampling },
    Multiclass { calibrator: Option<MulticlassCalibrator>, sampling: MulticlassSampling },
    Regression { model: Option<ErrorModel>, sampling: RegressionSampling },
}

/// Area under the curve of the reference, and how much it varies between stretches.
#[derive(Clone, Copy)]
pub(super) struct Area {
    pub estimate: f64,
    pub standard_error: f64,
    /// Standard deviation between stretches that chance does not explain.
    pub unrest: f64,
    /// A standard error that no chunk of the size of a stretch falls under by much.
    pub least: f64,
}

impl Truth {
    /// Learns from the reference. Without outcomes there are no estimates, but predictions are still counted.
    pub fn fit(task: Task, classes: Classes, answers: &Answers<'_>, blocks: &Blocks, alpha: f64) -> Self {
        let mut truth = Self {
            task,
            known: known(task, &classes, answers),
            classes,
            errors: None,
            answered: None,
            realised: BTreeMap::new(),
            estimated: BTreeMap::new(),
            usual_loss: BTreeMap::new(),
            area: None,
            labelled: 0,
            magnitude: None,
            large: 0.0,
        };
        if task == Task::Regression {
            let mut magnitudes: Vec<f64> = errors(answers).map(f64::abs).filter(|e| e.is_finite()).collect();
            magnitudes.sort_unstable_by(f64::total_cmp);
            truth.large = stats::bins::linear_quantile(&magnitudes, 0.99).unwrap_or(0.0);
            let scaled: Vec<f64> =
                (0..answers.truth_value.len()).map(|row| truth.error(answers, row).unwrap_or(f64::NAN)).collect();
            if truth.large > 0.0 {
                truth.magnitude = Some(Feature::fit("error", Values::Numbers(&scaled), blocks, alpha, 0.15, false));
            }
        }
        let mut whole = truth.empty();
        let windows: Vec<TruthWindow> = (0..blocks.len())
            .map(|block| {
                let mut window = truth.empty();
                let rows: Vec<usize> = blocks.rows(block).collect();
                truth.add(&mut window, answers, rows.iter().copied());
                window
            })
            .collect();
        windows.iter().for_each(|window| whole.merge(window));
        truth.labelled = whole.outcomes();
        truth.realised = whole.realised();
        truth.estimated = whole.estimated(false);
        for (name, better) in judged_by(&truth) {
            let Some(before) = truth.estimated.get(name) else { continue };
            let losses = windows.iter().filter_map(|w| Some(loss(*w.estimated(false).get(name)?, *before, *better)));
            let largest = losses.fold(0.0, f64::max);
            truth.usual_loss.insert(*name, largest);
        }
        truth.learn_errors(&whole, &windows, blocks, alpha);
        truth
    }

    fn learn_errors(&mut self, whole: &TruthWindow, windows: &[TruthWindow], blocks: &Blocks, alpha: f64) {
        if let Some(reference) = self.error_stretch(whole).filter(|s| s.n > 0) {
            self.answered = Some(reference.clone());
            let shape = Shape { ordered: false, new: Vec::new(), groups: vec![0, 1], group_count: 2 };
            let stretches: Vec<Stretch> = windows
                .iter()
                .enumerate()
                .filter_map(|(block, w)| Some(Stretch { at: blocks.at(block), ..self.error_stretch(w)? }))
                .collect();
            self.errors = Some(Usual::fit(shape, reference, &stretches, alpha));
        }
        if let TruthWindow::Binary { quality, .. } = whole {
            let stretches: Vec<_> = windows
                .iter()
                .filter_map(|w| if let TruthWindow::Binary { quality, .. } = w { quality.roc_auc_interval(0.95) } else { None })
                .filter(|area| area.standard_error > 0.0)
                .collect();
            self.area = quality.roc_auc_interval(0.95).map(|area| {
                let n = stretches.len() as f64;
                let strays: f64 = stretches.iter().map(|s| (s.estimate - area.estimate).powi(2) - s.standard_error.powi(2)).sum();
                let mut errors: Vec<f64> = stretches.iter().map(|s| s.standard_error).collect();
                errors.sort_unstable_by(f64::total_cmp);
                Area {
                    estimate: area.estimate,
                    standard_error: area.standard_error,
                    unrest: if n >= 8.0 { (strays / n).max(0.0).sqrt() } else { 0.0 },
                    least: errors.get(errors.len() / 4).copied().unwrap_or(0.0),
                }
            });
        }
    }

    /// Nothing counted yet.
    pub fn empty(&self) -> TruthWindow {
        match self.task {
            Task::Binary => TruthWindow::Binary {
                quality: BinaryQuality::default(),
                open: BinaryEstimate::default(),
                labelled: BinaryEstimate::default(),
            },
            Task::Multiclass => TruthWindow::Multiclass {
                quality: MulticlassQuality::default(),
                open: MulticlassEstimate::default(),
                labelled: MulticlassEstimate::default(),
            },
            Task::Regression => TruthWindow::Regression {
                quality: RegressionQuality::default(),
                open: RegressionEstimate::default(),
                labelled: RegressionEstimate::default(),
            },
        }
    }

    /// Counts rows.
    pub fn add(&self, window: &mut TruthWindow, answers: &Answers<'_>, rows: impl Iterator<Item = usize> + Clone) {
        let (TruthWindow::Binary { quality, open, labelled }, Known::Binary { calibrator, .. }) = (&mut *window, &self.known)
        else {
            rows.for_each(|row| self.add_row(window, answers, row));
            return;
        };
        let score = |row: usize| answers.scores.first().and_then(|s| s.get(row)).copied().filter(|s| !s.is_nan());
        let truth = |row: usize| answers.truth.get(row).copied().filter(|class| *class != NONE).map(|class| class == 1);
        let are_known = !answers.truth.is_empty();
        if are_known {
            quality.add_all(
                rows.clone().filter_map(|row| Some((truth(row)?, binary_answer(answers, score(row), row)?, score(row)))),
            );
        }
        if let Some(calibrator) = calibrator {
            let answered = |row: usize| Some((score(row)?, binary_answer(answers, score(row), row)?));
            open.add_all(calibrator, rows.clone().filter(|row| truth(*row).is_none()).filter_map(answered));
            if are_known {
                labelled.add_all(calibrator, rows.filter(|row| truth(*row).is_some()).filter_map(answered));
            }
        }
    }

    fn add_row(&self, window: &mut TruthWindow, answers: &Answers<'_>, row: usize) {
        match (window, &self.known) {
            (TruthWindow::Multiclass { quality, open, labelled }, Known::Multiclass { calibrator, .. }) => {
                let scores = self.class_scores(answers, row);
                let Some(predicted) = class_answer(answers, scores.as_deref(), row) else { return };
                let name = |class: u32| self.classes.names.get(class as usize).map_or("", String::as_str);
                let score = |class: u32| scores.as_ref().and_then(|s| s.get(class as usize)).copied();
                let truth = answers.truth.get(row).copied().filter(|class| *class != NONE);
                if let Some(truth) = truth {
                    quality.add(name(truth), name(predicted), score(truth));
                    if let Some(scores) = &scores {
                        let names = self.classes.names.iter().map(String::as_str);
                        quality.add_scores(name(truth), names.zip(scores.iter().copied()));
                    }
                    if let Some(confidence) = score(predicted) {
                        quality.add_confidence(truth == predicted, confidence);
                    }
                }
                if let Some((calibrator, scores)) = calibrator.as_ref().zip(scores.as_ref()) {
                    let estimate = if truth.is_some() { labelled } else { open };
                    estimate.add(calibrator, scores, predicted as usize);
                }
            }
            (TruthWindow::Regression { quality, open, labelled }, Known::Regression { model, .. }) => {
                let predicted = answers.predicted_value.get(row).copied().unwrap_or(f64::NAN);
                let truth = answers.truth_value.get(row).copied().unwrap_or(f64::NAN);
                quality.add(truth, predicted);
                if let Some(model) = model.as_ref().filter(|_| predicted.is_finite()) {
                    let features: Vec<f64> = error_row(answers, row);
                    let estimate = if truth.is_finite() { labelled } else { open };
                    estimate.add(model, &features);
                }
            }
            _ => {}
        }
    }

    /// The error of a row for the detector, 0 to 1; `None` where the outcome is not known.
    pub fn error(&self, answers: &Answers<'_>, row: usize) -> Option<f64> {
        match self.task {
            Task::Regression => {
                let error = answers.predicted_value.get(row)? - answers.truth_value.get(row)?;
                (error.is_finite() && self.large > 0.0).then(|| (error.abs() / self.large).min(1.0))
            }
            Task::Binary => {
                let score = answers.scores.first().and_then(|s| s.get(row)).copied().filter(|s| !s.is_nan());
                let truth = answers.truth.get(row).copied().filter(|class| *class != NONE)?;
                Some(f64::from(u8::from(binary_answer(answers, score, row)? != (truth == 1))))
            }
            Task::Multiclass => {
                let truth = answers.truth.get(row).copied().filter(|class| *class != NONE)?;
                let predicted = class_answer(answers, self.class_scores(answers, row).as_deref(), row)?;
                Some(f64::from(u8::from(truth != predicted)))
            }
        }
    }

    /// Right and wrong answers as a stretch; `None` for a model that predicts a number.
    pub fn error_stretch(&self, window: &TruthWindow) -> Option<Stretch> {
        let (right, n) = match window {
            TruthWindow::Binary { quality, .. } => (quality.correct(), quality.n()),
            TruthWindow::Multiclass { quality, .. } => (quality.correct(), quality.n()),
            TruthWindow::Regression { .. } => return None,
        };
        Some(Stretch { counts: vec![right, n - right], n, missing: 0, at: None })
    }

    /// What is usual for right and wrong answers; `None` for a model that predicts a number, and without outcomes.
    pub fn usual_errors(&self) -> Option<&Usual> {
        self.errors.as_ref()
    }

    /// The right and wrong answers of the reference.
    pub fn reference_errors(&self) -> Option<Stretch> {
        self.answered.clone()
    }

    /// Probability of errors (0 to 1 each, of [`Self::error`]) at least as large when nothing has changed, at this time.
    pub fn errors_p(&self, errors: &[f64], at: Option<i64>) -> f64 {
        let sum: f64 = errors.iter().sum();
        if errors.is_empty() {
            return 1.0;
        }
        let Some(magnitude) = &self.magnitude else {
            let (n, wrong) = (errors.len() as u64, sum.round() as u64);
            let stretch = Stretch { counts: vec![n - wrong.min(n), wrong.min(n)], n, missing: 0, at };
            return self.errors.as_ref().map_or(1.0, |usual| usual.evidence(&[&stretch]).p);
        };
        let Baseline::Numeric(baseline) = &magnitude.baseline else { return 1.0 };
        if sum / errors.len() as f64 <= baseline.mean || errors.len() < 16 {
            return 1.0;
        }
        let mut count = magnitude.empty();
        magnitude.count(&mut count, Values::Numbers(errors), None);
        let window = magnitude.window(&count, &Dictionary::default());
        magnitude.usual.evidence(&[&Stretch::of(&window, at)]).p
    }

    fn class_scores(&self, answers: &Answers<'_>, row: usize) -> Option<Vec<f64>> {
        if answers.scores.len() != self.classes.names.len() {
            return None;
        }
        let mut scores = vec![f64::NAN; answers.scores.len()];
        for (column, class) in answers.scores.iter().zip(&self.classes.of_scores) {
            scores[*class] = *column.get(row)?;
        }
        scores.iter().all(|s| s.is_finite()).then_some(scores)
    }
}

/// The answer of a model of several classes: the prediction, or else the class with the largest score.
fn class_answer(answers: &Answers<'_>, scores: Option<&[f64]>, row: usize) -> Option<u32> {
    match answers.predicted.get(row) {
        Some(class) => Some(*class).filter(|class| *class != NONE),
        None => {
            let best = scores?.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
            u32::try_from(best.0).ok()
        }
    }
}

/// The answer of a binary model: the prediction, or else the score from one half on.
fn binary_answer(answers: &Answers<'_>, score: Option<f64>, row: usize) -> Option<bool> {
    match answers.predicted.get(row) {
        Some(class) => (*class != NONE).then_some(*class == 1),
        None => score.map(|s| s >= 0.5),
    }
}

fn errors<'a>(answers: &'a Answers<'_>) -> impl Iterator<Item = f64> + 'a {
    answers.predicted_value.iter().zip(&answers.truth_value).map(|(p, t)| p - t)
}

fn error_row(answers: &Answers<'_>, row: usize) -> Vec<f64> {
    let features = answers.features.iter().map(|column| column.get(row).copied().unwrap_or(f64::NAN));
    features.chain(answers.predicted_value.get(row).copied()).collect()
}

/// The way to calibrate is chosen on some of the rows, evenly taken; then more of them teach it: a curve of two numbers needs
/// some ten thousand, one of steps takes all.
fn calibrated(scores: &[f64], truth: &[bool]) -> Calibrator {
    let some = |most: usize| -> (Vec<f64>, Vec<bool>) {
        let step = scores.len().div_ceil(most).max(1);
        scores.iter().copied().zip(truth.iter().copied()).step_by(step).unzip()
    };
    let (few, of_few) = some(TAUGHT / 4);
    match Calibrator::fit(&few, &of_few, SEED) {
        Calibrator::Platt(_) => {
            let (many, of_many) = some(TAUGHT);
            Calibrator::platt(&many, &of_many)
        }
        Calibrator::Isotonic(_) => Calibrator::isotonic(scores, truth),
        Calibrator::Identity => Calibrator::Identity,
    }
}

/// Learns to estimate, where there are outcomes to learn from.
fn known(task: Task, classes: &Classes, answers: &Answers<'_>) -> Known {
    let labelled: Vec<usize> = (0..answers.truth.len()).filter(|row| answers.truth[*row] != NONE).collect();
    match task {
        Task::Binary => {
            let scores = answers.scores.first().copied().unwrap_or(&[]);
            let rows: Vec<usize> =
                labelled.into_iter().filter(|row| scores.get(*row).is_some_and(|s| (0.0..=1.0).contains(s))).collect();
            let (s, t): (Vec<f64>, Vec<bool>) = rows.iter().map(|row| (scores[*row], answers.truth[*row] == 1)).unzip();
            let mut quality = BinaryQuality::default();
            quality.add_all(rows.iter().filter_map(|&row| {
                let score = Some(scores[row]);
                Some((answers.truth[row] == 1, binary_answer(answers, score, row)?, score))
            }));
            Known::Binary { calibrator: (!s.is_empty()).then(|| calibrated(&s, &t)), sampling: BinarySampling::of(&quality) }
        }
        Task::Multiclass => {
            let mut quality = MulticlassQuality::default();
            let name = |class: u32| classes.names.get(class as usize).map_or("", String::as_str);
            let (mut all, mut truth) = (Vec::new(), Vec::new());
            for row in labelled {
                if let Some(predicted) = answers.predicted.get(row).filter(|class| **class != NONE) {
                    quality.add(name(answers.truth[row]), name(*predicted), None);
                }
                if answers.scores.len() == classes.names.len() {
                    let mut scores = vec![0.0; classes.names.len()];
                    for (column, class) in answers.scores.iter().zip(&classes.of_scores) {
                        scores[*class] = column[row];
                    }
                    all.push(scores);
                    truth.push(answers.truth[row] as usize);
                }
            }
            Known::Multiclass {
                calibrator: (!all.is_empty()).then(|| MulticlassCalibrator::fit(&classes.names, &all, &truth, SEED)),
                sampling: MulticlassSampling::of(&quality),
            }
        }
        Task::Regression => {
            let errors: Vec<f64> = errors(answers).collect();
            let step = errors.len().div_ceil(TAUGHT).max(1);
            let thin = |column: &[f64]| column.iter().copied().step_by(step).collect::<Vec<f64>>();
            let mut columns: Vec<Vec<f64>> = answers.features.iter().map(|c| thin(c)).collect();
            columns.push(thin(answers.predicted_value));
            let taught = thin(&errors);
            let enough = taught.iter().filter(|e| e.is_finite()).count() >= 100;
            Known::Regression {
                model: if enough { ErrorModel::fit(&columns, &taught, SEED) } else { None },
                sampling: RegressionSampling::of(&errors),
            }
        }
    }
}
