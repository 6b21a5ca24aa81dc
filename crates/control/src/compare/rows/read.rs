//! A file of either kind, batch by batch.

use super::batch::{Batch, ROWS, Wanted};
use super::csv::Csv;
use super::dictionary::Dictionary;
use super::parquet::Parquet;
use bytes::Bytes;
use std::fs::File;
use std::io::{Cursor, Read, Seek};
use std::path::PathBuf;

/// Where a table is.
#[derive(Clone, Debug)]
pub enum Input {
    Path(PathBuf),
    Bytes { name: String, bytes: Bytes },
}

impl Input {
    /// What the file is called.
    pub fn name(&self) -> String {
        match self {
            Self::Path(path) => path.display().to_string(),
            Self::Bytes { name, .. } => name.clone(),
        }
    }

    fn open(&self) -> Result<Format, String> {
        let mut magic = [0; 4];
        match self {
            Self::Path(path) => {
                let unreadable = |error: std::io::Error| format!("The file cannot be read: {error}.");
                let mut file = File::open(path).map_err(unreadable)?;
                let mut read = 0;
                while read < 4 {
                    match file.read(&mut magic[read..]).map_err(unreadable)? {
                        0 => break,
                        n => read += n,
                    }
                }
                file.rewind().map_err(unreadable)?;
                match Magic::of(&magic[..read])? {
                    Magic::Parquet => Ok(Format::Parquet(Parquet::of_file(file)?)),
                    Magic::Gzip => Ok(Format::Csv(Csv::new(Box::new(flate2::read::MultiGzDecoder::new(file))))),
                    Magic::Text => Ok(Format::Csv(Csv::new(Box::new(file)))),
                }
            }
            Self::Bytes { bytes, .. } => match Magic::of(bytes)? {
                Magic::Parquet => Ok(Format::Parquet(Parquet::of_bytes(bytes.clone())?)),
                Magic::Gzip => Ok(Format::Csv(Csv::new(Box::new(flate2::read::MultiGzDecoder::new(Cursor::new(bytes.clone())))))),
                Magic::Text => Ok(Format::Csv(Csv::new(Box::new(Cursor::new(bytes.clone()))))),
            },
        }
    }
}

/// What the first bytes say.
enum Magic {
    Parquet,
    Gzip,
    Text,
}

impl Magic {
    fn of(bytes: &[u8]) -> Result<Self, String> {
        if bytes.is_empty() {
            return Err("The file is empty: 0 bytes.".into());
        }
        if bytes.starts_with(b"PAR1") {
            return Ok(Self::Parquet);
        }
        if bytes.starts_with(&[0x1f, 0x8b]) {
            return Ok(Self::Gzip);
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
        Ok(Self::Text)
    }
}

enum Format {
    Csv(Csv),
    Parquet(Parquet),
}

/// Columns of a file.
const MAX_COLUMNS: usize = 10_000;

/// A file that is being read.
pub struct Rows {
    format: Format,
    name: String,
    pub names: Vec<String>,
    /// For every column of the batch, its position in the file.
    sources: Vec<Option<usize>>,
    /// The other way round: which columns of the batch a field of the file goes to.
    fields: Vec<Vec<usize>>,
    found: Vec<(usize, usize)>,
}

impl Rows {
    /// Opens a file and reads its head.
    pub fn open(input: &Input) -> Result<Self, String> {
        let name = input.name();
        let named = |why: String| format!("{name}: {why}");
        let mut format = input.open().map_err(named)?;
        let names = match &mut format {
            Format::Csv(csv) => csv.head().map_err(named)?,
            Format::Parquet(parquet) => parquet.names.clone(),
        };
        if names.len() > MAX_COLUMNS {
            return Err(named(format!("The file has {} columns; the limit is {MAX_COLUMNS}.", names.len())));
        }
        let mut seen = std::collections::HashSet::with_capacity(names.len());
        if let Some(twice) = names.iter().find(|name| !seen.insert(*name)) {
            return Err(named(format!("Two columns are called “{twice}”.")));
        }
        Ok(Self { format, name, names, sources: Vec::new(), fields: Vec::new(), found: Vec::new() })
    }

    /// Says which columns are wanted; one that the file has not is missing in every row.
    pub fn select(&mut self, columns: &[String]) -> Result<(), String> {
        self.sources = columns.iter().map(|column| self.names.iter().position(|name| name == column)).collect();
        self.fields = (0..self.names.len())
            .map(|field| (0..columns.len()).filter(|column| self.sources[*column] == Some(field)).collect())
            .collect();
        if let Format::Parquet(parquet) = &mut self.format {
            let wanted: Vec<usize> = self.sources.iter().copied().flatten().collect();
            parquet.select(&wanted).map_err(|why| format!("{}: {why}", self.name))?;
        }
        Ok(())
    }

    /// Reads the next rows into an emptied batch; no rows at the end.
    pub fn fill(&mut self, batch: &mut Batch, dictionaries: &mut [Dictionary]) -> Result<(), String> {
        batch.clear();
        let filled = match &mut self.format {
            Format::Parquet(parquet) => {
                let sources: Vec<Option<String>> =
                    self.sources.iter().map(|source| source.map(|field| self.names[field].clone())).collect();
                parquet.fill(batch, &sources, dictionaries)
            }
            Format::Csv(csv) => fill_csv(csv, batch, &self.names, &self.fields, &self.sources, &mut self.found, dictionaries),
        };
        filled.map_err(|why| format!("{}: {why}", self.name))
    }
}

fn fill_csv(
    csv: &mut Csv,
    batch: &mut Batch,
    names: &[String],
    fields: &[Vec<usize>],
    sources: &[Option<usize>],
    found: &mut Vec<(usize, usize)>,
    dictionaries: &mut [Dictionary],
) -> Result<(), String> {
    let absent: Vec<usize> = (0..sources.len()).filter(|column| sources[*column].is_none()).collect();
    while batch.rows < ROWS {
        let plain = csv.plain(fields.len(), ROWS - batch.rows)?;
        if plain > 0 {
            let mut wrong: Option<(usize, usize, String)> = None;
            for (field, columns) in fields.iter().enumerate() {
                for &column in columns {
                    if let Err((row, why)) = batch.columns[column].push_column(csv, field, &mut dictionaries[column])
                        && wrong.as_ref().is_none_or(|first| row < first.0)
                    {
                        wrong = Some((row, field, why));
                    }
                }
            }
            if let Some((row, field, why)) = wrong {
                return Err(format!("Line {}, column “{}”: {why}.", csv.line + row as u64, names[field]));
            }
            for &column in &absent {
                (0..plain).for_each(|_| batch.columns[column].push_missing());
            }
            batch.rows += plain;
            continue;
        }
        if !csv.record(found)? {
            break;
        }
        if found.len() != fields.len() {
            return Err(format!(
                "Line {} has {} values, and the first line names {} columns.",
                csv.line,
                found.len(),
                fields.len()
            ));
        }
        for (field, columns) in fields.iter().enumerate() {
            for &column in columns {
                let text = csv.field(found[field]);
                batch.columns[column]
                    .push_text(text, &mut dictionaries[column])
                    .map_err(|why| format!("Line {}, column “{}”: {why}.", csv.line, names[field]))?;
            }
        }
        for &column in &absent {
            batch.columns[column].push_missing();
        }
        batch.rows += 1;
    }
    Ok(())
}

/// A table of wanted columns in memory: batches one after the other.
impl Rows {
    /// Reads up to `most` rows, rounded up to whole batches.
    pub fn first(
        self,
        columns: &[String],
        wanted: &[Wanted],
        dictionaries: &mut [Dictionary],
        most: usize,
    ) -> Result<Batch, String> {
        self.read(columns, wanted, dictionaries, |rows| Ok(rows >= most))
    }

    /// Reads all rows; `Err` when they have more than `most` values.
    pub fn all(
        self,
        columns: &[String],
        wanted: &[Wanted],
        dictionaries: &mut [Dictionary],
        most: usize,
    ) -> Result<Batch, String> {
        let name = self.name.clone();
        self.read(columns, wanted, dictionaries, |rows| {
            if rows.saturating_mul(columns.len()) > most {
                return Err(format!("{name}: more than {most} values, which is the limit. Take a random sample of it."));
            }
            Ok(false)
        })
    }

    fn read(
        mut self,
        columns: &[String],
        wanted: &[Wanted],
        dictionaries: &mut [Dictionary],
        is_enough: impl Fn(usize) -> Result<bool, String>,
    ) -> Result<Batch, String> {
        self.select(columns)?;
        let mut whole = Batch::new(wanted);
        let mut batch = Batch::new(wanted);
        // Asked first: what is read and thrown away would leave its texts in the dictionaries.
        while !is_enough(whole.rows)? {
            self.fill(&mut batch, dictionaries)?;
            if batch.rows == 0 {
                break;
            }
            whole.append(&mut batch);
        }
        Ok(whole)
    }
}
