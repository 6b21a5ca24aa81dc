//! Quality of a two-class model as a mergeable record.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::auc::AucInterval;
use super::{SUM_UNIT, calibration, f1, loss, ratio};
use crate::evidence::{RateInterval, wilson};

/// Score bins for the area under the curve; ties within a bin count half, so the area is exact to about 1/(2·1000).
pub const SCORE_BINS: u16 = 1000;

/// Confusion counts, score histograms and loss sums of answered predictions whose outcome is known. Everything is an
/// integer: merging is exact in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BinaryQuality {
    pub true_positive: u64,
    pub false_positive: u64,
    pub true_negative: u64,
    pub false_negative: u64,
    /// Rows with a score, by score bin, of the positive and of the negative outcomes. Empty bins are left out.
    pub positive_scores: BTreeMap<u16, u64>,
    pub negative_scores: BTreeMap<u16, u64>,
    /// Sums of the logarithmic loss and of the squared error of the score, in units of 2^-30.
    pub log_loss_sum: u64,
    pub brier_sum: u64,
}

impl BinaryQuality {
    /// Counts one outcome. `score` is the model's probability of the positive class; rows without one (or with one that
    /// is no probability) are left out of the area, the loss and the Brier score only.
    pub fn add(&mut self, truth: bool, predicted: bool, score: Option<f64>) {
        if let Some(bin) = self.count(truth, predicted, score) {
            let scores = if truth { &mut self.positive_scores } else { &mut self.negative_scores };
            *scores.entry(bin).or_default() += 1;
        }
    }

    /// Counts many outcomes: the same as [`Self::add`] of each, some times quicker.
    pub fn add_all(&mut self, outcomes: impl Iterator<Item = (bool, bool, Option<f64>)>) {
        let (mut positive, mut negative) = (vec![0; usize::from(SCORE_BINS)], vec![0; usize::from(SCORE_BINS)]);
        for (truth, predicted, score) in outcomes {
            if let Some(bin) = self.count(truth, predicted, score) {
                let scores = if truth { &mut positive } else { &mut negative };
                scores[usize::from(bin)] += 1;
            }
        }
        add_bins(&mut self.positive_scores, positive, |mine, more| *mine += more);
        add_bins(&mut self.negative_scores, negative, |mine, more| *mine += more);
    }

    /// Counts all of an outcome but its score's bin, which it gives.
    fn count(&mut self, truth: bool, predicted: bool, score: Option<f64>) -> Option<u16> {
        *match (truth, predicted) {
            (true, true) => &mut self.true_positive,
            (false, true) => &mut self.false_positive,
            (false, false) => &mut self.true_negative,
            (true, false) => &mut self.false_negative,
        } += 1;
        let score = score.filter(|s| (0.0..=1.0).contains(s))?;
        let right = if truth { score } else { 1.0 - score };
        self.log_loss_sum += (loss(right) / SUM_UNIT).round() as u64;
        self.brier_sum += ((1.0 - right).powi(2) / SUM_UNIT).round() as u64;
        Some(score_bin(score))
    }

    /// Adds the outcomes of another record.
    pub fn merge(&mut self, other: &Self) {
        self.true_positive += other.true_positive;
        self.false_positive += other.false_positive;
        self.true_negative += other.true_negative;
        self.false_negative += other.false_negative;
        add_counts(&mut self.positive_scores, &other.positive_scores);
        add_counts(&mut self.negative_scores, &other.negative_scores);
        self.log_loss_sum += other.log_loss_sum;
        self.brier_sum += other.brier_sum;
    }

    /// Takes back outcomes that were counted here before. `false`, and nothing is changed, if they were not.
    pub fn take(&mut self, other: &Self) -> bool {
        let without = || {
            Some(Self {
                true_positive: self.true_positive.checked_sub(other.true_positive)?,
                false_positive: self.false_positive.checked_sub(other.false_positive)?,
                true_negative: self.true_negative.checked_sub(other.true_negative)?,
                false_negative: self.false_negative.checked_sub(other.false_negative)?,
                positive_scores: less(&self.positive_scores, &other.positive_scores)?,
                negative_scores: less(&self.negative_scores, &other.negative_scores)?,
                log_loss_sum: self.log_loss_sum.checked_sub(other.log_loss_sum)?,
                brier_sum: self.brier_sum.checked_sub(other.brier_sum)?,
            })
        };
        without().map(|rest| *self = rest).is_some()
    }

    /// Outcomes counted.
    pub fn n(&self) -> u64 {
        self.correct() + self.false_positive + self.false_negative
    }

    /// Outcomes that the prediction got right.
    pub fn correct(&self) -> u64 {
        self.true_positive + self.true_negative
    }

    /// Outcomes with a score.
    pub fn scored(&self) -> u64 {
        self.positives_scored() + self.negatives_scored()
    }

    fn positives_scored(&self) -> u64 {
        self.positive_scores.values().sum()
    }

    fn negatives_scored(&self) -> u64 {
        self.negative_scores.values().sum()
    }

    /// Share of right predictions; `None` without outcomes.
    pub fn accuracy(&self) -> Option<f64> {
        ratio(self.correct() as f64, self.n() as f64)
    }

    /// Wilson's interval of the accuracy; `None` without outcomes.
    pub fn accuracy_interval(&self, confidence: f64) -> Option<RateInterval> {
        wilson(self.correct(), self.n(), confidence)
    }

    /// Share of the positive predictions that were right; `None` without positive predictions.
    pub fn precision(&self) -> Option<f64> {
        ratio(self.true_positive as f64, (self.true_positive + self.false_positive) as f64)
    }

    /// Share of the positive outcomes that were predicted; `None` without positive outcomes.
    pub fn recall(&self) -> Option<f64> {
        ratio(self.true_positive as f64, (self.true_positive + self.false_negative) as f64)
    }

    /// Harmonic mean of precision and recall; `None` without positive outcomes and predictions.
    pub fn f1(&self) -> Option<f64> {
        f1(self.true_positive, self.false_positive, self.false_negative)
    }

    /// Share of positive outcomes; `None` without outcomes.
    pub fn positive_rate(&self) -> Option<f64> {
        ratio((self.true_positive + self.false_negative) as f64, self.n() as f64)
    }

    /// Area under the ROC curve over [`SCORE_BINS`] bins: the probability that a positive outcome scored above a negative
    /// one, ties half (Mann-Whitney). `None` when either class has no scored outcome.
    pub fn roc_auc(&self) -> Option<f64> {
        let positives = self.positives_scored() as f64;
        let won: f64 = placements(&self.positive_scores, &self.negative_scores)?.iter().map(|(n, share)| n * share).sum();
        ratio(won, positives)
    }

    /// Interval of the area (DeLong 1988, from the binned scores); `None` unless each class has two scored outcomes.
    pub fn roc_auc_interval(&self, confidence: f64) -> Option<AucInterval> {
        let estimate = self.roc_auc()?;
        let below = placements(&self.positive_scores, &self.negative_scores)?;
        let above: Vec<(f64, f64)> =
            placements(&self.negative_scores, &self.positive_scores)?.iter().map(|(n, share)| (*n, 1.0 - share)).collect();
        let variance = |rows: &[(f64, f64)]| {
            let n: f64 = rows.iter().map(|row| row.0).sum();
            let squares: f64 = rows.iter().map(|(n, share)| n * (share - estimate).powi(2)).sum();
            (n > 1.0).then(|| squares / (n - 1.0) / n)
        };
        Some(AucInterval::new(estimate, variance(&below)? + variance(&above)?, confidence))
    }

    /// Mean logarithmic loss (natural logarithm, probabilities clipped at 2.2e-16); `None` without scores.
    pub fn log_loss(&self) -> Option<f64> {
        ratio(self.log_loss_sum as f64 * SUM_UNIT, self.scored() as f64)
    }

    /// Mean squared error of the score; `None` without scores.
    pub fn brier(&self) -> Option<f64> {
        ratio(self.brier_sum as f64 * SUM_UNIT, self.scored() as f64)
    }

    /// Expected calibration error over [`super::CALIBRATION_BINS`] bins of equal width (Naeini, Cooper and Hauskrecht
    /// 2015), 0 to 1: see [`super::calibration_error`]. Scores are taken at the middle of their score bin, so it is
    /// within 0.0005 of that of the rows. `None` without scores.
    pub fn calibration_error(&self) -> Option<f64> {
        calibration::from_scores(&self.positive_scores, &self.negative_scores)
    }
}

/// The score bin of a probability.
pub(crate) fn score_bin(score: f64) -> u16 {
    ((score * f64::from(SCORE_BINS)) as u16).min(SCORE_BINS - 1)
}

/// Adds the counts of one histogram to another.
pub(super) fn add_counts(mine: &mut BTreeMap<u16, u64>, theirs: &BTreeMap<u16, u64>) {
    for (bin, count) in theirs {
        *mine.entry(*bin).or_default() += count;
    }
}

/// The counts of one histogram without those of another; `None` if they are not all in it. Empty bins are left out.
pub(super) fn less<K: Ord + Clone>(mine: &BTreeMap<K, u64>, theirs: &BTreeMap<K, u64>) -> Option<BTreeMap<K, u64>> {
    let mut rest = mine.clone();
    for (bin, count) in theirs.iter().filter(|(_, count)| **count > 0) {
        let left = rest.get(bin)?.checked_sub(*count)?;
        rest.insert(bin.clone(), left);
    }
    rest.retain(|_, count| *count > 0);
    Some(rest)
}

/// Adds what was counted by bin to a histogram that leaves empty bins out: those that it has in one walk, without looking each up.
pub(crate) fn add_bins<T: Copy + Default + PartialEq>(
    mine: &mut BTreeMap<u16, T>,
    mut counted: Vec<T>,
    add: impl Fn(&mut T, &T),
) {
    for (bin, mine) in mine.iter_mut() {
        if let Some(counted) = counted.get_mut(usize::from(*bin)) {
            add(mine, &std::mem::take(counted));
        }
    }
    let new = counted.into_iter().enumerate().filter(|(_, counted)| *counted != T::default());
    mine.extend(new.map(|(bin, counted)| (bin as u16, counted)));
}

/// For each bin of `mine`, its rows and the share of the `others` that scored below, ties half; `None` without others.
pub(crate) fn placements(mine: &BTreeMap<u16, u64>, others: &BTreeMap<u16, u64>) -> Option<Vec<(f64, f64)>> {
    let total: u64 = others.values().sum();
    if total == 0 || mine.is_empty() {
        return None;
    }
    let mut below = 0u64;
    let mut lower = others.iter().peekable();
    let share = |bin: &u16, below: u64| {
        let tied = others.get(bin).copied().unwrap_or(0);
        (below as f64 + tied as f64 / 2.0) / total as f64
    };
    let place = |(bin, count): (&u16, &u64)| {
        while let Some((_, rows)) = lower.next_if(|(other, _)| *other < bin) {
            below += rows;
        }
        (*count as f64, share(bin, below))
    };
    Some(mine.iter().map(place).collect())
}
