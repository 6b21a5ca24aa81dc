//! How much each input moves the answers: it is shuffled between rows, and the mean absolute change of the score is its weight.

use contract::views::gates::InputWeight;
use serving::{InferError, Label, RowAnswer, Served, Value};
use stats::rng::SplitMix64;

/// Rows that are shuffled.
const ROWS: usize = 400;
/// Inputs beyond this are not listed one by one.
const INPUTS: usize = 100;

/// Share of each input in the whole, in the contract's order. Empty for models with too many inputs to list.
pub fn weigh(served: &Served, records: &[Vec<Value>], seed: u64) -> Result<Vec<(String, f64)>, InferError> {
    let features = &served.contract.features;
    if features.is_empty() || features.len() > INPUTS {
        return Ok(Vec::new());
    }
    let step = records.len().div_ceil(ROWS).max(1);
    let rows: Vec<Vec<Value>> = records.iter().step_by(step).cloned().collect();
    let before = served.evaluate_blocking(&rows)?;
    let mut weights = Vec::with_capacity(features.len());
    for (at, feature) in features.iter().enumerate() {
        let mut order: Vec<usize> = (0..rows.len()).collect();
        SplitMix64::new(seed ^ at as u64).shuffle(&mut order);
        let shuffled: Vec<Vec<Value>> =
            rows.iter().zip(&order).map(|(row, from)| with(row, at, rows[*from][at].clone())).collect();
        let after = served.evaluate_blocking(&shuffled)?;
        let change: f64 = before.iter().zip(&after).map(|(a, b)| change(a, b)).sum();
        weights.push((feature.name.clone(), change));
    }
    let whole: f64 = weights.iter().map(|(_, weight)| weight).sum();
    if whole > 0.0 {
        weights.iter_mut().for_each(|(_, weight)| *weight /= whole);
    }
    Ok(weights)
}

/// The row with one value replaced.
pub fn with(row: &[Value], at: usize, value: Value) -> Vec<Value> {
    let mut row = row.to_vec();
    row[at] = value;
    row
}

/// How far two answers to one row are apart: in the score, in the value, or in whether the class is another.
pub fn change(a: &RowAnswer, b: &RowAnswer) -> f64 {
    let apart = match (&a.label, &b.label) {
        (Label::Value(a), Label::Value(b)) => (a - b).abs(),
        (Label::Class(x), Label::Class(y)) if !a.scores.is_empty() && a.scores.len() == b.scores.len() => {
            let moved: f64 = a.scores.iter().zip(&b.scores).map(|(a, b)| (a - b).abs()).sum::<f64>() / 2.0;
            if moved.is_finite() { moved } else { f64::from(u8::from(x != y)) }
        }
        (a, b) => f64::from(u8::from(a != b)),
    };
    if apart.is_finite() { apart } else { 0.0 }
}

/// Candidate's and champion's weights side by side, largest of the candidate's first.
pub fn beside(candidate: Vec<(String, f64)>, champion: &[(String, f64)]) -> Vec<InputWeight> {
    let mut lines: Vec<InputWeight> = candidate
        .into_iter()
        .map(|(name, share)| {
            let before = champion.iter().find(|(other, _)| *other == name).map(|(_, share)| *share);
            let change = match before {
                None if champion.is_empty() => "",
                None => "new",
                Some(before) if share - before > 0.02 => "more",
                Some(before) if before - share > 0.02 => "less",
                Some(_) => "same",
            };
            InputWeight { name, candidate: share, champion: before, change: change.into() }
        })
        .collect();
    lines.sort_by(|a, b| b.candidate.total_cmp(&a.candidate).then_with(|| a.name.cmp(&b.name)));
    lines
}
