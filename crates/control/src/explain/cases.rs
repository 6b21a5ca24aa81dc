//! Cases: which rows are told as stories, and one row told as one.

use super::counterfactual::counterfactual;
use super::sentences::{label, score_words, value_words};
use super::shapley::attribute;
use super::source::{Record, Source};
use crate::Outcome;
use crate::words::{capital, listed, signed};
use contract::Task;
use contract::spec::Pii;
use contract::views::report::{Case, Reason};
use serving::Value;

/// Reasons that are named; the others are summed.
const NAMED: usize = 5;

/// Row numbers with their titles: up to three typical, up to three hard.
pub fn chosen(source: &Source) -> (Vec<(usize, String)>, Vec<(usize, String)>) {
    match source.contract().task {
        Task::Binary => binary(source),
        Task::Multiclass => multiclass(source),
        Task::Regression => regression(source),
    }
}

/// The row in the middle of some, by a key.
fn middle(mut rows: Vec<usize>, key: impl Fn(usize) -> f64) -> Option<usize> {
    rows.sort_by(|a, b| key(*a).total_cmp(&key(*b)));
    rows.get(rows.len() / 2).copied()
}

type Chosen = Vec<(usize, String)>;

/// Adds a row that is there and was not chosen before.
fn add(chosen: &mut Chosen, taken: &mut Vec<usize>, row: Option<usize>, title: impl Into<String>) {
    if let Some(row) = row.filter(|row| !taken.contains(row)) {
        taken.push(row);
        chosen.push((row, title.into()));
    }
}

fn binary(source: &Source) -> (Chosen, Chosen) {
    let yes = source.contract().positive.clone().unwrap_or_default();
    let no = source.contract().classes.iter().find(|class| **class != yes).cloned().unwrap_or_else(|| "no".into());
    let score = |row: usize| source.score_of(row);
    let group = |said: &str, was: Option<&str>| -> Vec<usize> {
        (0..source.rows.len())
            .filter(|row| source.answers[*row].label.text() == said && source.truth[*row].as_deref() == was)
            .collect()
    };
    let (mut typical, mut hard, mut taken) = (Vec::new(), Vec::new(), Vec::new());
    let known = source.truth.iter().any(Option::is_some);
    if known {
        add(&mut typical, &mut taken, middle(group(&yes, Some(&yes)), score), format!("Predicted “{yes}”, and it was"));
        add(&mut typical, &mut taken, middle(group(&no, Some(&no)), score), format!("Predicted “{no}”, and it was"));
        add(&mut typical, &mut taken, middle(group(&yes, Some(&no)), score), format!("Predicted “{yes}”, and it was “{no}”"));
        let missed = group(&no, Some(&yes)).into_iter().min_by(|a, b| score(*a).total_cmp(&score(*b)));
        add(&mut hard, &mut taken, missed, format!("Missed: “{yes}” that looked like “{no}”"));
        let sure = group(&yes, Some(&no)).into_iter().max_by(|a, b| score(*a).total_cmp(&score(*b)));
        add(&mut hard, &mut taken, sure, format!("Sure of “{yes}”, and wrong"));
    } else {
        add(&mut typical, &mut taken, middle(group(&yes, None), score), format!("A typical “{yes}”"));
        add(&mut typical, &mut taken, middle(group(&no, None), score), format!("A typical “{no}”"));
    }
    let close = (0..source.rows.len()).min_by(|a, b| (score(*a) - 0.5).abs().total_cmp(&(score(*b) - 0.5).abs()));
    add(&mut hard, &mut taken, close, "A close call");
    let gap = (0..source.rows.len())
        .find(|row| source.rows[*row].iter().any(|value| matches!(value, Value::Missing)) && !taken.contains(row));
    if hard.len() < 3 {
        add(&mut hard, &mut taken, gap, "Something was missing");
    }
    (typical, hard)
}

fn multiclass(source: &Source) -> (Chosen, Chosen) {
    let score = |row: usize| source.score_of(row);
    let of = |right: bool| -> Vec<usize> { (0..source.rows.len()).filter(|row| source.right(*row) == Some(right)).collect() };
    let (mut typical, mut hard, mut taken) = (Vec::new(), Vec::new(), Vec::new());
    let mut rights = of(true);
    rights.sort_by(|a, b| score(*a).total_cmp(&score(*b)));
    for share in [0.25, 0.5, 0.75] {
        let row = rights.get((rights.len() as f64 * share) as usize).copied();
        add(
            &mut typical,
            &mut taken,
            row,
            row.map_or(String::new(), |row| format!("Predicted “{}”, and it was", source.answers[row].label.text())),
        );
    }
    let wrongs = of(false);
    let said = |row: Option<usize>| {
        row.map_or(String::new(), |row| {
            format!("“{}”, and it was “{}”", source.answers[row].label.text(), source.truth[row].clone().unwrap_or_default())
        })
    };
    let sure = wrongs.iter().copied().max_by(|a, b| score(*a).total_cmp(&score(*b)));
    add(&mut hard, &mut taken, sure, format!("Sure of {}", said(sure)));
    let unsure = wrongs.iter().copied().min_by(|a, b| score(*a).total_cmp(&score(*b)));
    add(&mut hard, &mut taken, unsure, format!("Unsure between several, said {}", said(unsure)));
    let close = rights.first().copied();
    add(&mut hard, &mut taken, close, "Right, but only just");
    (typical, hard)
}

fn regression(source: &Source) -> (Chosen, Chosen) {
    let (mut typical, mut hard, mut taken) = (Vec::new(), Vec::new(), Vec::new());
    let mut by_score: Vec<usize> = (0..source.rows.len()).collect();
    by_score.sort_by(|a, b| source.score_of(*a).total_cmp(&source.score_of(*b)));
    for (share, title) in [(0.1, "A low prediction"), (0.5, "A prediction in the middle"), (0.9, "A high prediction")] {
        let around = (by_score.len() as f64 * share) as usize;
        let near = by_score.iter().skip(around.saturating_sub(10)).take(21).copied();
        let row = near
            .min_by(|a, b| source.error(*a).map_or(f64::MAX, f64::abs).total_cmp(&source.error(*b).map_or(f64::MAX, f64::abs)));
        add(&mut typical, &mut taken, row, title);
    }
    let errors = || (0..source.rows.len()).filter_map(|row| Some((row, source.error(row)?)));
    add(&mut hard, &mut taken, errors().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(row, _)| row), "Far too high");
    add(&mut hard, &mut taken, errors().min_by(|a, b| a.1.total_cmp(&b.1)).map(|(row, _)| row), "Far too low");
    (typical, hard)
}

/// A row of the data, told.
pub fn told(source: &Source, row: usize, title: String) -> Outcome<Case> {
    tell(source, &source.rows[row], title, source.truth[row].clone(), row as u64)
}

/// Any record, told: the reasons, what would have changed it, the record without what names a person.
pub fn tell(source: &Source, record: &Record, title: String, actual: Option<String>, seed: u64) -> Outcome<Case> {
    let contract = source.contract();
    let answers = super::source::answer(&source.served, std::slice::from_ref(record))?;
    let Some(one) = answers.first() else { return Err(contract::Problem::internal("The version gave no answer.")) };
    let target = source.target(one);
    let parts = attribute(source, record, target, seed)?;
    let mut order: Vec<usize> = (0..record.len()).collect();
    order.sort_by(|a, b| parts.contributions[*b].abs().total_cmp(&parts.contributions[*a].abs()));
    let mut reasons: Vec<Reason> = order
        .iter()
        .take(NAMED)
        .map(|feature| {
            let spec = &contract.features[*feature];
            let value = if spec.pii == Pii::Direct { "(left out)".into() } else { value_words(&record[*feature]) };
            Reason {
                feature: Some(spec.name.clone()),
                text: format!("{}: {value}", capital(&label(spec))),
                contribution: parts.contributions[*feature],
            }
        })
        .collect();
    let named: f64 = reasons.iter().map(|reason| reason.contribution).sum();
    reasons.push(Reason { feature: None, text: "Everything else".into(), contribution: parts.score - parts.base - named });
    Ok(Case {
        title,
        story: story(source, record, &order, &parts.contributions, parts.score, &one.label.text()),
        score: parts.score,
        predicted: one.label.text(),
        actual,
        base: parts.base,
        reasons,
        counterfactual: counterfactual(source, record, &order)?,
        record: shown(source, record),
    })
}

/// The facts that mattered, in two sentences.
fn story(source: &Source, record: &Record, order: &[usize], contributions: &[f64], score: f64, predicted: &str) -> String {
    let contract = source.contract();
    let fact = |feature: &usize| {
        let spec = &contract.features[*feature];
        let by = if contract.task == Task::Regression {
            signed(contributions[*feature], 1)
        } else {
            format!("{} points", signed(contributions[*feature] * 100.0, 0))
        };
        format!("{} {} ({by})", label(spec), value_words(&record[*feature]))
    };
    let visible = |feature: &&usize| contract.features[**feature].pii != Pii::Direct;
    let facts: Vec<String> = order.iter().filter(visible).take(3).map(fact).collect();
    let said = if contract.task == Task::Regression {
        format!("predicted {}", score_words(contract, score))
    } else {
        format!("score {}, answered “{predicted}”", score_words(contract, score))
    };
    format!("What mattered most: {}. {}.", listed(&facts), capital(&said))
}

/// The record as it was, without what names a person.
fn shown(source: &Source, record: &Record) -> serde_json::Value {
    let visible = source.contract().features.iter().zip(record).filter(|(spec, _)| spec.pii != Pii::Direct);
    let json = |value: &Value| match value {
        Value::Num(x) => serde_json::json!(x),
        Value::Text(text) => serde_json::json!(text),
        Value::Missing => serde_json::Value::Null,
    };
    serde_json::Value::Object(visible.map(|(spec, value)| (spec.name.clone(), json(value))).collect())
}
