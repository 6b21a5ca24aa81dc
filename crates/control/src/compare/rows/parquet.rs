//! Parquet, the wanted columns only.

use super::batch::{Batch, ROWS};
use super::dictionary::Dictionary;
use crate::datasets::parquet::{Plain, plain as stored};
use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::record::reader::RowIter;
use ::parquet::record::{Field, Row};
use ::parquet::schema::types::Type;
use bytes::Bytes;
use contract::Millis;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// The rows of a file whose head was read.
pub struct Parquet {
    pub names: Vec<String>,
    reader: Option<Box<dyn FileReader>>,
    rows: Option<RowIter<'static>>,
    row: u64,
}

fn damaged(error: ::parquet::errors::ParquetError) -> String {
    format!("The file cannot be read as Parquet: {error}.")
}

/// The library is careful, but damaged files have made it panic before.
fn careful<T>(read: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err("The file is not a valid Parquet file.".into()))
}

impl Parquet {
    pub fn of_file(file: File) -> Result<Self, String> {
        careful(|| Self::new(Box::new(SerializedFileReader::new(file).map_err(damaged)?)))
    }

    pub fn of_bytes(bytes: Bytes) -> Result<Self, String> {
        careful(|| Self::new(Box::new(SerializedFileReader::new(bytes).map_err(damaged)?)))
    }

    fn new(reader: Box<dyn FileReader>) -> Result<Self, String> {
        let schema = reader.metadata().file_metadata().schema();
        let names = schema.get_fields().iter().map(|field| field.name().to_owned()).collect();
        Ok(Self { names, reader: Some(reader), rows: None, row: 0 })
    }

    /// Reads these columns (positions in [`Self::names`]) from the start.
    pub fn select(&mut self, wanted: &[usize]) -> Result<(), String> {
        let reader = self.reader.take().ok_or("The file was read already.")?;
        let schema = reader.metadata().file_metadata().schema();
        let mut fields: Vec<Arc<Type>> = Vec::new();
        let mut positions: Vec<usize> = wanted.to_vec();
        positions.sort_unstable();
        positions.dedup();
        for position in positions {
            let field = &schema.get_fields()[position];
            if field.is_group() {
                return Err(format!("The column “{}” is nested. Flatten it first: a feature is one value a row.", field.name()));
            }
            fields.push(field.clone());
        }
        let name = schema.name().to_owned();
        let projection = Type::group_type_builder(&name).with_fields(fields).build().map_err(damaged)?;
        self.rows = Some(careful(|| RowIter::from_file_into(reader).project(Some(projection)).map_err(damaged))?);
        Ok(())
    }

    /// Fills a batch: for every column of it, the name that it has in this file, if it has it.
    pub fn fill(&mut self, batch: &mut Batch, sources: &[Option<String>], dictionaries: &mut [Dictionary]) -> Result<(), String> {
        let Some(rows) = &mut self.rows else { return Ok(()) };
        let mut positions: Option<Vec<Option<usize>>> = None;
        while batch.rows < ROWS {
            let Some(row) = careful(|| Ok(rows.next()))? else { return Ok(()) };
            self.row += 1;
            let at = self.row;
            let row: Row = row.map_err(|error| format!("Row {at}: {error}."))?;
            let fields: Vec<(&String, &Field)> = row.get_column_iter().collect();
            let positions = positions.get_or_insert_with(|| {
                sources.iter().map(|name| fields.iter().position(|f| Some(f.0) == name.as_ref())).collect()
            });
            for ((column, position), dictionary) in batch.columns.iter_mut().zip(positions).zip(dictionaries.iter_mut()) {
                let Some((name, field)) = position.and_then(|p| fields.get(p)) else {
                    column.push_missing();
                    continue;
                };
                match plain(field) {
                    Some(Plain::Missing) => column.push_missing(),
                    Some(Plain::Number(value)) => column.push_number(value, dictionary),
                    Some(Plain::Text(text)) => column
                        .push_text(text.trim().as_bytes(), dictionary)
                        .map_err(|why| format!("Row {at}, column “{name}”: {why}."))?,
                    None => return Err(format!("Row {at}, column “{name}”: values of this type are not read.")),
                }
            }
            batch.rows += 1;
        }
        Ok(())
    }
}

/// As datasets read it, but for what must look as in the CSV that the same program writes: pandas has `True`, and a day is its midnight.
fn plain(field: &Field) -> Option<Plain> {
    match field {
        Field::Bool(value) => Some(Plain::Text(if *value { "True" } else { "False" }.to_owned())),
        Field::Date(days) => Some(Plain::Text(Millis(i64::from(*days) * contract::time::DAY).rfc3339())),
        Field::Decimal(_) => Some(Plain::Text(field.to_string())),
        _ => stored(field),
    }
}
