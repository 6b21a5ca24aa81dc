//! Some thousand rows, column by column.

use super::csv::Csv;
use super::dictionary::Dictionary;
use super::values::{is_missing, is_no_number, number, plain, short_number, since_1970, time};
use contract::Millis;

/// Rows of a batch.
pub const ROWS: usize = 4_096;
/// The code, and the time, of a missing value.
pub const NONE: u32 = u32::MAX;

/// A missing value among numbers that stands for a text: a NaN of its own.
pub fn strange() -> f64 {
    f64::from_bits(STRANGE)
}

/// Whether a value is [`strange`].
pub fn is_strange(value: f64) -> bool {
    value.to_bits() == STRANGE
}

const STRANGE: u64 = 0x7ff8_0000_0000_5117;

/// How the values of a column are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    Number,
    Code,
    Time,
    /// A column that was only taken for one of times: what is none is missing.
    TimeIfAny,
}

/// The values of one column.
#[derive(Debug)]
pub enum Column {
    /// Missing values are NaN; texts that are no numbers are [`strange`].
    Numbers(Vec<f64>),
    /// Positions in the column's dictionary, [`NONE`] where missing.
    Codes(Vec<u32>),
    /// Milliseconds since 1970 UTC; `None` where missing. A text that is no time ends the reading if the flag is set.
    Times(Vec<Option<Millis>>, bool),
}

/// Columns that are wanted, in the order in which they were asked for.
#[derive(Debug)]
pub struct Batch {
    pub rows: usize,
    pub columns: Vec<Column>,
}

impl Batch {
    pub fn new(wanted: &[Wanted]) -> Self {
        let column = |wanted: &Wanted| match wanted {
            Wanted::Number => Column::Numbers(Vec::with_capacity(ROWS)),
            Wanted::Code => Column::Codes(Vec::with_capacity(ROWS)),
            Wanted::Time | Wanted::TimeIfAny => Column::Times(Vec::with_capacity(ROWS), *wanted == Wanted::Time),
        };
        Self { rows: 0, columns: wanted.iter().map(column).collect() }
    }

    pub fn clear(&mut self) {
        self.rows = 0;
        for column in &mut self.columns {
            match column {
                Column::Numbers(values) => values.clear(),
                Column::Codes(codes) => codes.clear(),
                Column::Times(times, _) => times.clear(),
            }
        }
    }

    /// Adds the rows of another batch of the same columns, which is empty afterwards.
    pub fn append(&mut self, other: &mut Self) {
        self.rows += other.rows;
        for (mine, theirs) in self.columns.iter_mut().zip(&mut other.columns) {
            match (mine, theirs) {
                (Column::Numbers(values), Column::Numbers(more)) => values.append(more),
                (Column::Codes(codes), Column::Codes(more)) => codes.append(more),
                (Column::Times(times, _), Column::Times(more, _)) => times.append(more),
                _ => {}
            }
        }
        other.clear();
    }

    pub fn numbers(&self, column: usize) -> &[f64] {
        match self.columns.get(column) {
            Some(Column::Numbers(values)) => values,
            _ => &[],
        }
    }

    pub fn codes(&self, column: usize) -> &[u32] {
        match self.columns.get(column) {
            Some(Column::Codes(codes)) => codes,
            _ => &[],
        }
    }

    pub fn times(&self, column: usize) -> &[Option<Millis>] {
        match self.columns.get(column) {
            Some(Column::Times(times, _)) => times,
            _ => &[],
        }
    }
}

impl Column {
    /// Adds a value as it stands in a text file.
    pub fn push_text(&mut self, text: &[u8], dictionary: &mut Dictionary) -> Result<(), String> {
        match self {
            Self::Numbers(values) => {
                values.push(number(text).unwrap_or_else(|| if is_no_number(text) { f64::NAN } else { strange() }));
            }
            Self::Codes(codes) => codes.push(if text.is_empty() { NONE } else { dictionary.code(plain(text)) }),
            Self::Times(times, is_strict) => {
                let found = if is_missing(text) { None } else { time(text) };
                if found.is_none() && *is_strict && !is_missing(text) {
                    return Err(format!("“{}” is no time: RFC 3339 or epoch milliseconds", String::from_utf8_lossy(text)));
                }
                times.push(found);
            }
        }
        Ok(())
    }

    /// Adds one field of all plain records of a text file, as [`Self::push_text`] of each; `Err` with the record that has none.
    pub fn push_column(&mut self, csv: &Csv, field: usize, dictionary: &mut Dictionary) -> Result<(), (usize, String)> {
        let buffer = csv.buffer();
        match self {
            Self::Numbers(values) => values.extend(csv.column(field).map(|(from, to)| {
                short_number(buffer, from, to).unwrap_or_else(|| {
                    let text = csv.field((from, to));
                    number(text).unwrap_or_else(|| if is_no_number(text) { f64::NAN } else { strange() })
                })
            })),
            Self::Codes(codes) => codes.extend(csv.column(field).map(|(from, to)| dictionary.code_in(buffer, from, to))),
            Self::Times(..) => {
                for (row, range) in csv.column(field).enumerate() {
                    self.push_text(csv.field(range), dictionary).map_err(|why| (row, why))?;
                }
            }
        }
        Ok(())
    }

    /// Adds a number.
    pub fn push_number(&mut self, value: f64, dictionary: &mut Dictionary) {
        match self {
            Self::Numbers(values) => values.push(if value.is_finite() { value } else { f64::NAN }),
            Self::Codes(codes) if value.is_nan() => codes.push(NONE),
            Self::Codes(codes) => codes.push(dictionary.code(serving::tensor::number_text(value).as_bytes())),
            Self::Times(times, _) => times.push((!value.is_nan()).then(|| since_1970(value))),
        }
    }

    pub fn push_missing(&mut self) {
        match self {
            Self::Numbers(values) => values.push(f64::NAN),
            Self::Codes(codes) => codes.push(NONE),
            Self::Times(times, _) => times.push(None),
        }
    }
}
