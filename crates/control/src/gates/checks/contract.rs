//! Whether the held-back rows fit the data contract.

use super::Line;
use crate::gates::policy::{self, FITTING_ROWS};
use crate::gates::subject::Subject;
use crate::words;
use ::contract::Contract;
use ::contract::views::common::Table;
use ::contract::views::gates::GateLine;
use serving::Value;
use serving::records::{ViolationKind, violations};
use std::collections::{BTreeMap, BTreeSet};

/// Types, categories and missing values must fit; values outside the reference's range are counted, because a few always are.
pub fn fits(contract: &Contract, subject: &Subject) -> GateLine {
    let columns: Vec<Vec<Value>> =
        (0..contract.features.len()).map(|at| subject.records.iter().map(|row| row[at].clone()).collect()).collect();
    let mut rows = BTreeSet::new();
    let mut outside = BTreeSet::new();
    let mut by_feature: BTreeMap<(String, &str), (u64, String)> = BTreeMap::new();
    for found in violations(contract, &columns) {
        let kind = match found.kind {
            ViolationKind::Type => "another type",
            ViolationKind::Missing => "missing",
            ViolationKind::Category => "unknown category",
            ViolationKind::Range => "outside the range",
        };
        if found.kind == ViolationKind::Range {
            outside.insert(found.row)
        } else {
            rows.insert(found.row)
        };
        let entry = by_feature.entry((found.feature, kind)).or_insert_with(|| (0, found.value.clone()));
        entry.0 += 1;
    }
    let n = subject.rows() as u64;
    let good = n - rows.len() as u64;
    let share = if n == 0 { 0.0 } else { good as f64 / n as f64 };
    let judged = if n == 0 { policy::Judged::INSUFFICIENT } else { policy::at_most(1.0 - share, 1.0 - FITTING_ROWS) };
    let mut table = Table::new("Values that the contract does not expect", &["Feature", "What", "#Rows", "Example"]);
    table.rows = by_feature
        .into_iter()
        .map(|((feature, kind), (rows, example))| vec![feature, kind.into(), words::count(rows), example])
        .collect();
    Line::new("contract", "Data contract", "Held-back rows that fit in types, categories and missing values", judged)
        .value(format!("{} of {}", words::count(good), words::count(n)))
        .needed(format!("≥ {}", words::percent(FITTING_ROWS)))
        .evidence(match outside.len() {
            0 => "No value lies outside the range of the reference data.".to_owned(),
            n => format!(
                "{} with a value outside the range of the reference data, which is counted and not refused.",
                words::counted(n as u64, "row")
            ),
        })
        .detail(table)
        .done()
}
