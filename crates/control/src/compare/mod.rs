//! Comparing data files with a reference, chunk by chunk: the offline twin of the live windows, with the same bins, the same
//! evidence and the same numbers.

mod blocks;
mod chunk;
mod columns;
mod feature;
mod judge;
mod line;
mod options;
mod peek;
mod reference;
mod report;
mod rows;
mod runs;
mod together;
mod truth;
mod upload;

pub use columns::Unwatched;
pub use line::{Alert, DistancesLine, FeatureLine, JointLine, Kind, Line, PredictionLine, QualityLine, Severity};
pub use options::{Asked, Chunks, Limits, Options};
pub use rows::Input;
pub use upload::{Sent, compare_sent};

pub(crate) use feature::cell_name;
pub(crate) use judge::Effects;
pub(crate) use peek::{is_called_so, is_of_rows, is_of_something_else};
pub(crate) use rows::time as time_of;

use chunk::{Chunk, Key};
use contract::Task;
use peek::Typical;
use reference::Reference;
use report::Reporter;
use rows::{Batch, Dictionary, Rows};
use std::collections::BTreeMap;
use truth::Labels;

/// Chunks that are open at once take so much memory at most, roughly; then the earliest is closed.
const OPEN: usize = 32 << 20;

/// Compares the rows of `current`, in this order, with `reference`; `labels` are outcomes that arrived later. Every line goes
/// to `say` as soon as its chunk is complete, which may end the comparison by an error of its own. Answers which columns of the reference are
/// not watched.
///
/// Rows may come in any order as long as the chunks that are open at the same time fit into memory. Blocks for as long as it
/// takes.
pub fn compare(
    options: &Options,
    reference: &Input,
    current: &[Input],
    labels: Option<&Input>,
    say: &mut dyn FnMut(Line) -> Result<(), String>,
) -> Result<Vec<Unwatched>, String> {
    let Some(begin) = current.first() else {
        return Err("There is nothing to compare the reference with: name at least one current file.".into());
    };
    let timestamp = match &options.timestamp {
        Some(named) => Some(named.clone()),
        None => peek::timestamp(options, reference, begin)?,
    };
    let options = &Options { timestamp_is_a_guess: options.timestamp.is_none(), timestamp, ..options.clone() };
    let typical = Typical::of(options, begin)?;
    let task = truth::problem(options, reference)?;
    let heads: Vec<Vec<String>> = current.iter().map(|input| Ok(Rows::open(input)?.names)).collect::<Result<_, String>>()?;
    let first = heads.first().ok_or("There is nothing to compare the reference with: name at least one current file.")?;
    let labels = labels.map(|input| Labels::read(input, options, first, task == Some(Task::Regression))).transpose()?;
    let id = labels.as_ref().and_then(|labels| labels.id_column.clone());
    let mut dictionaries: Vec<Dictionary> = Vec::new();
    let mut reference = Reference::read(options, reference, task, id, typical, &mut dictionaries)?;
    check(options, &reference, current, &heads)?;
    let mut labels = labels;
    if let (Some(labels), Some(column)) = (&mut labels, reference.columns.id) {
        // Ids are looked up among those that have an outcome.
        dictionaries[column] = std::mem::take(&mut labels.ids);
    }
    let mut open = Open { chunks: BTreeMap::new(), closed: None, most: (OPEN / Chunk::size(&reference)).max(2) };
    let mut reporter = Reporter::new(options, &reference);
    let mut batch = Batch::new(&reference.columns.wanted);
    let mut rows_before = 0;
    for (file, input) in current.iter().enumerate() {
        let mut rows = Rows::open(input)?;
        rows.select(&reference.columns.names)?;
        loop {
            rows.fill(&mut batch, &mut dictionaries)?;
            if batch.rows == 0 {
                break;
            }
            for (key, range) in chunk::runs(&options.chunks, &reference.columns, &batch, file as u64, rows_before) {
                let chunk = open.get(key, &reference).map_err(|()| scattered(options, input))?;
                chunk.add(&reference, &batch, range, &dictionaries, labels.as_ref(), rows_before);
                // Only the chunk that rows are being added to can still grow where chunks follow one another.
                let follows = matches!(options.chunks, Chunks::Size(_) | Chunks::Files);
                while let Some(chunk) = open.full(follows.then_some(key)) {
                    let name = name_of(&chunk, &options.chunks, current, &reference, &dictionaries);
                    say(reporter.line(options, &mut reference, chunk, name, &dictionaries))?;
                }
            }
            rows_before += batch.rows as u64;
            if rows_before > options.limits.rows {
                return Err(format!(
                    "There are more than {} current rows, which is the limit. Send them in parts.",
                    options.limits.rows
                ));
            }
        }
    }
    while let Some(chunk) = open.next() {
        let name = name_of(&chunk, &options.chunks, current, &reference, &dictionaries);
        say(reporter.line(options, &mut reference, chunk, name, &dictionaries))?;
    }
    Ok(reference.columns.unwatched)
}

/// Whether every current file has what the comparison cannot do without. Features may vanish: that is a finding.
fn check(options: &Options, reference: &Reference, current: &[Input], heads: &[Vec<String>]) -> Result<(), String> {
    let columns = &reference.columns;
    let needed = [
        ("--timestamp", options.timestamp.as_ref().filter(|_| matches!(options.chunks, Chunks::Period(_)))),
        ("--chunk-column", if let Chunks::Column(column) = &options.chunks { Some(column) } else { None }),
        ("--prediction", options.prediction.as_ref()),
    ];
    for (input, head) in current.iter().zip(heads) {
        for (option, column) in needed {
            if let Some(column) = column.filter(|column| !head.contains(column)) {
                return Err(format!("{option}: {} has no column “{column}”. It has: {}.", input.name(), head.join(", ")));
            }
        }
        if !columns.features.is_empty() && columns.features.iter().all(|(name, _)| !head.contains(name)) {
            return Err(format!("{} has none of the features of the reference. It has: {}.", input.name(), head.join(", ")));
        }
    }
    Ok(())
}

fn scattered(options: &Options, input: &Input) -> String {
    let by = match &options.chunks {
        Chunks::Column(column) => format!("“{column}”"),
        _ => options.timestamp.as_ref().map_or("the chunk".to_owned(), |column| format!("“{column}”")),
    };
    format!("{}: rows of one chunk lie too far apart to be held together. Sort the file by {by}.", input.name())
}

/// What a chunk is called, where it has a name of its own.
fn name_of(
    chunk: &Chunk,
    chunks: &Chunks,
    current: &[Input],
    reference: &Reference,
    dictionaries: &[Dictionary],
) -> Option<String> {
    match (chunk.key, chunks) {
        (Key::Code(code), _) => reference.columns.chunk.and_then(|column| dictionaries[column].name(code)).map(str::to_owned),
        (Key::Number(file), Chunks::Files) => current.get(file as usize).map(Input::name),
        _ => None,
    }
}

/// Chunks that may still get rows.
struct Open {
    chunks: BTreeMap<Key, Chunk>,
    /// The last that was closed.
    closed: Option<Key>,
    most: usize,
}

impl Open {
    /// The chunk of a key; `Err` when it was closed already.
    fn get(&mut self, key: Key, reference: &Reference) -> Result<&mut Chunk, ()> {
        if self.closed.is_some_and(|closed| key <= closed) {
            return Err(());
        }
        Ok(self.chunks.entry(key).or_insert_with(|| Chunk::new(key, reference)))
    }

    /// The next chunk to close: one before `present`, or the first of too many.
    fn full(&mut self, present: Option<Key>) -> Option<Chunk> {
        let first = *self.chunks.first_key_value()?.0;
        if present.is_some_and(|present| first < present) || self.chunks.len() > self.most { self.next() } else { None }
    }

    fn next(&mut self) -> Option<Chunk> {
        let (key, chunk) = self.chunks.pop_first()?;
        self.closed = Some(key);
        Some(chunk)
    }
}

#[cfg(test)]
mod tests;
