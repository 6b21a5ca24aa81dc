//! Global importance by permutation: how much worse the answers get when one input is shuffled among the rows.
//!
//! Breiman, Random Forests (2001), section 10; Fisher, Rudin and Dominici (2019) for any model. Model-agnostic.

use super::source::{Record, Source};
use crate::Outcome;
use contract::Task;
use contract::views::parts::Estimate;
use serving::RowAnswer;

const REPEATS: usize = 5;
/// Two-sided 95 % quantile of Student's t with `REPEATS` − 1 degrees of freedom.
const T_4: f64 = 2.776;

/// Loss of one input: its mean over the repeats with a 95 % interval, in the units of [`measure`].
pub struct Loss {
    /// Position in the contract.
    pub feature: usize,
    pub estimate: Estimate,
}

/// What a loss is measured in, as words over the chart.
pub fn measure(source: &Source) -> String {
    match kind(source) {
        Kind::Auc => "Drop in ROC AUC when the input is shuffled".into(),
        Kind::Accuracy => "Drop in the share of right answers when the input is shuffled".into(),
        Kind::Error => "Rise of the mean absolute error when the input is shuffled".into(),
        Kind::Shift => "Mean change of the score when the input is shuffled".into(),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Auc,
    Accuracy,
    Error,
    /// Without a truth only the change of the answers can be measured.
    Shift,
}

fn kind(source: &Source) -> Kind {
    let known = source.truth.iter().filter(|truth| truth.is_some()).count();
    let positive = source.contract().positive.as_ref();
    let yes = source.truth.iter().filter(|truth| truth.is_some() && truth.as_ref() == positive).count();
    match source.contract().task {
        _ if known < 20 => Kind::Shift,
        Task::Regression => Kind::Error,
        Task::Binary if yes > 0 && yes < known && source.answers.iter().all(|one| one.score.is_some()) => Kind::Auc,
        _ => Kind::Accuracy,
    }
}

/// Every input's loss, the largest first.
pub fn importance(source: &Source) -> Outcome<Vec<Loss>> {
    let kind = kind(source);
    let before = badness(source, kind, &source.answers);
    let mut losses = Vec::with_capacity(source.contract().features.len());
    for feature in 0..source.contract().features.len() {
        let mut repeats = Vec::with_capacity(REPEATS);
        for repeat in 0..REPEATS {
            let answers = super::source::answer(&source.served, &shuffled(source, feature, repeat))?;
            repeats.push(badness(source, kind, &answers) - before);
        }
        let mean = repeats.iter().sum::<f64>() / REPEATS as f64;
        let variance = repeats.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (REPEATS - 1) as f64;
        let half = T_4 * (variance / REPEATS as f64).sqrt();
        losses.push(Loss {
            feature,
            estimate: Estimate { value: mean, lower: Some(mean - half), upper: Some(mean + half), n: source.rows.len() as u64 },
        });
    }
    losses.sort_by(|a, b| b.estimate.value.total_cmp(&a.estimate.value));
    Ok(losses)
}

/// The rows with one input taken from other rows.
fn shuffled(source: &Source, feature: usize, repeat: usize) -> Vec<Record> {
    let mut order: Vec<usize> = (0..source.rows.len()).collect();
    Source::rng((feature as u64) << 8 | repeat as u64).shuffle(&mut order);
    source
        .rows
        .iter()
        .zip(order)
        .map(|(row, other)| {
            let mut row = row.clone();
            row[feature] = source.rows[other][feature].clone();
            row
        })
        .collect()
}

/// How bad answers are: the larger, the worse.
fn badness(source: &Source, kind: Kind, answers: &[RowAnswer]) -> f64 {
    let known = || source.truth.iter().zip(answers).filter_map(|(truth, one)| truth.as_ref().map(|truth| (truth, one)));
    match kind {
        Kind::Auc => {
            let positive = source.contract().positive.clone().unwrap_or_default();
            let (truth, scores): (Vec<bool>, Vec<f64>) =
                known().map(|(truth, one)| (*truth == positive, one.score.unwrap_or(0.0))).unzip();
            -stats::quality::roc_auc(&truth, &scores).unwrap_or(0.5)
        }
        Kind::Accuracy => {
            let (right, n) = known()
                .fold((0.0, 0.0), |(right, n), (truth, one)| (right + f64::from(u8::from(*truth == one.label.text())), n + 1.0));
            if n > 0.0 { -right / n } else { 0.0 }
        }
        Kind::Error => {
            let pairs = known().filter_map(|(truth, one)| Some((truth.parse::<f64>().ok()?, one.label.value()?)));
            let (truth, predicted): (Vec<f64>, Vec<f64>) = pairs.unzip();
            stats::quality::mae(&truth, &predicted).unwrap_or(0.0)
        }
        Kind::Shift => {
            let changes = source.answers.iter().zip(answers).map(|(a, b)| {
                match (a.score.or(a.label.value()), b.score.or(b.label.value())) {
                    (Some(a), Some(b)) => (a - b).abs(),
                    _ => f64::from(u8::from(a.label.text() != b.label.text())),
                }
            });
            changes.sum::<f64>() / answers.len().max(1) as f64
        }
    }
}
