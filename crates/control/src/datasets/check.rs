//! Whether a table keeps a contract: every feature there, of its type, within range and categories, missing only where it may be.

use super::{Column, Table};
use contract::{Contract, Feature, FeatureKind};
use serde::Serialize;
use std::collections::BTreeMap;

/// New categories that are named.
const NAMED: usize = 5;

/// What one feature of the contract breaks, in rows; all 0 when it breaks nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Kept {
    pub feature: String,
    /// The table has no such column.
    pub absent: bool,
    pub rows: u64,
    /// Rows without a value although the contract does not allow it.
    pub missing: u64,
    /// Values of another type than the contract's.
    pub wrong_type: u64,
    pub below_min: u64,
    pub above_max: u64,
    /// Values that are no category of the contract, and the first of them by name.
    pub unknown: u64,
    pub unknown_names: Vec<String>,
}

impl Kept {
    /// Whether it breaks nothing.
    pub fn is_kept(&self) -> bool {
        !self.absent && self.missing + self.wrong_type + self.below_min + self.above_max + self.unknown == 0
    }
}

/// One entry per feature of the contract, in its order. Columns that the contract does not name are left alone.
pub fn check(table: &Table, contract: &Contract) -> Vec<Kept> {
    let of = |feature: &Feature| match table.column(&feature.name) {
        Some(column) => checked(feature, column),
        None => Kept { feature: feature.name.clone(), absent: true, ..Kept::default() },
    };
    contract.features.iter().map(of).collect()
}

fn checked(feature: &Feature, column: &Column) -> Kept {
    let mut kept = Kept { feature: feature.name.clone(), rows: column.len() as u64, ..Kept::default() };
    let mut unknown: BTreeMap<String, ()> = BTreeMap::new();
    for row in 0..column.len() {
        if column.is_missing(row) {
            kept.missing += u64::from(!feature.nullable);
            continue;
        }
        match feature.kind {
            FeatureKind::Number | FeatureKind::Integer => match column.number(row) {
                Some(x) if feature.kind == FeatureKind::Integer && x.fract() != 0.0 => kept.wrong_type += 1,
                Some(x) => {
                    kept.below_min += u64::from(feature.min.is_some_and(|min| x < min));
                    kept.above_max += u64::from(feature.max.is_some_and(|max| x > max));
                }
                None => kept.wrong_type += 1,
            },
            FeatureKind::Category => {
                let (Some(categories), Some(text)) = (&feature.categories, column.text(row)) else { continue };
                if !categories.contains(&text) {
                    kept.unknown += 1;
                    unknown.insert(text, ());
                    if unknown.len() > NAMED {
                        unknown.pop_last();
                    }
                }
            }
            FeatureKind::Boolean => kept.wrong_type += u64::from(column.boolean(row).is_none()),
            FeatureKind::Text => {}
        }
    }
    kept.unknown_names = unknown.into_keys().collect();
    kept
}
