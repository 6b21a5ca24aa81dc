//! Answers and outcomes of a chunk, as mergeable records, and what they say.

use super::reference::{Known, Truth};
use crate::compare::line::QualityLine;
use stats::estimate::{
    Better, BinaryEstimate, Comparison, MulticlassEstimate, RegressionEstimate, SamplingError, Trust, judge_trust,
};
use stats::evidence::normal_tail;
use stats::quality::{BinaryQuality, MulticlassQuality, RegressionQuality};
use std::collections::BTreeMap;

/// What a gap between estimate and outcome may be without anybody minding.
const TOLERANCE: f64 = 0.01;
/// Outcomes of either class from which an area is judged.
const FEWEST_OF_CLASS: u64 = 10;

/// Records of a chunk: of the outcomes, and of the answers whose outcome is still open or known.
#[derive(Clone, Debug)]
pub enum TruthWindow {
    Binary { quality: BinaryQuality, open: BinaryEstimate, labelled: BinaryEstimate },
    Multiclass { quality: MulticlassQuality, open: MulticlassEstimate, labelled: MulticlassEstimate },
    Regression { quality: RegressionQuality, open: RegressionEstimate, labelled: RegressionEstimate },
}

/// A measure that is worse than in the reference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Worse {
    pub measure: &'static str,
    pub now: f64,
    pub before: f64,
    pub p: f64,
}

/// What a chunk's outcomes say.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    pub line: QualityLine,
    /// Realised and worse: the least likely measure.
    pub worse: Option<Worse>,
    /// Expected to be worse.
    pub expected_worse: Option<Worse>,
    pub trust: Option<Trust>,
}

impl TruthWindow {
    /// Adds the rows of another window over the same reference.
    pub fn merge(&mut self, other: &Self) {
        match (self, other) {
            (Self::Binary { quality, open, labelled }, Self::Binary { quality: q, open: e, labelled: l }) => {
                quality.merge(q);
                open.merge(e);
                labelled.merge(l);
            }
            (Self::Multiclass { quality, open, labelled }, Self::Multiclass { quality: q, open: e, labelled: l }) => {
                quality.merge(q);
                open.merge(e);
                labelled.merge(l);
            }
            (Self::Regression { quality, open, labelled }, Self::Regression { quality: q, open: e, labelled: l }) => {
                quality.merge(q);
                open.merge(e);
                labelled.merge(l);
            }
            _ => {}
        }
    }

    /// Outcomes counted.
    pub fn outcomes(&self) -> u64 {
        match self {
            Self::Binary { quality, .. } => quality.n(),
            Self::Multiclass { quality, .. } => quality.n(),
            Self::Regression { quality, .. } => quality.n,
        }
    }

    /// Measures of the outcomes.
    pub fn realised(&self) -> BTreeMap<&'static str, f64> {
        match self {
            Self::Binary { quality: q, .. } => some(&[
                ("accuracy", q.accuracy()),
                ("precision", q.precision()),
                ("recall", q.recall()),
                ("f1", q.f1()),
                ("roc_auc", q.roc_auc()),
                ("log_loss", q.log_loss()),
                ("brier", q.brier()),
                ("calibration_error", q.calibration_error()),
            ]),
            Self::Multiclass { quality: q, .. } => some(&[
                ("accuracy", q.accuracy()),
                ("f1", q.macro_f1()),
                ("precision", q.macro_precision()),
                ("recall", q.macro_recall()),
                ("roc_auc", q.roc_auc()),
                ("log_loss", q.log_loss()),
                ("brier", q.brier()),
                ("calibration_error", q.calibration_error()),
            ]),
            Self::Regression { quality: q, .. } => {
                some(&[("mae", q.mae()), ("rmse", q.rmse()), ("bias", q.bias()), ("r2", q.r2())])
            }
        }
    }

    /// Measures that are expected: of all answers, or of those whose outcome is known.
    pub fn estimated(&self, of_labelled: bool) -> BTreeMap<&'static str, f64> {
        match self {
            Self::Binary { open, labelled, .. } => {
                let mut e = labelled.clone();
                if !of_labelled {
                    e.merge(open);
                }
                some(&[
                    ("accuracy", e.accuracy()),
                    ("precision", e.precision()),
                    ("recall", e.recall()),
                    ("f1", e.f1()),
                    ("roc_auc", e.roc_auc()),
                    ("log_loss", e.log_loss()),
                    ("brier", e.brier()),
                ])
            }
            Self::Multiclass { open, labelled, .. } => {
                let mut e = labelled.clone();
                if !of_labelled {
                    e.merge(open);
                }
                some(&[
                    ("accuracy", e.accuracy()),
                    ("f1", e.macro_f1()),
                    ("precision", e.macro_precision()),
                    ("recall", e.macro_recall()),
                    ("roc_auc", e.roc_auc()),
                ])
            }
            Self::Regression { open, labelled, .. } => {
                let mut e = *labelled;
                if !of_labelled {
                    e.merge(open);
                }
                some(&[("mae", e.mae()), ("rmse", e.rmse())])
            }
        }
    }

    /// Answers that an estimate was made for.
    fn answers(&self) -> u64 {
        match self {
            Self::Binary { open, labelled, .. } => open.n() + labelled.n(),
            Self::Multiclass { open, labelled, .. } => open.n + labelled.n,
            Self::Regression { open, labelled, .. } => open.n + labelled.n,
        }
    }
}

fn some(measures: &[(&'static str, Option<f64>)]) -> BTreeMap<&'static str, f64> {
    measures.iter().filter_map(|(name, value)| Some((*name, (*value)?)).filter(|m| m.1.is_finite())).collect()
}

/// Measures by which worse is judged: the name, and which way is better.
pub fn judged_by(truth: &Truth) -> &'static [(&'static str, Better)] {
    match truth.known {
        Known::Binary { .. } => &[("accuracy", Better::Higher), ("roc_auc", Better::Higher)],
        Known::Multiclass { .. } => &[("accuracy", Better::Higher)],
        Known::Regression { .. } => &[("mae", Better::Lower)],
    }
}

/// By how much `now` is worse than `before`; below 0 when better.
pub fn loss(now: f64, before: f64, better: Better) -> f64 {
    match better {
        Better::Higher => before - now,
        Better::Lower => now - before,
    }
}

impl Truth {
    /// Judges a chunk of `rows` rows with the `errors` of those whose outcome is known. `previous` is what was thought of the estimates before.
    pub fn judge(&self, window: &TruthWindow, errors: &[f64], rows: u64, at: Option<i64>, previous: Trust) -> Judged {
        let (realised, estimated) = (window.realised(), window.estimated(false));
        let (outcomes, answers) = (window.outcomes(), window.answers());
        let estimate_error: BTreeMap<&'static str, f64> = estimated
            .keys()
            .filter_map(|name| Some((*name, self.sampling(name)?.between(answers, self.labelled))))
            .filter(|(_, error)| error.is_finite())
            .collect();
        let trusts: Vec<_> = judged_by(self)
            .iter()
            .take(1)
            .filter_map(|(name, better)| {
                let expected = window.estimated(true);
                let comparison = match (realised.get(name), expected.get(name), self.sampling(name)) {
                    (Some(&realised), Some(&estimated), Some(error)) => Some(Comparison {
                        estimated,
                        realised,
                        standard_error: error.between(outcomes, self.labelled),
                        labelled: outcomes,
                    }),
                    _ => None,
                };
                let tolerance = match better {
                    Better::Higher => TOLERANCE,
                    Better::Lower => 0.05 * self.realised.get(name)?.abs(),
                };
                Some(judge_trust(comparison, tolerance, *better, previous).trust)
            })
            .collect();
        let trust = trusts.first().copied();
        let line = QualityLine {
            coverage: if rows == 0 { 0.0 } else { outcomes as f64 / rows as f64 },
            estimate_trusted: match trust {
                Some(Trust::Trusted) => Some(true),
                Some(Trust::Untrusted) => Some(false),
                _ => None,
            },
            realised,
            estimated,
            estimate_error,
        };
        Judged { worse: self.worse(window, errors, at), expected_worse: self.expected_worse(&line, answers), line, trust }
    }

    /// The realised measure that chance explains least of those that are worse.
    fn worse(&self, window: &TruthWindow, errors: &[f64], at: Option<i64>) -> Option<Worse> {
        let now = window.realised();
        let of = |name: &'static str, better: Better, p: f64| {
            let (now, before) = (*now.get(name)?, *self.realised.get(name)?);
            (loss(now, before, better) > 0.0).then_some(Worse { measure: name, now, before, p })
        };
        let errors = Some(self.errors_p(errors, at));
        let found = match window {
            TruthWindow::Binary { quality, .. } => {
                let area = quality.roc_auc_interval(0.95).zip(self.area).and_then(|(now, before)| {
                    let few = quality.positive_scores.values().sum::<u64>().min(quality.negative_scores.values().sum());
                    let error = now.standard_error.max(before.least).hypot(before.standard_error).hypot(before.unrest);
                    (few >= FEWEST_OF_CLASS).then(|| normal_tail((before.estimate - now.estimate) / error))
                });
                [errors.and_then(|p| of("accuracy", Better::Higher, p)), area.and_then(|p| of("roc_auc", Better::Higher, p))]
            }
            TruthWindow::Multiclass { .. } => [errors.and_then(|p| of("accuracy", Better::Higher, p)), None],
            TruthWindow::Regression { .. } => [errors.and_then(|p| of("mae", Better::Lower, p)), None],
        };
        found.into_iter().flatten().min_by(|a, b| a.p.total_cmp(&b.p))
    }

    /// The expected measure that has become worse by more than any stretch of the reference.
    fn expected_worse(&self, line: &QualityLine, answers: u64) -> Option<Worse> {
        let of = |(name, better): &(&'static str, Better)| {
            let (now, before, usual) = (*line.estimated.get(name)?, *self.estimated.get(name)?, *self.usual_loss.get(name)?);
            let loss = loss(now, before, *better);
            let error = self.sampling(name)?.between(answers, self.labelled);
            (loss > 1.5 * usual && error > 0.0).then(|| Worse { measure: name, now, before, p: normal_tail(loss / error) })
        };
        judged_by(self).iter().filter_map(of).min_by(|a, b| a.p.total_cmp(&b.p))
    }

    fn sampling(&self, name: &str) -> Option<SamplingError> {
        match &self.known {
            Known::Binary { sampling: s, .. } => match name {
                "accuracy" => s.accuracy,
                "precision" => s.precision,
                "recall" => s.recall,
                "f1" => s.f1,
                "roc_auc" => s.roc_auc,
                _ => None,
            },
            Known::Multiclass { sampling: s, .. } => match name {
                "accuracy" => s.accuracy,
                "precision" => s.macro_precision,
                "recall" => s.macro_recall,
                "f1" => s.macro_f1,
                _ => None,
            },
            Known::Regression { sampling: s, .. } => match name {
                "mae" => s.mae,
                "rmse" => s.rmse,
                _ => None,
            },
        }
    }
}
