//! Whether held-back rows were in the reference data: then accuracy on them says nothing about what is new.

use super::Line;
use crate::datasets::Table;
use crate::gates::policy::{self, LEAKED_ROWS};
use crate::gates::subject::Subject;
use crate::words;
use ::contract::Contract;
use ::contract::views::gates::GateLine;
use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

/// Rows are the same when every feature and the label are.
pub fn leakage(contract: &Contract, subject: &Subject, reference: Option<&Table>) -> GateLine {
    let line = |judged| {
        Line::new("leakage", "Leakage", "Held-back rows that are also in the reference data", judged)
            .needed(format!("≤ {}", words::percent(LEAKED_ROWS)))
    };
    let Some(reference) = reference else {
        return line(policy::Judged::INSUFFICIENT).evidence("There is no reference data to compare with.").done();
    };
    let names: Vec<&str> =
        contract.features.iter().map(|feature| feature.name.as_str()).chain(contract.label_column.as_deref()).collect();
    let known: HashSet<u64> = (0..reference.rows).map(|row| fingerprint(reference, &names, row)).collect();
    let (n, again) = (
        subject.rows() as u64,
        (0..subject.rows()).filter(|row| known.contains(&fingerprint(&subject.table, &names, *row))).count() as u64,
    );
    let judged = if n == 0 { policy::Judged::INSUFFICIENT } else { policy::at_most(again as f64 / n as f64, LEAKED_ROWS) };
    line(judged)
        .value(format!("{} of {}", words::count(again), words::count(n)))
        .evidence(format!(
            "Every feature and the label were compared with {}.",
            words::counted(reference.rows as u64, "reference row")
        ))
        .done()
}

fn fingerprint(table: &Table, names: &[&str], row: usize) -> u64 {
    let mut hasher = DefaultHasher::new();
    for name in names {
        table.column(name).and_then(|column| column.text(row)).hash(&mut hasher);
    }
    hasher.finish()
}
