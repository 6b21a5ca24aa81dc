//! The rows of one chunk, counted; and which chunk a row belongs to.

use super::columns::Columns;
use super::feature::Count;
use super::options::{Chunks, period_start};
use super::reference::{Reference, answers, numbers_of, values_of};
use super::rows::{Batch, Dictionary};
use super::truth::{Labels, TruthWindow};
use contract::Millis;
use stats::joint::JointWindow;
use std::ops::Range;

/// What tells chunks apart, in the order in which they are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// File, or so-manieth stretch of rows.
    Number(u64),
    /// Code of the chunk column.
    Code(u32),
    /// Start of the period; `None`: rows without a time.
    Start(Option<Millis>),
}

/// Counts of a chunk.
pub struct Chunk {
    pub key: Key,
    pub rows: u64,
    pub first: Option<Millis>,
    pub last: Option<Millis>,
    pub features: Vec<Count>,
    pub prediction: Option<Count>,
    pub score: Option<Count>,
    pub truth: Option<TruthWindow>,
    pub joint: Option<JointWindow>,
    /// Errors, and when they became known.
    pub errors: Vec<(f64, Option<Millis>)>,
}

impl Chunk {
    pub fn new(key: Key, reference: &Reference) -> Self {
        Self {
            key,
            rows: 0,
            first: None,
            last: None,
            features: reference.features.iter().map(super::feature::Feature::empty).collect(),
            prediction: reference.prediction.as_ref().map(super::feature::Feature::empty),
            score: reference.score.as_ref().map(super::feature::Feature::empty),
            truth: reference.truth.as_ref().map(super::truth::Truth::empty),
            joint: reference.together.as_ref().map(|t| JointWindow::new(&t.baseline)),
            errors: Vec::new(),
        }
    }

    /// Memory that it takes, roughly, in bytes.
    pub fn size(reference: &Reference) -> usize {
        let of = |feature: &super::feature::Feature| match feature.empty() {
            Count::Numbers { window, .. } => window.counts.len() * 16 + 128,
            Count::Codes { .. } => 1_024,
        };
        let joint = reference.together.as_ref().map_or(0, |t| t.baseline.columns.len().pow(2) * 4);
        reference.features.iter().chain(&reference.prediction).chain(&reference.score).map(of).sum::<usize>() + joint + 16_384
    }

    /// Counts rows of a batch. `first_row` is the number of the batch's first row among all current rows.
    pub fn add(
        &mut self,
        reference: &Reference,
        batch: &Batch,
        rows: Range<usize>,
        dictionaries: &[Dictionary],
        labels: Option<&Labels>,
        first_row: u64,
    ) {
        self.rows += rows.len() as u64;
        let columns = &reference.columns;
        let mut bins: Vec<Vec<u16>> = Vec::with_capacity(reference.features.len());
        for (column, (feature, count)) in reference.features.iter().zip(&mut self.features).enumerate() {
            let mut found = Vec::new();
            let wanted = feature.is_numeric() && reference.together.as_ref().is_some_and(|t| t.used[column]);
            let values = values_of(batch, column, dictionaries).slice(rows.clone());
            feature.count(count, values, wanted.then_some(&mut found));
            bins.push(found);
        }
        let others = [
            (&reference.prediction, &mut self.prediction, columns.prediction),
            (&reference.score, &mut self.score, reference.score_column()),
        ];
        for (feature, count, column) in others {
            if let (Some(feature), Some(count), Some(column)) = (feature, count, column) {
                feature.count(count, values_of(batch, column, dictionaries).slice(rows.clone()), None);
            }
        }
        if let (Some(together), Some(window)) = (&reference.together, &mut self.joint) {
            together.add(window, &bins, batch, rows.clone(), dictionaries);
        }
        let times = columns.time.map_or(&[][..], |column| batch.times(column));
        for at in times.get(rows.clone()).unwrap_or_default().iter().flatten() {
            self.first = Some(self.first.map_or(*at, |first| first.min(*at)));
            self.last = Some(self.last.map_or(*at, |last| last.max(*at)));
        }
        self.add_answers(reference, batch, rows, dictionaries, labels, first_row, times);
    }

    #[expect(clippy::too_many_arguments, reason = "all that a row consists of")]
    fn add_answers(
        &mut self,
        reference: &Reference,
        batch: &Batch,
        rows: Range<usize>,
        dictionaries: &[Dictionary],
        labels: Option<&Labels>,
        first_row: u64,
        times: &[Option<Millis>],
    ) {
        let (Some(truth), Some(window)) = (&reference.truth, &mut self.truth) else { return };
        let columns = &reference.columns;
        let mut answers = answers(batch, rows.clone(), columns, dictionaries, &truth.classes, truth.task);
        let mut arrivals: Vec<Option<Millis>> = Vec::new();
        if let Some(labels) = labels {
            let ids = columns.id.map(|column| &batch.codes(column)[rows.clone()]);
            let classes = truth.classes.table(&labels.names);
            (answers.truth, answers.truth_value) = (Vec::new(), Vec::new());
            for row in 0..rows.len() {
                let position = match ids {
                    Some(ids) => ids[row] as usize,
                    None => first_row as usize + rows.start + row,
                };
                let label = labels.of(position);
                let class = label.and_then(|l| classes.get(l.code as usize).copied().flatten());
                answers.truth.push(class.map_or(super::rows::NONE, |class| class as u32));
                answers.truth_value.push(label.map_or(f64::NAN, |l| l.value));
                arrivals.push(label.and_then(|l| l.arrived(times.get(rows.start + row).copied().flatten())));
            }
        }
        if truth.task == contract::Task::Regression {
            answers.features = numbers_of(&reference.features, batch, rows.clone(), dictionaries);
        }
        truth.add(window, &answers, 0..rows.len());
        if reference.concept.is_some() {
            let known =
                (0..rows.len()).filter_map(|row| Some((truth.error(&answers, row)?, arrivals.get(row).copied().flatten())));
            self.errors.extend(known);
        }
    }
}

/// Divides the rows of a batch into runs of the same chunk.
pub fn runs(chunks: &Chunks, columns: &Columns, batch: &Batch, file: u64, rows_before: u64) -> Vec<(Key, Range<usize>)> {
    let key = |row: usize| match chunks {
        Chunks::Files => Key::Number(file),
        Chunks::Size(size) => Key::Number((rows_before + row as u64) / size),
        Chunks::Column(_) => Key::Code(columns.chunk.and_then(|c| batch.codes(c).get(row).copied()).unwrap_or(super::rows::NONE)),
        Chunks::Period(length) => {
            Key::Start(columns.time.and_then(|c| batch.times(c).get(row).copied().flatten()).map(|at| period_start(at, *length)))
        }
    };
    let mut runs: Vec<(Key, Range<usize>)> = Vec::new();
    let mut row = 0;
    while row < batch.rows {
        let this = key(row);
        // Where the next chunk begins is known for stretches of rows, and found out for all others.
        let end = match chunks {
            Chunks::Files => batch.rows,
            Chunks::Size(size) => {
                let next = ((rows_before + row as u64) / size + 1) * size - rows_before;
                usize::try_from(next).unwrap_or(batch.rows).min(batch.rows)
            }
            _ => (row + 1..batch.rows).find(|next| key(*next) != this).unwrap_or(batch.rows),
        };
        runs.push((this, row..end));
        row = end;
    }
    runs
}
