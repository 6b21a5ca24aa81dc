//! What is being counted about features, by place: finding each of twenty windows by its name cost more than counting the value.

use super::hashes::Hashes;
use super::whole_rows::WholeRows;
use super::window::{Features, Times};
use crate::registry::VersionBaseline;
use serving::records::{Columns, Seen};
use serving::{Record, RowAnswer};
use stats::bins::{Baseline, Cell, Window};
use std::borrow::Cow;
use std::sync::Arc;

/// Requests of a tally from which bins are found with the help of tables. They take memory, which is for versions that are busy.
const BUSY: usize = 200;

/// Counts over one version's baseline, the windows in the order of its features.
pub struct Tally {
    baseline: Arc<VersionBaseline>,
    windows: Vec<Window>,
    /// Where each of them stood in the last request.
    places: Vec<usize>,
    requests: usize,
    /// Where the baseline names categories by hashes.
    hashes: Vec<Option<Hashes>>,
    score: Option<Window>,
    label: Option<Window>,
    rows: WholeRows,
}

impl Tally {
    pub fn new(baseline: Arc<VersionBaseline>) -> Self {
        let windows: Vec<Window> = baseline.features.values().map(Window::new).collect();
        let places = vec![usize::MAX; windows.len()];
        let hashes = baseline.features.keys().map(|name| baseline.hashed.contains(name).then(Hashes::default)).collect();
        let empty = |reference: &Option<Baseline>| reference.as_ref().map(Window::new);
        let (score, label) = (empty(&baseline.score), empty(&baseline.label));
        Self { baseline, windows, places, requests: 0, hashes, score, label, rows: WholeRows::default() }
    }

    /// Whether it counts over this very baseline: a version's is made anew when its contract is edited.
    pub fn is_over(&self, baseline: &Arc<VersionBaseline>) -> bool {
        Arc::ptr_eq(&self.baseline, baseline)
    }

    /// Counts the values of a request.
    pub fn add(&mut self, columns: &Columns<'_>) {
        self.requests += 1;
        let finders = if self.requests > BUSY { self.baseline.finders() } else { &[] };
        let counted = self.windows.iter_mut().zip(&mut self.places).zip(&mut self.hashes);
        for (i, ((name, reference), ((window, place), hashes))) in self.baseline.features.iter().zip(counted).enumerate() {
            let mut column = columns.get(*place).filter(|column| column.feature.name == *name);
            if column.is_none() {
                let Some(found) = columns.iter().position(|column| column.feature.name == *name) else { continue };
                *place = found;
                column = columns.get(found);
            }
            let Some(column) = column else { continue };
            if let (Window::Numeric(window), Baseline::Numeric(reference), Some(finder)) =
                (&mut *window, reference, finders.get(i).and_then(Option::as_ref))
            {
                for row in 0..column.rows() {
                    window.add_all(reference, finder, &[column.number(row)], None);
                }
                continue;
            }
            for row in 0..column.rows() {
                let seen = column.seen(row);
                if let Some(hashes) = hashes.as_mut()
                    && let Some(text) = personal(&seen)
                {
                    let _ = window.add(reference, Cell::Text(hashes.of(name, &text)));
                    continue;
                }
                // A window is made over the very baseline that it is counted over, so this cannot mismatch.
                let _ = match &seen {
                    Seen::Missing => window.add(reference, Cell::Missing),
                    Seen::Num(x) => window.add(reference, Cell::Number(*x)),
                    Seen::Text(text) => window.add(reference, Cell::Text(text)),
                };
            }
        }
    }

    /// Counts what is counted of whole rows; the dear part of it only where `dear` says so.
    pub fn add_rows(&mut self, record: &Record, answers: &[RowAnswer], columns: &Columns<'_>, dear: bool) {
        self.rows.add(&self.baseline, record, answers, columns, dear);
    }

    /// Counts what the version itself answered.
    pub fn add_answers(&mut self, answers: &[RowAnswer]) {
        for answer in answers {
            count(&mut self.score, self.baseline.score.as_ref(), answer.score);
            // Classes are counted by name elsewhere.
            count(&mut self.label, self.baseline.label.as_ref(), answer.label.value());
        }
    }

    /// The counts by name, as they are kept. Windows without a row are left out.
    pub fn features(self) -> Features {
        let has_rows = |window: &Window| window.n() + window.missing() > 0;
        let by_name = self.baseline.features.keys().cloned().zip(self.windows).filter(|(_, window)| has_rows(window));
        Features {
            by_name: by_name.collect(),
            score: self.score.filter(has_rows),
            label: self.label.filter(has_rows),
            rows: self.rows,
            // Whoever reads the window says when it was.
            times: Times::default(),
        }
    }
}

/// The text that stands for a value of a personal column; `None` for a missing one.
fn personal<'s>(seen: &'s Seen<'_>) -> Option<Cow<'s, str>> {
    match seen {
        Seen::Missing => None,
        Seen::Num(x) if x.is_nan() => None,
        // As windows name the category of a number.
        Seen::Num(x) => Some(Cow::Owned(x.to_string())),
        Seen::Text(text) => Some(Cow::Borrowed(text)),
    }
}

fn count(window: &mut Option<Window>, reference: Option<&Baseline>, value: Option<f64>) {
    if let (Some(window), Some(reference), Some(value)) = (window.as_mut(), reference, value) {
        // As above: the window is made over the reference that it counts.
        let _ = window.add(reference, Cell::Number(value));
    }
}
