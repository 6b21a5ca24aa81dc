//! Features by time: how far each is from the baseline, in four steps with a meaning; over the limit carries its number.

use super::mark::Mark;
use super::sketch::{Margins, Side, Sketch};
use super::time_series::pins;
use super::{ChartEvent, Drawing, ticks};
use crate::words::{cut_middle, number};
use contract::Millis;
use contract::time::DAY;

/// One feature: its distance in each column, `None` where there was not enough data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeatRow {
    pub label: String,
    pub cells: Vec<Option<f64>>,
}

/// Rows worst first; columns of equal length in time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heat {
    pub about: String,
    pub reading: String,
    /// Start of each column.
    pub columns: Vec<Millis>,
    pub rows: Vec<HeatRow>,
    /// Distance at which a feature counts as drifted.
    pub limit: f64,
    pub events: Vec<ChartEvent>,
}

impl Heat {
    /// The step a distance falls in: under a third of the limit, under two thirds, under the limit, over it.
    fn mark(&self, value: Option<f64>) -> Mark {
        match value {
            None => Mark::HeatNone,
            Some(value) if value >= self.limit => Mark::HeatOver,
            Some(value) if value >= self.limit * 2.0 / 3.0 => Mark::Heat2,
            Some(value) if value >= self.limit / 3.0 => Mark::Heat1,
            Some(_) => Mark::Heat0,
        }
    }

    /// What the four steps mean, with the class of each: for the key above the chart.
    pub fn key(&self) -> Vec<(&'static str, String)> {
        let [a, b, c] = [self.limit / 3.0, self.limit * 2.0 / 3.0, self.limit].map(|v| number(v, 2));
        vec![
            ("h0", format!("under {a}")),
            ("h1", format!("{a} to {b}")),
            ("h2", format!("{b} to {c}")),
            ("hx", format!("{c} and over, number printed")),
            ("hn", "not enough data".into()),
        ]
    }

    fn span(&self) -> i64 {
        match self.columns.as_slice() {
            [first, second, ..] => *second - *first,
            _ => DAY,
        }
    }

    fn when(&self, at: Millis) -> String {
        if self.span() >= DAY { ticks::short_date(at) } else { format!("{} {}", ticks::short_date(at), at.hm()) }
    }

    /// Rows for the data table: the feature and its distances in the last `most` columns.
    pub fn table(&self, most: usize) -> (Vec<String>, Vec<Vec<String>>) {
        let from = self.columns.len().saturating_sub(most);
        let head = std::iter::once("Feature".into()).chain(self.columns[from..].iter().map(|at| self.when(*at))).collect();
        let rows = self
            .rows
            .iter()
            .map(|row| {
                let cells = row.cells.iter().skip(from).map(|cell| cell.map_or("–".into(), |value| number(value, 2)));
                std::iter::once(row.label.clone()).chain(cells).collect()
            })
            .collect();
        (head, rows)
    }
}

/// Draws all columns 1,071 wide, and the last fourteen of the first eight features 356 wide.
pub fn heat(spec: &Heat) -> Drawing {
    Drawing { wide: wide(spec), narrow: Some(narrow(spec)), broad: None }
}

/// A number that fits a cell: `.23`, `1.2`.
fn in_cell(value: f64) -> String {
    let text = number(value, if value < 1.0 { 2 } else { 1 });
    text.strip_prefix('0').map_or(text.clone(), str::to_string)
}

fn cell(sketch: &Sketch, spec: &Heat, row: &HeatRow, column: usize, from: (f64, f64), to: (f64, f64)) {
    let value = row.cells.get(column).copied().flatten();
    let said = value.map_or("not enough data".into(), |value| number(value, 3));
    sketch.saying(format!("{}, {}: {said}", row.label, spec.when(spec.columns[column])));
    sketch.px_rect(from, to, spec.mark(value));
    if let Some(value) = value.filter(|value| *value >= spec.limit && to.0 - from.0 >= 20.0) {
        sketch.text(&in_cell(value), ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0 + 4.0), Side::Middle, Mark::OverText);
    }
}

fn wide(spec: &Heat) -> String {
    const WIDTH: f64 = 1071.0;
    const ROW: f64 = 24.0;
    let letters = spec.rows.iter().map(|row| row.label.chars().count().min(30)).max().unwrap_or(8);
    let (left, right) = (letters as f64 * 7.3 + 16.0, 92.0);
    let top = if spec.events.is_empty() { 24.0 } else { 46.0 };
    let height = top + ROW * spec.rows.len() as f64 + 28.0;
    let end = spec.columns.last().map_or(0.0, |at| (*at + spec.span()).0 as f64);
    let x = (spec.columns.first().map_or(0.0, |at| at.0 as f64), end);
    let sketch = Sketch::new(WIDTH, height, Margins { left, top, right, bottom: 28.0 }, x, (0.0, 1.0));
    let column = (WIDTH - left - right) / spec.columns.len().max(1) as f64;
    for (name, event) in pins(&spec.events) {
        let at = event.at.0 as f64;
        if at >= x.0 && at <= x.1 {
            let px = sketch.px_x(at);
            sketch.px_line((px, 22.0), (px, top - 3.0), Mark::Event);
            sketch.saying(format!("{}: {}", spec.when(event.at), event.label));
            sketch.px_dot((px, 14.0), 8.0, if event.alert { Mark::PinBad } else { Mark::Pin });
            sketch.text(&name, (px, 18.0), Side::Middle, Mark::PinText);
        }
    }
    sketch.text("max", (WIDTH - 82.0, top - 8.0), Side::Start, Mark::Plain);
    sketch.text("now", (WIDTH - 40.0, top - 8.0), Side::Start, Mark::Plain);
    for (i, row) in spec.rows.iter().enumerate() {
        let y = top + ROW * i as f64;
        sketch.text(&cut_middle(&row.label, 30), (left - 10.0, y + 15.0), Side::End, Mark::MonoText);
        for c in 0..spec.columns.len() {
            let from = left + column * c as f64;
            cell(&sketch, spec, row, c, (from + 0.75, y + 0.75), (from + column - 0.75, y + ROW - 2.5));
        }
        let most = row.cells.iter().flatten().copied().fold(f64::NEG_INFINITY, f64::max);
        let now = row.cells.last().copied().flatten();
        let over = most >= spec.limit;
        sketch.text(&number(most, 2), (WIDTH - 82.0, y + 15.0), Side::Start, if over { Mark::StrongText } else { Mark::Plain });
        sketch.text(&now.map_or("–".into(), |v| number(v, 2)), (WIDTH - 40.0, y + 15.0), Side::Start, Mark::InkText);
    }
    if let (Some(first), Some(last)) = (spec.columns.first(), spec.columns.last()) {
        for (at, label) in ticks::times(*first, *last, 7) {
            let px = sketch.px_x(at) + if spec.span() >= DAY { column / 2.0 } else { 0.0 };
            sketch.text(&label, (px, height - 8.0), Side::Middle, Mark::Plain);
        }
    }
    sketch.finish("wide fill", &spec.about, &spec.reading)
}

fn narrow(spec: &Heat) -> String {
    const WIDTH: f64 = 356.0;
    const ROW: f64 = 42.0;
    const MOST: usize = 14;
    let from = spec.columns.len().saturating_sub(MOST);
    let shown = spec.columns.len() - from;
    let rows = spec.rows.iter().take(8);
    let height = 8.0 + ROW * rows.len() as f64 + 24.0;
    let sketch = Sketch::new(WIDTH, height, Margins { left: 4.0, top: 4.0, right: 4.0, bottom: 24.0 }, (0.0, 1.0), (0.0, 1.0));
    let column = (WIDTH - 8.0) / shown.max(1) as f64;
    for (i, row) in rows.enumerate() {
        let y = 8.0 + ROW * i as f64;
        sketch.text(&cut_middle(&row.label, 34), (4.0, y + 11.0), Side::Start, Mark::MonoText);
        if let Some(now) = row.cells.last().copied().flatten() {
            sketch.text(&format!("now {}", number(now, 2)), (WIDTH - 4.0, y + 11.0), Side::End, Mark::InkText);
        }
        for c in 0..shown {
            let x = 4.0 + column * c as f64;
            cell(&sketch, spec, row, from + c, (x + 0.75, y + 16.0), (x + column - 0.75, y + 35.0));
        }
    }
    if let (Some(first), Some(last)) = (spec.columns.get(from), spec.columns.last()) {
        sketch.text(&spec.when(*first), (4.0, height - 6.0), Side::Start, Mark::Plain);
        sketch.text(&spec.when(*last), (WIDTH - 4.0, height - 6.0), Side::End, Mark::Plain);
    }
    sketch.finish("narrow", &spec.about, &spec.reading)
}
