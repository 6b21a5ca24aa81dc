//! What each column of a table holds, in numbers.

use super::{Column, Table, Values};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Distinct values beyond this are only known to be more.
const DISTINCT: usize = 10_000;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnProfile {
    pub name: String,
    /// All values that are there are numbers.
    pub numeric: bool,
    /// All of them whole.
    pub whole: bool,
    pub rows: u64,
    pub missing: u64,
    /// At most 10,000, which then means "or more".
    pub distinct: u64,
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub mean: Option<f64>,
    /// The most frequent values, at most fifty, most frequent first; ties in alphabetical order. Empty when there are more than 10,000.
    pub frequent: Vec<(String, u64)>,
}

impl ColumnProfile {
    /// Share of rows without a value, 0 without rows.
    pub fn missing_rate(&self) -> f64 {
        if self.rows == 0 { 0.0 } else { self.missing as f64 / self.rows as f64 }
    }
}

/// One profile per column, in order.
pub fn profile(table: &Table) -> Vec<ColumnProfile> {
    table.columns.iter().map(column).collect()
}

fn column(column: &Column) -> ColumnProfile {
    let rows = column.len();
    let missing = (0..rows).filter(|row| column.is_missing(*row)).count();
    let numbers: Vec<f64> = match &column.values {
        Values::Numbers(values) => values.iter().copied().filter(|value| !value.is_nan()).collect(),
        Values::Texts(_) => Vec::new(),
    };
    let numeric = matches!(column.values, Values::Numbers(_)) && !numbers.is_empty();
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for text in (0..rows).filter_map(|row| column.text(row)) {
        *counts.entry(text).or_default() += 1;
        if counts.len() > DISTINCT {
            break;
        }
    }
    let distinct = counts.len().min(DISTINCT);
    let mut frequent: Vec<(String, u64)> = if counts.len() > DISTINCT { Vec::new() } else { counts.into_iter().collect() };
    frequent.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    frequent.truncate(50);
    ColumnProfile {
        name: column.name.clone(),
        numeric,
        whole: numeric && numbers.iter().all(|value| value.fract() == 0.0),
        rows: rows as u64,
        missing: missing as u64,
        distinct: distinct as u64,
        min: numbers.iter().copied().reduce(f64::min),
        max: numbers.iter().copied().reduce(f64::max),
        mean: (!numbers.is_empty()).then(|| numbers.iter().map(|value| value / numbers.len() as f64).sum()),
        frequent,
    }
}
