//! From what a model says to how often it happens, learnt from the reference rows and frozen with the version.

use serde::{Deserialize, Serialize};

use super::{Isotonic, Platt};
use crate::rng::SplitMix64;

/// Parts of the cross-validation.
const FOLDS: usize = 10;
/// Fewest labelled rows, and fewest of each class, from which anything is learnt.
const FEWEST_ROWS: usize = 100;
const FEWEST_OF_CLASS: usize = 10;

/// A way to learn a calibrator.
type Method = fn(&[f64], &[bool]) -> Calibrator;

/// Turns a score (0 to 1) into the probability of the outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Calibrator {
    /// The score is the probability.
    Identity,
    Platt(Platt),
    Isotonic(Isotonic),
}

impl Calibrator {
    /// Learns from labelled reference rows (slices of the same length; rows whose score is no probability are left out).
    /// Of leaving the score alone, Platt's sigmoid and isotonic regression it takes the one with the least Brier score on
    /// rows that it was not fitted on (ten folds drawn with `seed`), the simpler one when they tie. With fewer than a
    /// hundred rows, or ten of either class, the score is left alone.
    pub fn fit(scores: &[f64], truth: &[bool], seed: u64) -> Self {
        let (scores, truth): (Vec<f64>, Vec<bool>) =
            scores.iter().zip(truth).filter(|(s, _)| (0.0..=1.0).contains(*s)).map(|(&s, &t)| (s, t)).unzip();
        let positives = truth.iter().filter(|t| **t).count();
        if truth.len() < FEWEST_ROWS || positives.min(truth.len() - positives) < FEWEST_OF_CLASS {
            return Self::Identity;
        }
        let mut order: Vec<usize> = (0..truth.len()).collect();
        SplitMix64::new(seed).shuffle(&mut order);
        let squared = |curve: &Self, rows: &[usize]| -> f64 {
            rows.iter().map(|&i| (curve.apply(scores[i]) - if truth[i] { 1.0 } else { 0.0 }).powi(2)).sum()
        };
        let methods: [Method; 3] = [|_, _| Self::Identity, Self::platt, Self::isotonic];
        let mut losses = [0.0; 3];
        for fold in 0..FOLDS {
            let in_fold = |wanted: bool| -> Vec<usize> {
                order.iter().enumerate().filter(|(at, _)| (at % FOLDS == fold) == wanted).map(|(_, row)| *row).collect()
            };
            let (held, kept) = (in_fold(true), in_fold(false));
            let (s, t): (Vec<f64>, Vec<bool>) = kept.iter().map(|&i| (scores[i], truth[i])).unzip();
            for (loss, method) in losses.iter_mut().zip(&methods) {
                *loss += squared(&method(&s, &t), &held);
            }
        }
        let best = (1..methods.len()).fold(0, |best, i| if losses[i] < losses[best] { i } else { best });
        methods[best](&scores, &truth)
    }

    /// Platt's sigmoid, or the score as it is where that cannot be fitted.
    pub fn platt(scores: &[f64], truth: &[bool]) -> Self {
        Platt::fit(scores, truth).map_or(Self::Identity, Self::Platt)
    }

    /// Isotonic regression, or the score as it is without rows.
    pub fn isotonic(scores: &[f64], truth: &[bool]) -> Self {
        Isotonic::fit(scores, truth).map_or(Self::Identity, Self::Isotonic)
    }

    /// The same where the log odds of the score, `ln(s/(1−s))`, are at hand.
    pub(super) fn apply_with(&self, score: f64, log_odds: f64) -> f64 {
        match self {
            Self::Platt(curve) => curve.apply_to(log_odds),
            _ => self.apply(score),
        }
    }

    /// The probability at a score.
    pub fn apply(&self, score: f64) -> f64 {
        match self {
            Self::Identity => score,
            Self::Platt(curve) => curve.apply(score),
            Self::Isotonic(curve) => curve.apply(score),
        }
    }
}

/// One calibrator per class, each against all others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MulticlassCalibrator {
    /// Classes in the order of the model's probabilities.
    pub classes: Vec<(String, Calibrator)>,
}

impl MulticlassCalibrator {
    /// Learns from labelled reference rows: `truth` holds the position of the right class in each row of `scores`.
    /// Without rows all scores are left alone.
    pub fn fit(classes: &[String], scores: &[Vec<f64>], truth: &[usize], seed: u64) -> Self {
        Self::fit_by(classes, scores, truth, |s, t| Calibrator::fit(s, t, seed))
    }

    /// The same with a given method for every class.
    pub fn fit_by(
        classes: &[String],
        scores: &[Vec<f64>],
        truth: &[usize],
        method: impl Fn(&[f64], &[bool]) -> Calibrator,
    ) -> Self {
        let of = |class: usize| {
            let column: Vec<f64> = scores.iter().map(|row| row.get(class).copied().unwrap_or(f64::NAN)).collect();
            let is_class: Vec<bool> = truth.iter().map(|&t| t == class).collect();
            method(&column, &is_class)
        };
        Self { classes: classes.iter().enumerate().map(|(i, name)| (name.clone(), of(i))).collect() }
    }

    /// Probabilities of all classes, summing to 1; equal ones where every calibrator says 0.
    pub fn apply(&self, scores: &[f64]) -> Vec<f64> {
        let raw: Vec<f64> = self.classes.iter().zip(scores).map(|((_, curve), s)| curve.apply(*s)).collect();
        let total: f64 = raw.iter().sum();
        let even = 1.0 / raw.len().max(1) as f64;
        raw.iter().map(|p| if total > 0.0 { p / total } else { even }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scores that overstate: their log odds are `stretch` times the true ones.
    fn rows(n: usize, stretch: f64, seed: u64) -> (Vec<f64>, Vec<bool>) {
        let mut rng = SplitMix64::new(seed);
        (0..n)
            .map(|_| {
                let odds = rng.normal() * 1.5;
                let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
                (sigmoid(stretch * odds), rng.bernoulli(sigmoid(odds)))
            })
            .unzip()
    }

    #[test]
    fn what_is_overstated_is_brought_back() {
        let (scores, truth) = rows(4000, 2.5, 1);
        let curve = Calibrator::fit(&scores, &truth, 7);
        let (fresh, _) = rows(4000, 2.5, 2);
        let (mut stated, mut true_p) = (0.0, 0.0);
        for s in &fresh {
            stated += (curve.apply(*s) - Platt { slope: 0.4, intercept: 0.0 }.apply(*s)).abs();
            true_p += (s - Platt { slope: 0.4, intercept: 0.0 }.apply(*s)).abs();
        }
        assert!(stated < true_p / 5.0, "{stated} against {true_p} uncalibrated");
        assert_eq!(curve, Calibrator::fit(&scores, &truth, 7));
    }

    #[test]
    fn little_or_one_sided_truth_teaches_nothing() {
        let (scores, truth) = rows(60, 2.5, 1);
        assert_eq!(Calibrator::fit(&scores, &truth, 7), Calibrator::Identity);
        assert_eq!(Calibrator::fit(&[0.4; 500], &[true; 500], 7), Calibrator::Identity);
        assert_eq!(Calibrator::fit(&[], &[], 7), Calibrator::Identity);
    }
}
