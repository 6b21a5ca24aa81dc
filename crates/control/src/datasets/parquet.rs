//! Reading Parquet by its row interface; flat columns only.

use super::parse::{MAX_BYTES, check_names, check_size};
use super::{Column, Table, Values};
use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::record::Field;
use bytes::Bytes;
use contract::Millis;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// One value as it was stored.
pub(crate) enum Plain {
    Missing,
    Number(f64),
    Text(String),
}

pub fn read(bytes: &[u8]) -> Result<Table, String> {
    // The library is careful, but damaged files have made it panic before.
    catch_unwind(AssertUnwindSafe(|| read_now(bytes))).unwrap_or_else(|_| Err("The file is not a valid Parquet file.".into()))
}

fn read_now(bytes: &[u8]) -> Result<Table, String> {
    let damaged = |error: ::parquet::errors::ParquetError| format!("The file cannot be read as Parquet: {error}.");
    let reader = SerializedFileReader::new(Bytes::copy_from_slice(bytes)).map_err(damaged)?;
    let meta = reader.metadata();
    let rows = usize::try_from(meta.file_metadata().num_rows())
        .map_err(|_| "The file says that it has less than no rows.".to_owned())?;
    let unpacked: i64 = meta.row_groups().iter().map(|group| group.total_byte_size().max(0)).fold(0, i64::saturating_add);
    if u64::try_from(unpacked).unwrap_or(0) > MAX_BYTES {
        return Err(format!("Unpacked, the file has {} MiB; the limit is {} MiB.", unpacked >> 20, MAX_BYTES >> 20));
    }
    let schema = meta.file_metadata().schema();
    let names: Vec<String> = schema.get_fields().iter().map(|field| field.name().to_owned()).collect();
    check_size(rows, names.len())?;
    check_names(&names)?;
    if let Some(nested) = schema.get_fields().iter().find(|field| field.is_group()) {
        return Err(format!("The column “{}” is nested. Flatten it first: a feature is one value a row.", nested.name()));
    }
    if rows == 0 {
        return Err("The file has no rows.".into());
    }

    let mut columns: Vec<Column> = names.into_iter().map(|name| Column { name, values: Values::Numbers(Vec::new()) }).collect();
    for (n, row) in reader.get_row_iter(None).map_err(damaged)?.enumerate() {
        let row = row.map_err(|error| format!("Row {}: {error}.", n + 1))?;
        for (column, (_, field)) in columns.iter_mut().zip(row.get_column_iter()) {
            let value = plain(field)
                .ok_or_else(|| format!("Row {}, column “{}”: values of this type are not read.", n + 1, column.name))?;
            push(&mut column.values, value);
        }
    }
    Ok(Table { columns, rows })
}

/// A column is numeric until its first text: then what came before is written out.
fn push(values: &mut Values, value: Plain) {
    match (&mut *values, value) {
        (Values::Numbers(numbers), Plain::Number(number)) => numbers.push(if number.is_finite() { number } else { f64::NAN }),
        (Values::Numbers(numbers), Plain::Missing) => numbers.push(f64::NAN),
        (Values::Numbers(numbers), Plain::Text(text)) => {
            let mut texts: Vec<Option<String>> =
                numbers.iter().map(|n| (!n.is_nan()).then(|| serving::tensor::number_text(*n))).collect();
            texts.push(Some(text));
            *values = Values::Texts(texts);
        }
        (Values::Texts(texts), Plain::Number(number)) => texts.push(Some(serving::tensor::number_text(number))),
        (Values::Texts(texts), Plain::Missing) => texts.push(None),
        (Values::Texts(texts), Plain::Text(text)) => texts.push(Some(text)),
    }
}

/// `None` for types that have no one value.
pub(crate) fn plain(field: &Field) -> Option<Plain> {
    Some(match field {
        Field::Null => Plain::Missing,
        Field::Bool(value) => Plain::Text(value.to_string()),
        Field::Byte(value) => Plain::Number(f64::from(*value)),
        Field::Short(value) => Plain::Number(f64::from(*value)),
        Field::Int(value) => Plain::Number(f64::from(*value)),
        Field::Long(value) => Plain::Number(*value as f64),
        Field::UByte(value) => Plain::Number(f64::from(*value)),
        Field::UShort(value) => Plain::Number(f64::from(*value)),
        Field::UInt(value) => Plain::Number(f64::from(*value)),
        Field::ULong(value) => Plain::Number(*value as f64),
        Field::Float16(value) => Plain::Number(f64::from(*value)),
        Field::Float(value) => Plain::Number(f64::from(*value)),
        Field::Double(value) => Plain::Number(*value),
        Field::Str(value) => Plain::Text(value.clone()),
        Field::Bytes(value) => Plain::Text(String::from_utf8_lossy(value.data()).into_owned()),
        Field::Date(days) => Plain::Text(Millis(i64::from(*days) * contract::time::DAY).date()),
        Field::TimestampMillis(ms) => Plain::Text(Millis(*ms).rfc3339()),
        Field::TimestampMicros(us) => Plain::Text(Millis(us.div_euclid(1_000)).rfc3339()),
        _ => return None,
    })
}
