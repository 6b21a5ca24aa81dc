//! Dependence: the mean score with one input set to each value and the rest left as it is (Friedman 2001, partial dependence).

use super::sentences::{label, score_words};
use super::source::Source;
use crate::Outcome;
use crate::words::{bound, capital};
use contract::Task;
use contract::spec::FeatureKind;
use contract::views::report::{Dependence, DependencePoint};
use serving::Value;

/// Rows that the curve is averaged over.
const ROWS: usize = 200;
const NUMBERS: usize = 12;
const CATEGORIES: usize = 8;

pub fn dependence(source: &Source, feature: usize) -> Outcome<Option<Dependence>> {
    // With several classes one curve would mix the scores of different ones.
    if source.contract().task == Task::Multiclass {
        return Ok(None);
    }
    let spec = &source.contract().features[feature];
    let numeric = matches!(spec.kind, FeatureKind::Number | FeatureKind::Integer);
    let values = if numeric { quantiles(source, feature) } else { categories(source, feature) };
    if values.len() < 2 {
        return Ok(None);
    }
    let mut points = Vec::with_capacity(values.len());
    for value in values {
        let rows: Vec<_> = source
            .rows
            .iter()
            .take(ROWS)
            .map(|row| {
                let mut row = row.clone();
                row[feature] = value.clone();
                row
            })
            .collect();
        let scores = source.scores(&rows, None)?;
        let n = scores.len() as f64;
        let mean = scores.iter().sum::<f64>() / n;
        let half = 1.96 * (scores.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0) / n).sqrt();
        let x = value.num().filter(|_| numeric);
        points.push(DependencePoint {
            label: x.map_or_else(|| value.text().unwrap_or_default(), bound),
            x,
            mean,
            lower: mean - half,
            upper: mean + half,
        });
    }
    Ok(Some(Dependence {
        feature: spec.name.clone(),
        label: label(spec),
        headline: headline(source, feature, &points, numeric),
        points,
        numeric,
    }))
}

/// Distinct values at equal shares of the rows, without the outermost percents.
fn quantiles(source: &Source, feature: usize) -> Vec<Value> {
    let mut values: Vec<f64> = source.rows.iter().filter_map(|row| row[feature].num()).collect();
    values.sort_by(f64::total_cmp);
    let mut picked: Vec<f64> = Vec::new();
    for i in 0..NUMBERS {
        let share = 0.02 + 0.96 * i as f64 / (NUMBERS - 1) as f64;
        let Some(value) = values.get((share * (values.len().saturating_sub(1)) as f64).round() as usize) else { continue };
        if picked.last() != Some(value) {
            picked.push(*value);
        }
    }
    picked.into_iter().map(Value::Num).collect()
}

/// The most frequent categories.
pub fn categories(source: &Source, feature: usize) -> Vec<Value> {
    let mut counts: std::collections::BTreeMap<String, usize> = Default::default();
    for text in source.rows.iter().filter_map(|row| row[feature].text()) {
        *counts.entry(text).or_default() += 1;
    }
    let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let is_number = source.rows.iter().any(|row| matches!(row[feature], Value::Num(_)));
    counts
        .into_iter()
        .take(CATEGORIES)
        .map(|(text, _)| if is_number { text.parse().map_or(Value::Text(text), Value::Num) } else { Value::Text(text) })
        .collect()
}

/// The finding: where the score is lowest and where highest.
fn headline(source: &Source, feature: usize, points: &[DependencePoint], numeric: bool) -> String {
    let spec = &source.contract().features[feature];
    let name = label(spec);
    let by_mean = |a: &&DependencePoint, b: &&DependencePoint| a.mean.total_cmp(&b.mean);
    let (Some(low), Some(high)) = (points.iter().min_by(by_mean), points.iter().max_by(by_mean)) else { return capital(&name) };
    let score = |point: &DependencePoint| score_words(source.contract(), point.mean);
    if high.mean - low.mean < 0.1 * (high.mean.abs() + low.mean.abs()) / 2.0 {
        return format!("{} changes the score little on its own: {} to {}", capital(&name), score(low), score(high));
    }
    let rising = points.windows(2).all(|pair| pair[1].mean >= pair[0].mean - 1e-9);
    let falling = points.windows(2).all(|pair| pair[1].mean <= pair[0].mean + 1e-9);
    match (numeric, rising, falling) {
        (true, true, _) => {
            format!("The higher {name}, the higher the score: {} at {}, {} at {}", score(low), low.label, score(high), high.label)
        }
        (true, _, true) => {
            format!("The higher {name}, the lower the score: {} at {}, {} at {}", score(high), high.label, score(low), low.label)
        }
        (true, ..) => format!(
            "The score is highest, {}, with {name} at {}, and lowest, {}, at {}",
            score(high),
            high.label,
            score(low),
            low.label
        ),
        (false, ..) => format!(
            "The score is highest, {}, with {name} “{}”, and lowest, {}, with “{}”",
            score(high),
            high.label,
            score(low),
            low.label
        ),
    }
}
