//! Whom it hurts: how decisions change from champion to candidate, by group, on the same rows.

use super::measure::{Metric, estimate, improvement};
use super::policy::MIN_GROUP;
use super::subject::{Answers, Subject};
use crate::datasets::Table;
use contract::Contract;
use contract::spec::Pii;
use contract::verdict::State;
use contract::views::approvals::FlipLine;
use std::collections::BTreeMap;

/// Values of a segment that are listed; a feature with more is cut into quarters, or left out where it is text.
const GROUPS: usize = 12;

/// Rows of each group of the declared segments and the sensitive features: `(segment, group, rows)`.
pub fn groups(contract: &Contract, table: &Table) -> Vec<(String, String, Vec<usize>)> {
    let sensitive = contract.features.iter().filter(|feature| feature.pii == Pii::Sensitive).map(|feature| &feature.name);
    let mut names: Vec<&String> = contract.segments.iter().collect();
    names.extend(sensitive.filter(|name| !contract.segments.contains(name)));
    names.into_iter().flat_map(|name| of_feature(table, name)).collect()
}

/// Rows by the values of one column, or by quarters of its range of values.
pub fn of_feature(table: &Table, name: &str) -> Vec<(String, String, Vec<usize>)> {
    let Some(column) = table.column(name) else { return Vec::new() };
    let mut by_value: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for row in 0..table.rows {
        by_value.entry(column.text(row).unwrap_or_else(|| "missing".into())).or_default().push(row);
        if by_value.len() > GROUPS {
            return quarters(table, name);
        }
    }
    by_value.into_iter().map(|(value, rows)| (name.to_owned(), value, rows)).collect()
}

fn quarters(table: &Table, name: &str) -> Vec<(String, String, Vec<usize>)> {
    let Some(column) = table.column(name) else { return Vec::new() };
    let mut values: Vec<f64> = (0..table.rows).filter_map(|row| column.number(row)).collect();
    if values.is_empty() {
        return Vec::new();
    }
    values.sort_by(f64::total_cmp);
    let mut cuts: Vec<f64> = [1, 2, 3].iter().map(|n| values[values.len() * n / 4]).collect();
    cuts.dedup();
    let quarter = |value: f64| cuts.iter().filter(|cut| value >= **cut).count();
    let mut groups: Vec<Vec<usize>> = vec![Vec::new(); cuts.len() + 1];
    for row in 0..table.rows {
        if let Some(value) = column.number(row) {
            groups[quarter(value)].push(row);
        }
    }
    let words = |n: usize| match (n.checked_sub(1).map(|n| cuts[n]), cuts.get(n)) {
        (None, Some(to)) => format!("below {}", crate::words::bound(*to)),
        (Some(from), Some(to)) => format!("{} to {}", crate::words::bound(from), crate::words::bound(*to)),
        (Some(from), None) => format!("{} or more", crate::words::bound(from)),
        (None, None) => "all".into(),
    };
    groups
        .into_iter()
        .enumerate()
        .filter(|(_, rows)| !rows.is_empty())
        .map(|(n, rows)| (name.to_owned(), words(n), rows))
        .collect()
}

/// One line per group, and one for all rows at the end.
pub fn lines(
    metric: Metric,
    contract: &Contract,
    subject: &Subject,
    candidate: &Answers,
    champion: &Answers,
    seed: u64,
) -> Vec<FlipLine> {
    let metric = metric.in_groups();
    let all: Vec<usize> = (0..subject.rows()).collect();
    let groups = groups(contract, &subject.table).into_iter().chain(std::iter::once((String::new(), "All".to_owned(), all)));
    groups
        .map(|(segment, group, rows)| {
            let n = rows.len() as u64;
            let (mut newly, mut no_longer, mut other) = (0, 0, 0);
            for row in &rows {
                let yes = |answers: &Answers| contract.positive.is_some() && answers.label(*row) == contract.positive.as_deref();
                match (yes(candidate), yes(champion)) {
                    (true, false) => newly += 1,
                    (false, true) => no_longer += 1,
                    _ if candidate.label(*row) != champion.label(*row) => other += 1,
                    _ => {}
                }
            }
            let difference = improvement(metric, &subject.truth, candidate, champion, Some(&rows), seed);
            let state = match &difference {
                _ if n < MIN_GROUP => State::Unknown,
                Some(d) if d.high < 0.0 => State::Bad,
                Some(_) => State::Ok,
                None => State::Unknown,
            };
            FlipLine {
                segment,
                group,
                n,
                newly,
                no_longer,
                changed: if n == 0 { 0.0 } else { (newly + no_longer + other) as f64 / n as f64 },
                champion: estimate(metric, &subject.truth, champion, Some(&rows)).map(|e| e.value),
                candidate: estimate(metric, &subject.truth, candidate, Some(&rows)).map(|e| e.value),
                difference: difference.map(|d| d.value),
                low: difference.map(|d| d.low).filter(|x| x.is_finite()),
                high: difference.map(|d| d.high).filter(|x| x.is_finite()),
                state,
            }
        })
        .collect()
}
