//! Whether the positive class is found, and given, alike across the groups of each sensitive feature.

use super::Line;
use crate::gates::flips::of_feature;
use crate::gates::measure::Estimate;
use crate::gates::policy::{self, GROUP_GAP, MIN_GROUP};
use crate::gates::subject::{Answers, Subject};
use crate::words;
use ::contract::Contract;
use ::contract::spec::Pii;
use ::contract::views::common::Table;
use ::contract::views::gates::GateLine;
use stats::evidence::wilson;

/// One line per sensitive feature: the largest difference in recall between two groups. None for models without a positive class.
pub fn fairness(contract: &Contract, subject: &Subject, candidate: &Answers) -> Vec<GateLine> {
    let Some(positive) = &contract.positive else { return Vec::new() };
    let sensitive = contract.features.iter().filter(|feature| feature.pii == Pii::Sensitive);
    sensitive.map(|feature| one(&feature.name, positive, subject, candidate)).collect()
}

struct Group {
    name: String,
    rows: u64,
    real: u64,
    flagged: u64,
    recall: Option<Estimate>,
}

fn one(feature: &str, positive: &str, subject: &Subject, candidate: &Answers) -> GateLine {
    let groups: Vec<Group> = of_feature(&subject.table, feature)
        .into_iter()
        .map(|(_, name, rows)| {
            let said = |row: &&usize| candidate.label(**row) == Some(positive);
            let real: Vec<usize> = rows.iter().copied().filter(|row| subject.truth.is_positive(*row)).collect();
            let hits = real.iter().filter(said).count() as u64;
            let recall = wilson(hits, real.len() as u64, 0.95).filter(|_| real.len() as u64 >= MIN_GROUP);
            Group {
                name,
                rows: rows.len() as u64,
                real: real.len() as u64,
                flagged: rows.iter().filter(said).count() as u64,
                recall: recall.map(Estimate::from),
            }
        })
        .collect();
    let judged: Vec<(&Group, Estimate)> = groups.iter().filter_map(|group| Some((group, group.recall?))).collect();
    let gap = |a: &Estimate, b: &Estimate| {
        // Newcombe 1998, method 10, from the two Wilson intervals.
        let value = a.value - b.value;
        let low = value - ((a.value - a.low).powi(2) + (b.high - b.value).powi(2)).sqrt();
        let high = value + ((a.high - a.value).powi(2) + (b.value - b.low).powi(2)).sqrt();
        Estimate { value, low, high, n: 0 }
    };
    let pairs = judged.iter().flat_map(|(a, x)| judged.iter().map(move |(b, y)| (a, b, x, y)));
    let largest = pairs
        .map(|(a, b, x, y)| (gap(x, y), a.name.as_str(), b.name.as_str()))
        .filter(|(_, a, b)| a != b)
        .max_by(|a, b| a.0.value.total_cmp(&b.0.value));
    let mut table = Table::new(format!("“{positive}” by {feature}"), &["Group", "#Rows", "#Given", "#Real", "#Found"]);
    table.rows = groups
        .iter()
        .map(|g| {
            let given = if g.rows == 0 { "–".into() } else { words::percent(g.flagged as f64 / g.rows as f64) };
            vec![
                g.name.clone(),
                words::count(g.rows),
                given,
                words::count(g.real),
                g.recall.map_or("–".into(), |r| words::percent(r.value)),
            ]
        })
        .collect();
    let key = format!("fairness:{feature}");
    let line = Line::new(
        &key,
        &format!("Fairness, {feature}"),
        format!("Largest difference between groups in “{positive}” found"),
        policy::not_beyond(largest.as_ref().map(|l| &l.0), GROUP_GAP),
    )
    .needed(format!("≤ {} points", words::number(GROUP_GAP * 100.0)))
    .detail(table);
    match largest {
        Some((gap, a, b)) => line
            .value(format!("{} points", words::signed(gap.value * 100.0, 1).trim_start_matches('+')))
            .interval(format!("{} to {}", words::signed(gap.low * 100.0, 1), words::signed(gap.high * 100.0, 1)))
            .evidence(format!("More is found among {a} than among {b}."))
            .done(),
        None => line.evidence(format!("Fewer than two groups have {MIN_GROUP} rows that are really “{positive}”.")).done(),
    }
}
