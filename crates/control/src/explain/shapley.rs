//! Reasons of one decision: interventional Shapley values over background rows (Štrumbelj and Kononenko 2014; Lundberg and Lee 2017).
//!
//! An input that is "not known" takes the values of the background rows. The values add up to the row's score minus the mean
//! score of the background, exactly, because every sampled order adds up.

use super::source::{Record, Source};
use crate::Outcome;
use contract::Problem;

/// Model evaluations that one decision may cost.
const BUDGET: usize = 30_000;

pub struct Attribution {
    /// Mean score of the background rows: where the reasons start.
    pub base: f64,
    pub score: f64,
    /// In the contract's order; with `base` they add up to `score`.
    pub contributions: Vec<f64>,
}

/// Takes the score of `row` apart. `target` is the class that is explained where there are more than two.
pub fn attribute(source: &Source, row: &Record, target: Option<usize>, seed: u64) -> Outcome<Attribution> {
    let features = row.len();
    let background = &source.background;
    let base = mean(&source.scores(background, target)?);
    let score = source.scores(std::slice::from_ref(row), target)?.first().copied().unwrap_or(f64::NAN);
    let permutations = (BUDGET / (background.len().max(1) * (features + 1))).clamp(4, 60);
    let mut failed: Option<Problem> = None;
    let contributions = stats::importance::shapley(features, permutations, seed, |coalitions: &[Vec<bool>]| {
        let mixed: Vec<Record> =
            coalitions.iter().flat_map(|known| background.iter().map(move |other| mix(row, other, known))).collect();
        match source.scores(&mixed, target) {
            Ok(scores) => scores.chunks(background.len().max(1)).map(mean).collect(),
            Err(problem) => {
                failed.get_or_insert(problem);
                vec![0.0; coalitions.len()]
            }
        }
    });
    match failed {
        Some(problem) => Err(problem),
        None => Ok(Attribution { base, score, contributions }),
    }
}

/// The row's own value where it is known, the other row's where it is not.
fn mix(row: &Record, other: &Record, known: &[bool]) -> Record {
    row.iter().zip(other).zip(known).map(|((own, other), known)| if *known { own.clone() } else { other.clone() }).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}
