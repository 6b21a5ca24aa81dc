//! Quality from rows, exactly as scikit-learn defines it. Slices that are compared have the same length; what one has
//! too many is left out. `None` where the number does not exist.

use super::auc::midranks;
use super::{loss, ratio};

/// Area under the ROC curve, ties half; `None` when either class is empty. Rows with a NaN score are left out.
pub fn roc_auc(truth: &[bool], scores: &[f64]) -> Option<f64> {
    let rows: Vec<(bool, f64)> = truth.iter().copied().zip(scores.iter().copied()).filter(|row| !row.1.is_nan()).collect();
    let ranks = midranks(&rows.iter().map(|row| row.1).collect::<Vec<_>>());
    let positives = rows.iter().filter(|row| row.0).count() as f64;
    let negatives = rows.len() as f64 - positives;
    let rank_sum: f64 = rows.iter().zip(&ranks).filter(|(row, _)| row.0).map(|(_, rank)| rank).sum();
    ratio(rank_sum - positives * (positives + 1.0) / 2.0, positives * negatives)
}

/// Unweighted mean over the classes of the area under the ROC curve of the class against all others (scikit-learn's
/// `multi_class="ovr", average="macro"`). `truth` holds the position of the right class in each row of `probabilities`;
/// `None` without rows, or when a class has all of them or none.
pub fn roc_auc_one_vs_rest(truth: &[usize], probabilities: &[Vec<f64>]) -> Option<f64> {
    let classes = probabilities.first().map_or(0, Vec::len);
    let areas: Option<Vec<f64>> = (0..classes)
        .map(|class| {
            let is_class: Vec<bool> = truth.iter().map(|&t| t == class).collect();
            let scores: Vec<f64> = probabilities.iter().map(|row| row.get(class).copied().unwrap_or(f64::NAN)).collect();
            roc_auc(&is_class, &scores)
        })
        .collect();
    mean(areas?.into_iter())
}

/// Mean logarithmic loss of the probability of the positive class, natural logarithm, clipped at 2.2e-16.
pub fn log_loss(truth: &[bool], scores: &[f64]) -> Option<f64> {
    mean(truth.iter().zip(scores).map(|(&t, &s)| loss(if t { s } else { 1.0 - s })))
}

/// Mean logarithmic loss with one probability per class: `truth` holds the position of the right class in each row of
/// `probabilities`; a position out of the row counts as probability 0.
pub fn log_loss_multiclass(truth: &[usize], probabilities: &[Vec<f64>]) -> Option<f64> {
    mean(truth.iter().zip(probabilities).map(|(&t, row)| {
        let total: f64 = row.iter().sum();
        loss(row.get(t).map_or(0.0, |p| if total > 0.0 { p / total } else { 0.0 }))
    }))
}

/// Mean squared error of the probability of the positive class.
pub fn brier_score(truth: &[bool], scores: &[f64]) -> Option<f64> {
    mean(truth.iter().zip(scores).map(|(&t, &s)| (s - if t { 1.0 } else { 0.0 }).powi(2)))
}

/// Mean squared distance of the probabilities from the truth, summed over the classes (Brier 1950), 0 to 2. `truth` holds
/// the position of the right class in each row of `probabilities`.
pub fn brier_score_multiclass(truth: &[usize], probabilities: &[Vec<f64>]) -> Option<f64> {
    mean(
        truth
            .iter()
            .zip(probabilities)
            .map(|(&t, row)| row.iter().enumerate().map(|(class, p)| (p - if class == t { 1.0 } else { 0.0 }).powi(2)).sum()),
    )
}

/// Mean of prediction minus truth, in the unit of the values: above 0, the model overshoots.
pub fn bias(truth: &[f64], predicted: &[f64]) -> Option<f64> {
    mean(truth.iter().zip(predicted).map(|(t, p)| p - t))
}

/// Mean absolute error, in the unit of the values.
pub fn mae(truth: &[f64], predicted: &[f64]) -> Option<f64> {
    mean(truth.iter().zip(predicted).map(|(t, p)| (p - t).abs()))
}

/// Root of the mean squared error, in the unit of the values.
pub fn rmse(truth: &[f64], predicted: &[f64]) -> Option<f64> {
    mean(truth.iter().zip(predicted).map(|(t, p)| (p - t).powi(2))).map(f64::sqrt)
}

/// Coefficient of determination `1 − Σ(y − ŷ)² / Σ(y − ȳ)²`; `None` for constant truth.
pub fn r2(truth: &[f64], predicted: &[f64]) -> Option<f64> {
    let rows: Vec<(f64, f64)> = truth.iter().copied().zip(predicted.iter().copied()).collect();
    let centre = mean(rows.iter().map(|row| row.0))?;
    let residual: f64 = rows.iter().map(|(t, p)| (t - p).powi(2)).sum();
    let total: f64 = rows.iter().map(|(t, _)| (t - centre).powi(2)).sum();
    ratio(residual, total).map(|unexplained| 1.0 - unexplained)
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut n, mut sum) = (0u64, 0.0);
    values.for_each(|x| {
        n += 1;
        sum += x;
    });
    ratio(sum, n as f64)
}
