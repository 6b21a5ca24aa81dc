//! Quality of a model with several classes as a mergeable record.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::binary::{add_counts, less, placements, score_bin};
use super::{SUM_UNIT, calibration, f1, loss, ratio};
use crate::evidence::{RateInterval, wilson};

/// Confusion counts of answered predictions whose outcome is known; integers, so merging is exact in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MulticlassQuality {
    /// Rows by outcome, then by prediction.
    pub confusion: BTreeMap<String, BTreeMap<String, u64>>,
    /// Rows with a probability, and the sum of their logarithmic loss in units of 2^-30.
    pub scored: u64,
    pub log_loss_sum: u64,
    /// Rows whose predicted class has a probability, by score bin of it, where it was right and where it was wrong. Empty
    /// bins are left out.
    #[serde(default)]
    pub right_confidence: BTreeMap<u16, u64>,
    #[serde(default)]
    pub wrong_confidence: BTreeMap<u16, u64>,
    /// Per class, rows whose probabilities are all known, by score bin of the class's: of outcomes of it, and of all others.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub class_scores: BTreeMap<String, ClassScores>,
    /// Rows with all probabilities, and the sum of their Brier score in units of 2^-30.
    #[serde(default)]
    pub ranked: u64,
    #[serde(default)]
    pub brier_sum: u64,
}

/// Rows by score bin. Empty bins are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClassScores {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub own: BTreeMap<u16, u64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub others: BTreeMap<u16, u64>,
}

/// Precision, recall and F1 of one class. A value that does not exist (nothing predicted, nothing there) is `None`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassQuality {
    pub class: String,
    /// Outcomes of this class.
    pub support: u64,
    pub precision: Option<f64>,
    pub recall: Option<f64>,
    pub f1: Option<f64>,
}

impl MulticlassQuality {
    /// Counts one outcome; `probability` is what the model gave to the class that turned out to be right.
    pub fn add(&mut self, truth: &str, predicted: &str, probability: Option<f64>) {
        let row = self.confusion.entry(truth.to_owned()).or_default();
        *row.entry(predicted.to_owned()).or_default() += 1;
        if let Some(p) = probability.filter(|p| (0.0..=1.0).contains(p)) {
            self.scored += 1;
            self.log_loss_sum += (loss(p) / SUM_UNIT).round() as u64;
        }
    }

    /// Counts what the model gave to the class that it predicted, beside [`Self::add`]; what is no probability is left
    /// out.
    pub fn add_confidence(&mut self, right: bool, confidence: f64) {
        if (0.0..=1.0).contains(&confidence) {
            let bins = if right { &mut self.right_confidence } else { &mut self.wrong_confidence };
            *bins.entry(score_bin(confidence)).or_default() += 1;
        }
    }

    /// Counts the probabilities of all classes of one outcome, beside [`Self::add`]. A row with anything that is no probability is left
    /// out.
    pub fn add_scores<'a>(&mut self, truth: &str, scores: impl Iterator<Item = (&'a str, f64)> + Clone) {
        if !scores.clone().all(|(_, p)| (0.0..=1.0).contains(&p)) {
            return;
        }
        let mut brier = 0.0;
        for (class, p) in scores {
            let is_own = class == truth;
            brier += (p - if is_own { 1.0 } else { 0.0 }).powi(2);
            if !self.class_scores.contains_key(class) {
                self.class_scores.insert(class.to_owned(), ClassScores::default());
            }
            if let Some(of) = self.class_scores.get_mut(class) {
                *if is_own { &mut of.own } else { &mut of.others }.entry(score_bin(p)).or_default() += 1;
            }
        }
        self.ranked += 1;
        self.brier_sum += (brier / SUM_UNIT).round() as u64;
    }

    /// Adds the outcomes of another record.
    pub fn merge(&mut self, other: &Self) {
        for (truth, row) in &other.confusion {
            let mine = self.confusion.entry(truth.clone()).or_default();
            for (predicted, count) in row {
                *mine.entry(predicted.clone()).or_default() += count;
            }
        }
        self.scored += other.scored;
        self.log_loss_sum += other.log_loss_sum;
        add_counts(&mut self.right_confidence, &other.right_confidence);
        add_counts(&mut self.wrong_confidence, &other.wrong_confidence);
        for (class, theirs) in &other.class_scores {
            let mine = self.class_scores.entry(class.clone()).or_default();
            add_counts(&mut mine.own, &theirs.own);
            add_counts(&mut mine.others, &theirs.others);
        }
        self.ranked += other.ranked;
        self.brier_sum += other.brier_sum;
    }

    /// Takes back outcomes that were counted here before. `false`, and nothing is changed, if they were not.
    pub fn take(&mut self, other: &Self) -> bool {
        let without = || {
            let mut confusion = self.confusion.clone();
            for (truth, row) in &other.confusion {
                let rest = less(confusion.get(truth)?, row)?;
                confusion.insert(truth.clone(), rest);
            }
            confusion.retain(|_, row| !row.is_empty());
            let mut class_scores = self.class_scores.clone();
            for (class, theirs) in &other.class_scores {
                let mine = class_scores.get(class)?;
                let rest = ClassScores { own: less(&mine.own, &theirs.own)?, others: less(&mine.others, &theirs.others)? };
                class_scores.insert(class.clone(), rest);
            }
            class_scores.retain(|_, of| !of.own.is_empty() || !of.others.is_empty());
            Some(Self {
                class_scores,
                ranked: self.ranked.checked_sub(other.ranked)?,
                brier_sum: self.brier_sum.checked_sub(other.brier_sum)?,
                confusion,
                scored: self.scored.checked_sub(other.scored)?,
                log_loss_sum: self.log_loss_sum.checked_sub(other.log_loss_sum)?,
                right_confidence: less(&self.right_confidence, &other.right_confidence)?,
                wrong_confidence: less(&self.wrong_confidence, &other.wrong_confidence)?,
            })
        };
        without().map(|rest| *self = rest).is_some()
    }

    /// Outcomes counted.
    pub fn n(&self) -> u64 {
        self.confusion.values().flat_map(BTreeMap::values).sum()
    }

    /// Outcomes that the prediction got right.
    pub fn correct(&self) -> u64 {
        self.confusion.iter().filter_map(|(class, row)| row.get(class)).sum()
    }

    /// Share of right predictions; `None` without outcomes.
    pub fn accuracy(&self) -> Option<f64> {
        ratio(self.correct() as f64, self.n() as f64)
    }

    /// Wilson's interval of the accuracy; `None` without outcomes.
    pub fn accuracy_interval(&self, confidence: f64) -> Option<RateInterval> {
        wilson(self.correct(), self.n(), confidence)
    }

    /// Quality per class, of every class that was predicted or turned out.
    pub fn classes(&self) -> Vec<ClassQuality> {
        let names: BTreeSet<&String> = self.confusion.keys().chain(self.confusion.values().flat_map(|r| r.keys())).collect();
        names
            .into_iter()
            .map(|name| {
                let support: u64 = self.confusion.get(name).map_or(0, |row| row.values().sum());
                let right = self.confusion.get(name).and_then(|row| row.get(name)).copied().unwrap_or(0);
                let predicted: u64 = self.confusion.values().filter_map(|row| row.get(name)).sum();
                ClassQuality {
                    class: name.clone(),
                    support,
                    precision: ratio(right as f64, predicted as f64),
                    recall: ratio(right as f64, support as f64),
                    f1: f1(right, predicted - right, support - right),
                }
            })
            .collect()
    }

    /// Unweighted mean of the classes' F1, 0 for a class without one (scikit-learn's `average="macro"`); `None` without
    /// outcomes.
    pub fn macro_f1(&self) -> Option<f64> {
        self.macro_mean(|class| class.f1)
    }

    /// Unweighted mean of the classes' precision, 0 for a class that was never predicted; `None` without outcomes.
    pub fn macro_precision(&self) -> Option<f64> {
        self.macro_mean(|class| class.precision)
    }

    /// Unweighted mean of the classes' recall, 0 for a class that never turned out; `None` without outcomes.
    pub fn macro_recall(&self) -> Option<f64> {
        self.macro_mean(|class| class.recall)
    }

    fn macro_mean(&self, of: impl Fn(&ClassQuality) -> Option<f64>) -> Option<f64> {
        let classes = self.classes();
        ratio(classes.iter().map(|class| of(class).unwrap_or(0.0)).sum(), classes.len() as f64)
    }

    /// Mean of the classes' F1 weighted by their outcomes (`average="weighted"`); `None` without outcomes.
    pub fn weighted_f1(&self) -> Option<f64> {
        let sum = self.classes().iter().map(|c| c.f1.unwrap_or(0.0) * c.support as f64).sum();
        ratio(sum, self.n() as f64)
    }

    /// Unweighted mean over the classes of the area under the ROC curve of the class against all others (scikit-learn's
    /// `multi_class="ovr", average="macro"`), each over [`super::SCORE_BINS`] bins; `None` without [`Self::add_scores`], or when a class has
    /// all outcomes or none.
    pub fn roc_auc(&self) -> Option<f64> {
        let area = |of: &ClassScores| {
            let won: f64 = placements(&of.own, &of.others)?.iter().map(|(n, share)| n * share).sum();
            ratio(won, of.own.values().sum::<u64>() as f64)
        };
        let areas: Option<Vec<f64>> = self.class_scores.values().map(area).collect();
        let areas = areas?;
        ratio(areas.iter().sum(), areas.len() as f64)
    }

    /// Mean squared distance of the probabilities from the truth, summed over the classes (Brier 1950), 0 to 2; `None` without
    /// [`Self::add_scores`].
    pub fn brier(&self) -> Option<f64> {
        ratio(self.brier_sum as f64 * SUM_UNIT, self.ranked as f64)
    }

    /// Mean logarithmic loss; `None` without probabilities.
    pub fn log_loss(&self) -> Option<f64> {
        ratio(self.log_loss_sum as f64 * SUM_UNIT, self.scored as f64)
    }

    /// Expected calibration error of the predicted class's probability (top-label, Guo et al. 2017), 0 to 1, within 0.0005
    /// of that of the rows: see [`super::calibration_error`]. `None` without [`Self::add_confidence`].
    pub fn calibration_error(&self) -> Option<f64> {
        calibration::from_scores(&self.right_confidence, &self.wrong_confidence)
    }
}
