//! How good answers were, as one mergeable record whatever the task.

use crate::registry::estimator::{Counts, Learnt, positive, positive_score};
use crate::registry::expected::{self, Expected};
use contract::views::parts::Estimate;
use contract::views::quality::Measure;
use contract::{Contract, Task};
use serde::{Deserialize, Serialize};
use stats::quality::{BinaryQuality, MulticlassQuality, RegressionQuality};
use store::outcomes::QualitySums;

/// Confidence of every interval of realised quality.
const CONFIDENCE: f64 = 0.95;

/// Answers whose outcome is known, counted; and what was to be expected of the very same rows, where that can be said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Quality {
    counted: Counted,
    /// `None` in records of before this was kept.
    pub expected: Option<Expected>,
}

#[derive(Clone, Debug, PartialEq)]
enum Counted {
    Binary(BinaryQuality),
    Multiclass(MulticlassQuality),
    Regression(RegressionQuality),
}

/// As it is kept: one of the first three.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Stored {
    #[serde(skip_serializing_if = "Option::is_none")]
    binary: Option<BinaryQuality>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multiclass: Option<MulticlassQuality>,
    #[serde(skip_serializing_if = "Option::is_none")]
    regression: Option<RegressionQuality>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<Expected>,
}

impl From<Quality> for Stored {
    fn from(quality: Quality) -> Self {
        let expected = quality.expected;
        match quality.counted {
            Counted::Binary(counted) => Self { binary: Some(counted), expected, ..Self::default() },
            Counted::Multiclass(counted) => Self { multiclass: Some(counted), expected, ..Self::default() },
            Counted::Regression(counted) => Self { regression: Some(counted), expected, ..Self::default() },
        }
    }
}

impl TryFrom<Stored> for Quality {
    type Error = &'static str;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        let counted = match (stored.binary, stored.multiclass, stored.regression) {
            (Some(counted), ..) => Counted::Binary(counted),
            (_, Some(counted), _) => Counted::Multiclass(counted),
            (_, _, Some(counted)) => Counted::Regression(counted),
            _ => return Err("quality of no known task"),
        };
        Ok(Self { counted, expected: stored.expected })
    }
}

impl Quality {
    pub fn new(task: Task) -> Self {
        let counted = match task {
            Task::Binary => Counted::Binary(BinaryQuality::default()),
            Task::Multiclass => Counted::Multiclass(MulticlassQuality::default()),
            Task::Regression => Counted::Regression(RegressionQuality::default()),
        };
        Self { counted, expected: None }
    }

    /// Of a group of them.
    pub fn of_counts(counts: &Counts) -> Self {
        let counted = match counts {
            Counts::Binary(quality) => Counted::Binary(quality.clone()),
            Counts::Multiclass(quality) => Counted::Multiclass(quality.clone()),
            Counts::Regression(quality) => Counted::Regression(quality.clone()),
        };
        Self { counted, expected: None }
    }

    /// Of the labelled rows that an estimator was learnt from.
    pub fn of_learnt(learnt: &Learnt) -> Self {
        let counted = match learnt {
            Learnt::Binary { quality, .. } => Counted::Binary(quality.clone()),
            Learnt::Multiclass { quality, .. } => Counted::Multiclass(quality.clone()),
            Learnt::Regression { quality, .. } => Counted::Regression(quality.clone()),
        };
        Self { counted, expected: None }
    }

    /// Counts one answer with its outcome: its one score, and those of all classes where they are kept. `false` if the outcome cannot be one of this contract: then nothing is counted.
    pub fn add(&mut self, contract: &Contract, label: &str, (score, scores): (Option<f64>, &[f64]), outcome: &str) -> bool {
        match &mut self.counted {
            Counted::Regression(quality) => {
                let (Ok(predicted), Ok(truth)) = (label.parse::<f64>(), outcome.parse::<f64>()) else { return false };
                quality.add(truth, predicted);
            }
            Counted::Binary(quality) => {
                let positive = positive(contract);
                quality.add(outcome == positive, label == positive, positive_score(contract, label, score));
            }
            Counted::Multiclass(quality) => {
                let classes = &contract.classes;
                let all = Some(scores).filter(|scores| !scores.is_empty() && scores.len() == classes.len());
                let truth = all.and_then(|all| all.get(classes.iter().position(|class| class == outcome)?).copied());
                // Without all of them, the stored score is that of the predicted class: the truth's is known where they agree.
                quality.add(outcome, label, if all.is_some() { truth } else { score.filter(|_| outcome == label) });
                if let Some(all) = all {
                    quality.add_scores(outcome, classes.iter().map(String::as_str).zip(all.iter().copied()));
                }
                if let Some(score) = score {
                    quality.add_confidence(outcome == label, score);
                }
            }
        }
        true
    }

    /// Records of different tasks do not add up; the other is left out then.
    pub fn merge(&mut self, other: &Self) {
        match (&mut self.counted, &other.counted) {
            (Counted::Binary(mine), Counted::Binary(theirs)) => mine.merge(theirs),
            (Counted::Multiclass(mine), Counted::Multiclass(theirs)) => mine.merge(theirs),
            (Counted::Regression(mine), Counted::Regression(theirs)) => mine.merge(theirs),
            _ => return,
        }
        expected::merge(&mut self.expected, &other.expected);
    }

    /// Takes back outcomes that were counted here before; what was expected of their rows stays. `false`, and nothing is changed, if
    /// they were not counted here.
    pub fn take(&mut self, other: &Self) -> bool {
        match (&mut self.counted, &other.counted) {
            (Counted::Binary(mine), Counted::Binary(theirs)) => mine.take(theirs),
            (Counted::Multiclass(mine), Counted::Multiclass(theirs)) => mine.take(theirs),
            (Counted::Regression(mine), Counted::Regression(theirs)) => mine.take(theirs),
            _ => false,
        }
    }

    pub fn n(&self) -> u64 {
        match &self.counted {
            Counted::Binary(quality) => quality.n(),
            Counted::Multiclass(quality) => quality.n(),
            Counted::Regression(quality) => quality.n,
        }
    }

    /// Wrong answers among those known; `None` for regression, where no answer is right or wrong.
    pub fn wrong(&self) -> Option<u64> {
        match &self.counted {
            Counted::Binary(quality) => Some(quality.n() - quality.correct()),
            Counted::Multiclass(quality) => Some(quality.n() - quality.correct()),
            Counted::Regression(_) => None,
        }
    }

    /// The errors of the answers, 0 to 1, in an order that says nothing: wrong ones spread evenly among the right ones; of values,
    /// whose single errors are not kept, as many with the same mean and spread, over `large` and at most 1. Nothing of values
    /// without `large`.
    pub fn errors(&self, large: Option<f64>) -> impl Iterator<Item = f64> + use<> {
        let n = if self.wrong().is_some() || large.is_some() { self.n() } else { 0 };
        let wrong = self.wrong();
        let (mean, spread) = match &self.counted {
            Counted::Regression(quality) if quality.n > 0 => {
                let mean = quality.absolute_sum / quality.n as f64;
                (mean, (quality.squared_sum / quality.n as f64 - mean * mean).max(0.0).sqrt())
            }
            _ => (0.0, 0.0),
        };
        (0..n).map(move |i| match wrong {
            Some(wrong) => ((i + 1) * wrong / n - i * wrong / n) as f64,
            // The last of an odd number has no counterpart.
            None if i + 1 == n && n % 2 == 1 => (mean / large.unwrap_or(1.0)).min(1.0),
            None => ((if i % 2 == 0 { mean + spread } else { mean - spread }) / large.unwrap_or(1.0)).clamp(0.0, 1.0),
        })
    }

    /// Accuracy with Wilson's interval; for regression the mean absolute error with the normal interval of a mean.
    pub fn primary(&self) -> Option<Estimate> {
        let task = match &self.counted {
            Counted::Binary(_) => Task::Binary,
            Counted::Multiclass(_) => Task::Multiclass,
            Counted::Regression(_) => Task::Regression,
        };
        Self::primary_of(task, &self.sums())
    }

    /// The same of sums.
    pub fn primary_of(task: Task, sums: &QualitySums) -> Option<Estimate> {
        let n = u64::try_from(sums.n).unwrap_or(0);
        if n == 0 {
            return None;
        }
        if task != Task::Regression {
            let rate = stats::evidence::wilson(sums.good as u64, n, CONFIDENCE)?;
            return Some(Estimate { value: rate.estimate, lower: Some(rate.lower), upper: Some(rate.upper), n });
        }
        let rows = n as f64;
        let mean = sums.good / rows;
        // Variance of |error| from its mean and mean square.
        let half = (n > 1).then(|| {
            ((sums.squares / rows - mean * mean).max(0.0) / (rows - 1.0)).sqrt()
                * stats::evidence::normal_quantile(f64::midpoint(1.0, CONFIDENCE))
        });
        Some(Estimate { value: mean, lower: half.map(|half| (mean - half).max(0.0)), upper: half.map(|half| mean + half), n })
    }

    /// What is summed up beside it.
    pub fn sums(&self) -> QualitySums {
        let n = i64::try_from(self.n()).unwrap_or(i64::MAX);
        match &self.counted {
            Counted::Binary(quality) => QualitySums { n, good: quality.correct() as f64, squares: 0.0 },
            Counted::Multiclass(quality) => QualitySums { n, good: quality.correct() as f64, squares: 0.0 },
            Counted::Regression(quality) => QualitySums { n, good: quality.absolute_sum, squares: quality.squared_sum },
        }
    }

    /// The counts of two classes, for what is drawn from them.
    pub fn binary(&self) -> Option<&BinaryQuality> {
        if let Counted::Binary(quality) = &self.counted { Some(quality) } else { None }
    }

    pub fn multiclass(&self) -> Option<&MulticlassQuality> {
        if let Counted::Multiclass(quality) = &self.counted { Some(quality) } else { None }
    }

    pub fn regression(&self) -> Option<&RegressionQuality> {
        if let Counted::Regression(quality) = &self.counted { Some(quality) } else { None }
    }

    /// Other measures of the task, in the field's names.
    pub fn others(&self) -> Vec<Measure> {
        let measure = |name: &str, value: Option<f64>| Measure { name: name.into(), value, offline: None };
        match &self.counted {
            Counted::Binary(quality) => vec![
                measure("ROC AUC", quality.roc_auc()),
                measure("Precision", quality.precision()),
                measure("Recall", quality.recall()),
                measure("F1", quality.f1()),
                measure("Log loss", quality.log_loss()),
                measure("Brier score", quality.brier()),
                measure("Calibration error", quality.calibration_error()),
            ],
            Counted::Multiclass(quality) => {
                vec![
                    measure("ROC AUC", quality.roc_auc()),
                    measure("Macro F1", quality.macro_f1()),
                    measure("Weighted F1", quality.weighted_f1()),
                    // Of answers whose probabilities are all known: otherwise right ones alone would tell.
                    measure("Log loss", quality.log_loss().filter(|_| quality.ranked == quality.scored)),
                    measure("Brier score", quality.brier()),
                    measure("Calibration error", quality.calibration_error()),
                ]
            }
            Counted::Regression(quality) => {
                let n = quality.n as f64;
                vec![
                    measure("RMSE", (quality.n > 0).then(|| (quality.squared_sum / n).sqrt())),
                    measure("Mean error", (quality.n > 0).then(|| quality.error_sum / n)),
                ]
            }
        }
    }
}

/// Name of the primary measure of a task.
pub fn primary_name(task: Task) -> &'static str {
    if task == Task::Regression { "Mean absolute error" } else { "Accuracy" }
}

/// The primary measure's name among a version's held-back metrics.
pub fn primary_key(task: Task) -> &'static str {
    if task == Task::Regression { "mae" } else { "accuracy" }
}

/// An outcome as text, as a contract writes its classes: `1`, not `1.0`; booleans as 0 and 1 where the classes are numbers.
pub fn outcome_text(label: &serde_json::Value, value: Option<f64>) -> Option<String> {
    use serde_json::Value as Json;
    match (label, value) {
        (Json::Null, Some(value)) => Some(value.to_string()),
        (Json::String(text), _) => Some(text.clone()),
        (Json::Bool(truth), _) => Some(truth.to_string()),
        (Json::Number(number), _) => number.as_f64().map(|value| value.to_string()),
        _ => None,
    }
}

/// The class that a posted outcome names, allowing for booleans against `0`/`1` and numbers written as `1.0`.
pub fn class_of(contract: &Contract, outcome: &str) -> Option<String> {
    if contract.task == Task::Regression {
        return outcome.parse::<f64>().ok().filter(|value| value.is_finite()).map(|value| value.to_string());
    }
    let known = |name: &str| contract.classes.iter().find(|class| *class == name).cloned();
    let spelled = match outcome {
        "true" => known("1"),
        "false" => known("0"),
        text => text.parse::<f64>().ok().and_then(|value| known(&value.to_string())),
    };
    known(outcome).or(spelled).or_else(|| contract.classes.is_empty().then(|| outcome.to_owned()))
}

#[cfg(test)]
impl Quality {
    /// Of so many right and wrong answers.
    pub fn counted(right: u64, wrong: u64) -> Self {
        let counted = BinaryQuality { true_negative: right, false_negative: wrong, ..BinaryQuality::default() };
        Self { counted: Counted::Binary(counted), expected: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_a_minute_are_as_many_and_as_large_as_they_were() {
        let rates: Vec<f64> = Quality::counted(6, 2).errors(None).collect();
        assert_eq!(rates, [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
        assert_eq!(Quality::counted(0, 0).errors(None).count(), 0);

        let mut quality = RegressionQuality::default();
        [(0.0, 1.0), (0.0, -3.0), (5.0, 5.0), (1.0, 2.0), (0.0, 0.5)].iter().for_each(|(truth, said)| quality.add(*truth, *said));
        let quality = Quality { counted: Counted::Regression(quality), expected: None };
        let errors: Vec<f64> = quality.errors(Some(4.0)).collect();
        let mean = |of: &dyn Fn(f64) -> f64| errors.iter().map(|e| of(*e)).sum::<f64>() / 5.0;
        assert!((mean(&|e| e) - 5.5 / 4.0 / 5.0).abs() < 1e-12, "{errors:?}");
        assert_eq!((errors[4], quality.errors(None).count()), (5.5 / 5.0 / 4.0, 0));
        assert!(quality.errors(Some(1.0)).all(|e| (0.0..=1.0).contains(&e)));
    }
}
