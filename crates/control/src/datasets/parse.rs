//! From the bytes of a file to a table: which format it is, and what is too much.

use super::{Table, csv, parquet};
use bytes::Bytes;
use std::io::Read;

/// A file as somebody sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    pub file_name: String,
    pub bytes: Bytes,
}

/// Bytes of a table, unpacked.
pub const MAX_BYTES: u64 = 256 << 20;
pub const MAX_ROWS: usize = 2_000_000;
pub const MAX_COLUMNS: usize = 2_000;
/// Values in all: what a table takes in memory grows with it.
pub const MAX_CELLS: usize = 20_000_000;

/// Reads CSV (with commas, semicolons or tabs; also gzipped) or Parquet; the content decides, not the name.
///
/// `Err` is a sentence that names the line and the column where there is one. Blocks for as long as reading takes.
pub fn parse(bytes: &[u8]) -> Result<Table, String> {
    if bytes.is_empty() {
        return Err("The file is empty: 0 bytes.".into());
    }
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!("The file has {} MiB; the limit is {} MiB.", bytes.len() >> 20, MAX_BYTES >> 20));
    }
    if bytes.starts_with(b"PAR1") {
        return parquet::read(bytes);
    }
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return csv::read(&unzipped(bytes)?);
    }
    for (magic, what) in [
        (&b"PK\x03\x04"[..], "a ZIP archive or an Excel file"),
        (b"%PDF", "a PDF"),
        (b"\x89PNG", "a picture"),
        (b"<", "a web page or XML"),
    ] {
        if bytes.starts_with(magic) {
            return Err(format!("This is {what}. Data files are CSV, CSV.gz or Parquet."));
        }
    }
    csv::read(bytes)
}

/// Unpacks, but never more than the limit, however small the packed file is.
fn unzipped(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let read = flate2::read::MultiGzDecoder::new(bytes).take(MAX_BYTES + 1).read_to_end(&mut out);
    read.map_err(|error| format!("The file begins like gzip and then is damaged: {error}."))?;
    if out.len() as u64 > MAX_BYTES {
        return Err(format!("Unpacked, the file has more than {} MiB, which is the limit.", MAX_BYTES >> 20));
    }
    Ok(out)
}

/// Whether a table of this size is within bounds.
pub fn check_size(rows: usize, columns: usize) -> Result<(), String> {
    if columns == 0 {
        return Err("The file has no columns.".into());
    }
    if columns > MAX_COLUMNS {
        return Err(format!("The file has {columns} columns; the limit is {MAX_COLUMNS}."));
    }
    if rows > MAX_ROWS || rows.saturating_mul(columns) > MAX_CELLS {
        return Err(format!(
            "The file has more than {MAX_ROWS} rows or {MAX_CELLS} values, which are the limits. Send a random sample of it."
        ));
    }
    Ok(())
}

/// Whether every column has a name of its own.
pub fn check_names(names: &[String]) -> Result<(), String> {
    let mut seen = std::collections::HashSet::new();
    for (i, name) in names.iter().enumerate() {
        if name.trim().is_empty() {
            return Err(format!("Column {} has no name. The first line must name every column.", i + 1));
        }
        if name.chars().count() > 200 {
            return Err(format!("The name of column {} has more than 200 characters.", i + 1));
        }
        if !seen.insert(name) {
            return Err(format!("Two columns are called “{name}”."));
        }
    }
    Ok(())
}
