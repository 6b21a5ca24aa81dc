//! Reading CSV in two passes: the first finds out what each column holds, the second keeps it.

use super::parse::{check_names, check_size};
use super::{Column, Table, Values};
use ::csv::{ByteRecord, ErrorKind, Reader, ReaderBuilder};

/// Words that mean "missing" among numbers. Among texts only the empty one does: “None” may be a category.
const MISSING: [&str; 8] = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"];

pub fn read(bytes: &[u8]) -> Result<Table, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let delimiter = delimiter(bytes);
    let mut reader = reader(bytes, delimiter);
    let head = reader.headers().map_err(|error| words(&error))?;
    let names: Vec<String> = head.iter().map(|name| name.trim().to_owned()).collect();
    check_size(0, names.len())?;
    check_names(&names)?;

    let (mut rows, mut numeric) = (0usize, vec![true; names.len()]);
    each(&mut reader, |_, record| {
        rows += 1;
        if rows % 4_096 == 0 {
            check_size(rows, names.len())?;
        }
        for (is, text) in numeric.iter_mut().zip(record) {
            *is = *is && (is_missing(text) || number(text).is_some());
        }
        Ok(())
    })?;
    check_size(rows, names.len())?;
    if rows == 0 {
        return Err("The file has a head and no rows.".into());
    }

    let mut columns: Vec<Column> =
        names.into_iter().zip(&numeric).map(|(name, &numeric)| Column { name, values: empty(numeric, rows) }).collect();
    let mut reader = self::reader(bytes, delimiter);
    each(&mut reader, |line, record| {
        for (column, text) in columns.iter_mut().zip(record) {
            if text.len() > 65_536 {
                return Err(format!("Line {line}, column “{}”: a value of more than 64 KiB.", column.name));
            }
            match &mut column.values {
                Values::Numbers(values) => values.push(number(text).unwrap_or(f64::NAN)),
                Values::Texts(values) => values.push((!text.is_empty()).then(|| (*text).to_owned())),
            }
        }
        Ok(())
    })?;
    Ok(Table { columns, rows })
}

fn empty(numeric: bool, rows: usize) -> Values {
    if numeric { Values::Numbers(Vec::with_capacity(rows)) } else { Values::Texts(Vec::with_capacity(rows)) }
}

fn reader(bytes: &[u8], delimiter: u8) -> Reader<&[u8]> {
    ReaderBuilder::new().delimiter(delimiter).trim(::csv::Trim::All).from_reader(bytes)
}

/// What separates the names in the first line: a comma, or else a semicolon or a tab if there are any.
fn delimiter(bytes: &[u8]) -> u8 {
    let head = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    [b',', b';', b'\t'].into_iter().find(|d| head.contains(d)).unwrap_or(b',')
}

/// Calls `row` with the line number and the texts of every row.
fn each(reader: &mut Reader<&[u8]>, mut row: impl FnMut(u64, &[&str]) -> Result<(), String>) -> Result<(), String> {
    let mut record = ByteRecord::new();
    loop {
        let more = reader.read_byte_record(&mut record).map_err(|error| words(&error))?;
        if !more {
            return Ok(());
        }
        let line = record.position().map_or(0, ::csv::Position::line);
        let texts: Result<Vec<&str>, String> = record
            .iter()
            .enumerate()
            .map(|(i, text)| {
                std::str::from_utf8(text).map_err(|_| format!("Line {line}, column {}: the text is not UTF-8.", i + 1))
            })
            .collect();
        row(line, &texts?)?;
    }
}

fn words(error: &::csv::Error) -> String {
    match error.kind() {
        ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let line = pos.as_ref().map_or(0, ::csv::Position::line);
            format!("Line {line} has {len} values, and the first line names {expected_len} columns.")
        }
        ErrorKind::Utf8 { pos, .. } => {
            format!("Line {}: the text is not UTF-8. Save the file as UTF-8.", pos.as_ref().map_or(0, ::csv::Position::line))
        }
        _ => format!("The file cannot be read as CSV: {error}."),
    }
}

fn is_missing(text: &str) -> bool {
    MISSING.contains(&text)
}

/// The finite number that a text is. “007” is none: it is a code, and would lose its zeros.
fn number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    if digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit() {
        return None;
    }
    text.parse().ok().filter(|number: &f64| number.is_finite())
}
