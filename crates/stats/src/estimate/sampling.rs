//! How far an estimate and the truth of so many rows lie apart by chance alone.

use serde::{Deserialize, Serialize};

use crate::quality::{BinaryQuality, MulticlassQuality, placements, ratio};

/// Spread of a measure per row of the reference, and the share of rows that carry it (the measure's own rows: positive
/// predictions for the precision, for instance).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SamplingError {
    pub std: f64,
    pub share: f64,
}

impl SamplingError {
    /// From a spread and a share; `None` unless both are numbers and the share is above 0.
    fn new(std: f64, share: f64) -> Option<Self> {
        (std.is_finite() && share > 0.0).then_some(Self { std, share })
    }

    /// Of a share `part / whole` among `n` rows: the spread is that of a coin.
    fn of_share(part: f64, whole: f64, n: f64) -> Option<Self> {
        let rate = ratio(part, whole)?;
        Self::new((rate * (1.0 - rate)).sqrt(), ratio(whole, n)?)
    }

    /// Standard error at `n` rows, `std / √(n · share)` (NannyML); infinite for 0.
    pub fn at(&self, n: u64) -> f64 {
        self.std / (n as f64 * self.share).sqrt()
    }

    /// Standard error of the difference between `n` rows and the `reference` rows that the calibration was learnt from:
    /// the reference has a sampling error too. Infinite when either is 0.
    pub fn between(&self, n: u64, reference: u64) -> f64 {
        self.at(n).hypot(self.at(reference))
    }
}

/// Sampling errors of a two-class model from the realised quality on the reference rows (NannyML's components): of the
/// accuracy, precision and recall those of shares; of F1 that of rows that are right or wrong among TP, FP and FN, scaled
/// to F1; of the area that of the placements of the rarer class. `None` where the reference has no such rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct BinarySampling {
    pub accuracy: Option<SamplingError>,
    pub precision: Option<SamplingError>,
    pub recall: Option<SamplingError>,
    pub f1: Option<SamplingError>,
    pub roc_auc: Option<SamplingError>,
}

impl BinarySampling {
    /// From the quality on the labelled reference rows; all `None` without rows.
    pub fn of(reference: &BinaryQuality) -> Self {
        let [tp, fp, false_negative] =
            [reference.true_positive, reference.false_positive, reference.false_negative].map(|count| count as f64);
        let n = reference.n() as f64;
        Self {
            accuracy: SamplingError::of_share(reference.correct() as f64, n, n),
            precision: SamplingError::of_share(tp, tp + fp, n),
            recall: SamplingError::of_share(tp, tp + false_negative, n),
            f1: f1(tp, fp, false_negative, n),
            roc_auc: area(reference),
        }
    }
}

/// Sampling errors of a model with several classes: of the accuracy that of a share; of the macro means those of the
/// classes in quadrature over their number, which takes the classes as independent. (NannyML does not scale its classes'
/// F1 rows to F1 here, as it does with two classes; this does.)
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct MulticlassSampling {
    pub accuracy: Option<SamplingError>,
    pub macro_precision: Option<SamplingError>,
    pub macro_recall: Option<SamplingError>,
    pub macro_f1: Option<SamplingError>,
}

impl MulticlassSampling {
    /// From the quality on the labelled reference rows; all `None` without rows. A macro mean needs every class to be
    /// predicted (precision) or to turn out (recall).
    pub fn of(reference: &MulticlassQuality) -> Self {
        let n = reference.n() as f64;
        let classes: Vec<Counts> = reference
            .classes()
            .iter()
            .map(|class| {
                let right = class.recall.unwrap_or(0.0) * class.support as f64;
                let predicted: u64 = reference.confusion.values().filter_map(|row| row.get(&class.class)).sum();
                Counts { right, predicted: predicted as f64, support: class.support as f64 }
            })
            .collect();
        let mean = |of: &dyn Fn(&Counts) -> Option<SamplingError>| {
            let errors: Option<Vec<SamplingError>> = classes.iter().map(of).collect();
            let variance: f64 = errors?.iter().map(|e| e.std * e.std / e.share).sum();
            SamplingError::new(ratio(variance.sqrt(), classes.len() as f64)?, 1.0)
        };
        Self {
            accuracy: SamplingError::of_share(reference.correct() as f64, n, n),
            macro_precision: mean(&|c| SamplingError::of_share(c.right, c.predicted, n)),
            macro_recall: mean(&|c| SamplingError::of_share(c.right, c.support, n)),
            macro_f1: mean(&|c| f1(c.right, c.predicted - c.right, c.support - c.right, n)),
        }
    }
}

/// Rows of one class: predicted and right, predicted, turned out.
struct Counts {
    right: f64,
    predicted: f64,
    support: f64,
}

/// Sampling errors of a model that predicts a number, in the unit of the outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct RegressionSampling {
    pub mae: Option<SamplingError>,
    /// By the delta method: the spread of the squared error over twice the RMSE.
    pub rmse: Option<SamplingError>,
}

impl RegressionSampling {
    /// From the errors (prediction minus outcome) on the labelled reference rows; those that are not finite are left out.
    /// `None` without rows.
    pub fn of(errors: &[f64]) -> Self {
        let errors: Vec<f64> = errors.iter().copied().filter(|e| e.is_finite()).collect();
        let moments = |of: fn(f64) -> f64| -> Option<(f64, f64)> {
            let n = errors.len() as f64;
            let mean = ratio(errors.iter().map(|e| of(*e)).sum(), n)?;
            Some((mean, (errors.iter().map(|e| (of(*e) - mean).powi(2)).sum::<f64>() / n).sqrt()))
        };
        let of_root = |(mean, std): (f64, f64)| SamplingError::new(ratio(std, 2.0 * mean.sqrt()).unwrap_or(0.0), 1.0);
        Self {
            mae: moments(f64::abs).and_then(|(_, std)| SamplingError::new(std, 1.0)),
            rmse: moments(|e| e * e).and_then(of_root),
        }
    }
}

fn f1(true_positive: f64, false_positive: f64, false_negative: f64, n: f64) -> Option<SamplingError> {
    let rows = true_positive + false_positive + false_negative;
    let scale = ratio(rows, true_positive + 0.5 * (false_positive + false_negative))?;
    let share = SamplingError::of_share(true_positive, rows, n)?;
    SamplingError::new(share.std * scale, share.share)
}

fn area(reference: &BinaryQuality) -> Option<SamplingError> {
    let (positive, negative) = (&reference.positive_scores, &reference.negative_scores);
    let count = |scores: &std::collections::BTreeMap<u16, u64>| scores.values().sum::<u64>() as f64;
    let (rarer, other) = if count(positive) > count(negative) { (negative, positive) } else { (positive, negative) };
    let placed = placements(rarer, other)?;
    let n = count(rarer);
    let mean = placed.iter().map(|(rows, share)| rows * share).sum::<f64>() / n;
    let variance = placed.iter().map(|(rows, share)| rows * (share - mean).powi(2)).sum::<f64>() / n;
    SamplingError::new(variance.sqrt(), n / (n + count(other)))
}
