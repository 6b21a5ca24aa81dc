//! A data file in memory, column by column.

use contract::spec::{Contract, FeatureKind};
use serving::records::Value;
use stats::bins::Cell;

/// Columns of equal length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    pub columns: Vec<Column>,
    pub rows: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub name: String,
    pub values: Values,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Missing values are NaN.
    Numbers(Vec<f64>),
    Texts(Vec<Option<String>>),
}

impl Table {
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// The table with these rows only, in this order. Rows past the end are left out.
    pub fn only(&self, rows: &[usize]) -> Table {
        let columns = self.columns.iter().map(|column| Column {
            name: column.name.clone(),
            values: match &column.values {
                Values::Numbers(values) => Values::Numbers(rows.iter().filter_map(|row| values.get(*row).copied()).collect()),
                Values::Texts(values) => Values::Texts(rows.iter().filter_map(|row| values.get(*row).cloned()).collect()),
            },
        });
        Table { columns: columns.collect(), rows: rows.iter().filter(|row| **row < self.rows).count() }
    }

    /// Every row as the model's record, features in the contract's order. A column that is not there is missing in every row.
    pub fn records(&self, contract: &Contract) -> Vec<Vec<Value>> {
        let columns: Vec<(Option<&Column>, FeatureKind)> =
            contract.features.iter().map(|f| (self.column(&f.name), f.kind)).collect();
        (0..self.rows)
            .map(|row| columns.iter().map(|(column, kind)| column.map_or(Value::Missing, |c| c.value(row, *kind))).collect())
            .collect()
    }
}

impl Column {
    pub fn len(&self) -> usize {
        match &self.values {
            Values::Numbers(values) => values.len(),
            Values::Texts(values) => values.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn is_missing(&self, row: usize) -> bool {
        match &self.values {
            Values::Numbers(values) => values.get(row).is_none_or(|value| value.is_nan()),
            Values::Texts(values) => values.get(row).is_none_or(Option::is_none),
        }
    }

    /// The number in this row; `None` where it is missing or is text.
    pub fn number(&self, row: usize) -> Option<f64> {
        match &self.values {
            Values::Numbers(values) => values.get(row).copied().filter(|value| !value.is_nan()),
            Values::Texts(values) => values.get(row)?.as_ref()?.trim().parse().ok(),
        }
    }

    /// The value in this row as text, whole numbers without a point; `None` where it is missing.
    pub fn text(&self, row: usize) -> Option<String> {
        match &self.values {
            Values::Numbers(values) => {
                values.get(row).filter(|value| !value.is_nan()).map(|value| serving::tensor::number_text(*value))
            }
            Values::Texts(values) => values.get(row)?.clone(),
        }
    }

    /// The value as statistics count it.
    pub fn cell(&self, row: usize) -> Cell<'_> {
        match &self.values {
            Values::Numbers(values) => {
                values.get(row).map_or(Cell::Missing, |value| if value.is_nan() { Cell::Missing } else { Cell::Number(*value) })
            }
            Values::Texts(values) => values.get(row).and_then(Option::as_deref).map_or(Cell::Missing, Cell::Text),
        }
    }

    /// The value as a feature of this kind.
    pub fn value(&self, row: usize, kind: FeatureKind) -> Value {
        match kind {
            FeatureKind::Number | FeatureKind::Integer => self.number(row).map_or(Value::Missing, Value::Num),
            FeatureKind::Category | FeatureKind::Text => self.text(row).map_or(Value::Missing, Value::Text),
            FeatureKind::Boolean => self.boolean(row).map_or(Value::Missing, |yes| Value::Num(f64::from(u8::from(yes)))),
        }
    }

    /// `true`, `false`, `yes`, `no`, `1`, `0` in any case.
    pub(super) fn boolean(&self, row: usize) -> Option<bool> {
        match &self.values {
            Values::Numbers(values) => values.get(row).filter(|value| !value.is_nan()).map(|value| *value != 0.0),
            Values::Texts(values) => match values.get(row)?.as_deref()?.trim().to_ascii_lowercase().as_str() {
                "true" | "yes" | "1" => Some(true),
                "false" | "no" | "0" => Some(false),
                _ => None,
            },
        }
    }
}
