//! The simple rule that a model must beat: one question about one feature, found on the reference data. No question at all (the
//! most frequent class, the median) is one of the candidates.

use super::measure::Metric;
use super::subject::{Answers, Truth};
use crate::datasets::Table;
use crate::words;
use contract::{Contract, FeatureKind};
use serving::{Label, RowAnswer};
use std::collections::BTreeMap;

/// Reference rows that are looked at, evenly spaced.
const ROWS: usize = 10_000;
/// Cuts of a numeric feature that are tried, at equal distances in rank.
const CUTS: usize = 20;

/// One question, and an answer for each outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    question: Question,
    yes: Label,
    no: Label,
    /// `no if total_day_minutes is below 246, yes otherwise`
    pub words: String,
}

#[derive(Clone, Debug, PartialEq)]
enum Question {
    None,
    AtLeast(String, f64),
    Is(String, String),
}

impl Question {
    fn ask(&self, table: &Table, row: usize) -> bool {
        match self {
            Question::None => true,
            Question::AtLeast(feature, cut) => {
                table.column(feature).and_then(|column| column.number(row)).is_some_and(|value| value >= *cut)
            }
            Question::Is(feature, category) => {
                table.column(feature).and_then(|column| column.text(row)).is_some_and(|value| value == *category)
            }
        }
    }

    fn words(&self) -> String {
        match self {
            Question::None => String::new(),
            Question::AtLeast(feature, cut) => format!("{feature} is {} or more", words::bound(*cut)),
            Question::Is(feature, category) => format!("{feature} is “{category}”"),
        }
    }
}

/// The rule with the best figure on the reference rows: balanced accuracy where ROC AUC counts (for a yes-or-no rule they are the
/// same), accuracy, or mean absolute error. `None` without labelled reference rows.
pub fn find(metric: Metric, contract: &Contract, reference: &Table, truth: &Truth) -> Option<Rule> {
    let step = truth.len().div_ceil(ROWS).max(1);
    let rows: Vec<usize> = (0..truth.len()).step_by(step).collect();
    if rows.is_empty() {
        return None;
    }
    let mut best: Option<(f64, Rule)> = None;
    for question in std::iter::once(Question::None).chain(questions(contract, reference, &rows)) {
        let (hit, miss): (Vec<usize>, Vec<usize>) = rows.iter().partition(|row| question.ask(reference, **row));
        if question != Question::None && (hit.is_empty() || miss.is_empty()) {
            continue;
        }
        let Some((figure, yes, no)) = settle(metric, truth, &hit, &miss) else { continue };
        if best.as_ref().is_none_or(|(so_far, _)| figure > *so_far) {
            let said = match &question {
                Question::None => format!("always {}", text(&yes)),
                asked => format!("{} if {}, {} otherwise", text(&yes), asked.words(), text(&no)),
            };
            best = Some((figure, Rule { question, yes, no, words: said }));
        }
    }
    best.map(|(_, rule)| rule)
}

impl Rule {
    /// The rule's answers: a class with score 1 or 0 for the positive class, or a value.
    pub fn answer(&self, table: &Table, positive: Option<&str>) -> Answers {
        let answers = (0..table.rows).map(|row| {
            let label = if self.question.ask(table, row) { &self.yes } else { &self.no };
            let score = positive.map(|positive| f64::from(u8::from(matches!(label, Label::Class(class) if class == positive))));
            RowAnswer { label: label.clone(), score, scores: Vec::new(), valid: true }
        });
        Answers::new(answers.collect())
    }
}

/// Every question worth asking: is it at least …, for numbers; is it …, for categories.
fn questions<'a>(contract: &'a Contract, reference: &'a Table, rows: &'a [usize]) -> impl Iterator<Item = Question> + 'a {
    contract.features.iter().filter_map(|feature| Some((feature, reference.column(&feature.name)?))).flat_map(
        move |(feature, column)| {
            if matches!(feature.kind, FeatureKind::Number | FeatureKind::Integer) {
                let mut values: Vec<f64> = rows.iter().filter_map(|row| column.number(*row)).collect();
                values.sort_by(f64::total_cmp);
                let mut cuts: Vec<f64> = (1..=CUTS).filter_map(|n| values.get(values.len() * n / (CUTS + 1)).copied()).collect();
                cuts.dedup();
                cuts.into_iter().map(|cut| Question::AtLeast(feature.name.clone(), cut)).collect::<Vec<_>>()
            } else {
                let categories = feature.categories.iter().flatten().take(50);
                categories.map(|category| Question::Is(feature.name.clone(), category.clone())).collect()
            }
        },
    )
}

/// The best answers for the two sides of a question, and the figure that they reach; larger is better.
fn settle(metric: Metric, truth: &Truth, hit: &[usize], miss: &[usize]) -> Option<(f64, Label, Label)> {
    match metric {
        Metric::Mae => {
            let side = |rows: &[usize]| {
                let mut values: Vec<f64> = rows.iter().filter_map(|row| truth.value(*row)).collect();
                values.sort_by(f64::total_cmp);
                let median = values.get(values.len() / 2).copied().unwrap_or(0.0);
                (median, values.iter().map(|value| (value - median).abs()).sum::<f64>())
            };
            let ((yes, cost), (no, more)) = (side(hit), side(miss));
            Some((-(cost + more), Label::Value(yes), Label::Value(no)))
        }
        Metric::Accuracy => {
            let (yes, right) = most_frequent(truth, hit)?;
            let (no, more) = most_frequent(truth, miss).unwrap_or((yes.clone(), 0));
            Some(((right + more) as f64, Label::Class(yes), Label::Class(no)))
        }
        Metric::Auc => {
            let Truth::Classes { names, positive: Some(positive) } = truth else { return None };
            let other = names.iter().find(|name| *name != positive).cloned().unwrap_or_else(|| format!("not {positive}"));
            let positives = |rows: &[usize]| rows.iter().filter(|row| truth.is_positive(**row)).count() as f64;
            let (tp, fn_) = (positives(hit), positives(miss));
            let (fp, tn) = (hit.len() as f64 - tp, miss.len() as f64 - fn_);
            if miss.is_empty() {
                let label = if tp * 2.0 > hit.len() as f64 { positive.clone() } else { other };
                return Some((0.5, Label::Class(label.clone()), Label::Class(label)));
            }
            let balanced = (tp / (tp + fn_).max(1.0) + tn / (tn + fp).max(1.0)) / 2.0;
            let (yes, no) = (Label::Class(positive.clone()), Label::Class(other));
            Some(if balanced >= 0.5 { (balanced, yes, no) } else { (1.0 - balanced, no, yes) })
        }
    }
}

fn most_frequent(truth: &Truth, rows: &[usize]) -> Option<(String, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for class in rows.iter().filter_map(|row| truth.class(*row)) {
        *counts.entry(class).or_default() += 1;
    }
    // The first in alphabetical order among equals.
    counts.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(a.0))).map(|(class, n)| (class.to_owned(), n))
}

fn text(label: &Label) -> String {
    match label {
        Label::Class(class) => format!("“{class}”"),
        Label::Value(value) => words::bound(*value),
    }
}
