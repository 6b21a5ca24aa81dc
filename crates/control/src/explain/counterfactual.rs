//! What would have changed the answer: the smallest change of one input, or of two, within values that occur.

use super::sentences::{label, score_words, value_words};
use super::source::{Record, Source};
use crate::Outcome;
use crate::words::listed;
use contract::Task;
use contract::spec::{FeatureKind, Pii};
use serving::Value;

const STEPS: usize = 15;
const PAIR_STEPS: usize = 6;
/// Inputs that are tried two at a time: those with the strongest reasons.
const PAIR_FEATURES: usize = 5;

struct Change {
    feature: usize,
    to: Value,
    /// Standard deviations of the input for numbers, 1 for another category.
    cost: f64,
}

/// A sentence. `order` lists the inputs, the strongest reason first.
pub fn counterfactual(source: &Source, row: &Record, order: &[usize]) -> Outcome<String> {
    let before = super::source::answer(&source.served, std::slice::from_ref(row))?;
    let Some(before) = before.first() else { return Ok(String::new()) };
    if source.contract().task == Task::Regression {
        return largest_step(source, row, order);
    }
    // Nobody can change a sensitive trait, and no answer should hang on it being changed.
    let may = |feature: &usize| source.contract().features[*feature].pii != Pii::Sensitive;
    let singles: Vec<Change> =
        order.iter().copied().filter(may).flat_map(|feature| changes(source, row, feature, STEPS)).collect();
    let tried: Vec<Vec<&Change>> = singles.iter().map(|change| vec![change]).collect();
    if let Some(words) = cheapest(source, row, &before.label.text(), tried)? {
        return Ok(words);
    }
    let few: Vec<Vec<Change>> =
        order.iter().copied().filter(may).take(PAIR_FEATURES).map(|feature| changes(source, row, feature, PAIR_STEPS)).collect();
    let mut pairs = Vec::new();
    for (i, first) in few.iter().enumerate() {
        for second in &few[i + 1..] {
            pairs.extend(first.iter().flat_map(|a| second.iter().map(move |b| vec![a, b])));
        }
    }
    let words = cheapest(source, row, &before.label.text(), pairs)?;
    Ok(words.unwrap_or_else(|| {
        "No change of one input, or of two of the strongest, within the values that occur would have changed the answer.".into()
    }))
}

/// The cheapest set of changes that gives another answer, in words.
fn cheapest(source: &Source, row: &Record, before: &str, tried: Vec<Vec<&Change>>) -> Outcome<Option<String>> {
    let rows: Vec<Record> = tried.iter().map(|set| applied(row, set)).collect();
    let answers = super::source::answer(&source.served, &rows)?;
    let flips = tried.iter().zip(&answers).filter(|(_, one)| one.valid && one.label.text() != before);
    let cost = |set: &[&Change]| set.iter().map(|change| change.cost).sum::<f64>();
    Ok(flips.min_by(|a, b| cost(a.0).total_cmp(&cost(b.0))).map(|(set, one)| {
        let what: Vec<String> = set.iter().map(|change| described(source, row, change)).collect();
        let score = one
            .score
            .filter(|_| source.contract().task == Task::Binary)
            .map(|score| format!(", score {}", score_words(source.contract(), score)));
        format!("With {} the answer would be “{}”{}.", listed(&what), one.label.text(), score.unwrap_or_default())
    }))
}

fn described(source: &Source, row: &Record, change: &Change) -> String {
    let spec = &source.contract().features[change.feature];
    format!("{} {} instead of {}", label(spec), value_words(&change.to), value_words(&row[change.feature]))
}

fn applied(row: &Record, set: &[&Change]) -> Record {
    let mut row = row.clone();
    for change in set {
        row[change.feature] = change.to.clone();
    }
    row
}

/// Other values of an input that occur among the rows.
fn changes(source: &Source, row: &Record, feature: usize, steps: usize) -> Vec<Change> {
    let spec = &source.contract().features[feature];
    if !matches!(spec.kind, FeatureKind::Number | FeatureKind::Integer) {
        let others = super::dependence::categories(source, feature).into_iter().filter(|value| *value != row[feature]);
        return others.map(|to| Change { feature, to, cost: 1.0 }).collect();
    }
    let mut values: Vec<f64> = source.rows.iter().filter_map(|row| row[feature].num()).collect();
    values.sort_by(f64::total_cmp);
    let Some(last) = values.len().checked_sub(1) else { return Vec::new() };
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let std = (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt();
    if std == 0.0 {
        return Vec::new();
    }
    let from = row[feature].num().unwrap_or(mean);
    let mut picked: Vec<f64> =
        (0..steps).map(|i| values[i * last / (steps - 1).max(1)]).filter(|value| Some(*value) != row[feature].num()).collect();
    picked.dedup();
    picked.into_iter().map(|value| Change { feature, to: Value::Num(value), cost: (value - from).abs() / std }).collect()
}

/// For a predicted number: the one change that moves it furthest.
fn largest_step(source: &Source, row: &Record, order: &[usize]) -> Outcome<String> {
    let singles: Vec<Change> = order.iter().copied().flat_map(|feature| changes(source, row, feature, PAIR_STEPS)).collect();
    let rows: Vec<Record> = singles.iter().map(|change| applied(row, &[change])).collect();
    let here = source.scores(std::slice::from_ref(row), None)?.first().copied().unwrap_or(f64::NAN);
    let scores = source.scores(&rows, None)?;
    let far = singles.iter().zip(scores).max_by(|a, b| (a.1 - here).abs().total_cmp(&(b.1 - here).abs()));
    Ok(far.map_or_else(String::new, |(change, score)| {
        format!(
            "The input that could change it most: with {} the prediction would be {}.",
            described(source, row, change),
            score_words(source.contract(), score)
        )
    }))
}
