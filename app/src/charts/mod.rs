//! Charts: data in, SVG out, the same on the server and in the browser. Every word and number in them comes with the data.

mod backend;
mod bars;
mod curve;
mod heat;
mod histogram;
pub mod mark;
mod sequence;
mod sketch;
mod small;
mod stack;
pub mod ticks;
mod time_series;
mod whiskers;

pub use bars::{Bar, Bars, bars};
pub use curve::{Curve, CurvePoint, curve};
pub use heat::{Heat, HeatRow, heat};
pub use histogram::{Histogram, histogram};
pub use sequence::{Sequence, SequencePoint, sequence, table_rows as sequence_rows};
pub use small::{bullet, sparkline};
pub use stack::{Stack, Stacked, digits, stack};
pub use time_series::{Line, TimeBand, TimeSeries, pins, time_series};
pub use whiskers::{Whisker, Whiskers, whiskers};

use contract::Millis;
pub use contract::rollout::Worse;
use contract::views::parts::{Change, Point};

/// Natural width of a chart in a column of text, in pixels.
pub const WIDE: f64 = 680.0;
/// Width on a phone: words do not scale, so there is a second drawing.
pub const NARROW: f64 = 372.0;

/// One chart, drawn for columns of different widths, since words do not scale; the style sheet shows one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawing {
    pub wide: String,
    pub narrow: Option<String>,
    /// For the whole width of a page.
    pub broad: Option<String>,
}

impl Drawing {
    /// All drawings, as they stand inside a plot.
    pub fn svg(&self) -> String {
        format!("{}{}{}", self.wide, self.narrow.as_deref().unwrap_or_default(), self.broad.as_deref().unwrap_or_default())
    }
}

/// A limit that is drawn in: dashed, in words, with its worse side tinted.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    pub value: f64,
    /// `limit 40 ms`
    pub label: String,
    /// Which side is worse; with [`Worse::Either`] the limit stands on both sides of zero.
    pub worse: Worse,
}

impl Default for Limit {
    fn default() -> Self {
        Self { value: 0.0, label: String::new(), worse: Worse::Higher }
    }
}

/// Something that happened: a deploy, a change of config or data, an alert.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChartEvent {
    pub at: Millis,
    /// A few words: `cache off`. Drawn where there is room, and listed beside the chart.
    pub label: String,
    pub alert: bool,
}

impl ChartEvent {
    /// The changes of a view, as events on its charts.
    pub fn of(changes: &[Change]) -> Vec<ChartEvent> {
        changes.iter().map(|change| ChartEvent { at: change.at, label: change.text.clone(), alert: false }).collect()
    }
}

/// The points of a view as a line.
pub fn line(label: impl Into<String>, mark: mark::Mark, points: &[Point]) -> Line {
    Line { label: label.into(), mark, points: points.iter().map(|point| (point.at, point.value)).collect() }
}

#[cfg(test)]
mod tests;
