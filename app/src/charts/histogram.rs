//! Two distributions over the same bins, side by side: the reference in grey, the current one in accent over its outline.

use super::mark::Mark;
use super::sketch::{Margins, Side, Sketch, text_width};
use super::ticks;
use crate::words::{Unit, percent};

/// Shares of rows per bin, of a reference and of what is compared with it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    pub about: String,
    pub reading: String,
    /// What the values count.
    pub unit: Unit,
    /// Edges of the bins; one more than there are bins. An infinite outer edge makes an open bin.
    pub edges: Vec<f64>,
    /// Share of rows in each bin, from 0 to 1.
    pub reference: Vec<f64>,
    pub current: Vec<f64>,
    pub reference_median: Option<f64>,
    pub current_median: Option<f64>,
}

const WIDTH: f64 = 400.0;
const HEIGHT: f64 = 190.0;
const MARGINS: Margins = Margins { left: 38.0, top: 30.0, right: 8.0, bottom: 30.0 };

/// The reference and the current distribution, each 400 by 190, on the same scale.
pub fn histogram(spec: &Histogram) -> [String; 2] {
    [draw(spec, true), draw(spec, false)]
}

impl Histogram {
    fn bins(&self) -> usize {
        self.edges.len().saturating_sub(1)
    }

    fn edge(&self, value: f64) -> String {
        let finite: Vec<f64> = self.edges.iter().copied().filter(|edge| edge.is_finite()).collect();
        let span = finite.last().copied().unwrap_or_default() - finite.first().copied().unwrap_or_default();
        let decimals = if span.abs() >= 20.0 {
            0
        } else if span.abs() >= 2.0 {
            1
        } else {
            2
        };
        self.unit.bare(value, decimals)
    }

    /// `under 500`, `500 to 1,000`, `5,000 and over`
    pub fn bin(&self, i: usize) -> String {
        let (low, high) = (self.edges.get(i).copied().unwrap_or(f64::NAN), self.edges.get(i + 1).copied().unwrap_or(f64::NAN));
        match (low.is_finite(), high.is_finite()) {
            (true, true) => format!("{} to {}", self.edge(low), self.edge(high)),
            (false, true) => format!("under {}", self.edge(high)),
            (true, false) => format!("{} and over", self.edge(low)),
            (false, false) => "all".into(),
        }
    }

    /// Where a value lies along the bins, each of which is one wide.
    fn place(&self, value: f64) -> Option<f64> {
        let i = (0..self.bins()).find(|i| value >= self.edges[*i] && value < self.edges[i + 1])?;
        let (low, high) = (self.edges[i], self.edges[i + 1]);
        let within = if low.is_finite() && high.is_finite() && high > low { (value - low) / (high - low) } else { 0.5 };
        Some(i as f64 + within)
    }

    /// Rows for the data table: bin, reference, current.
    pub fn rows(&self) -> Vec<Vec<String>> {
        let share = |shares: &[f64], i: usize| shares.get(i).map_or("–".into(), |share| percent(*share, 1));
        (0..self.bins()).map(|i| vec![self.bin(i), share(&self.reference, i), share(&self.current, i)]).collect()
    }
}

fn draw(spec: &Histogram, reference: bool) -> String {
    let bins = spec.bins();
    let highest = spec.reference.iter().chain(&spec.current).copied().fold(0.0, f64::max).max(0.01);
    let y = ticks::nice(0.0, highest);
    let sketch = Sketch::new(WIDTH, HEIGHT, MARGINS, (0.0, bins.max(1) as f64), (0.0, y[y.len() - 1]));
    let decimals = Unit::Share.decimals(&y);
    sketch.y_axis(&y, |tick| percent(tick, decimals));
    let (shares, mark) = if reference { (&spec.reference, Mark::BarSoft) } else { (&spec.current, Mark::Bar) };
    let gap = 0.5 / ((WIDTH - MARGINS.left - MARGINS.right) / bins.max(1) as f64);
    for (i, share) in shares.iter().take(bins).enumerate() {
        sketch.saying(format!("{}: {}", spec.bin(i), percent(*share, 1)));
        sketch.rect((i as f64 + gap, *share), ((i + 1) as f64 - gap, 0.0), mark);
    }
    if !reference {
        let outline: Vec<_> =
            spec.reference.iter().enumerate().flat_map(|(i, share)| [(i as f64, *share), ((i + 1) as f64, *share)]).collect();
        sketch.line(&outline, Mark::Reference);
    }
    if shares.is_empty() {
        sketch.text("not enough data", (WIDTH / 2.0, HEIGHT / 2.0), Side::Middle, Mark::InkText);
    }
    let median = if reference { spec.reference_median } else { spec.current_median };
    if let Some((value, place)) = median.and_then(|median| Some((median, spec.place(median)?))) {
        let x = sketch.px_x(place);
        sketch.px_line((x, 18.0), (x, HEIGHT - MARGINS.bottom), Mark::Event);
        let words = format!("median {}", spec.edge(value));
        let fits = x + 5.0 + text_width(&words) < WIDTH;
        sketch.text(
            &words,
            (if fits { x + 5.0 } else { x - 5.0 }, 26.0),
            if fits { Side::Start } else { Side::End },
            Mark::InkText,
        );
    }
    edges(&sketch, spec);
    sketch.finish("", &spec.about, &spec.reading)
}

/// Labels of the edges, every so many that none touch; an open last bin is labelled `5,000+`.
fn edges(sketch: &Sketch, spec: &Histogram) {
    let open = spec.edges.last().is_some_and(|edge| edge.is_infinite());
    let labels: Vec<(usize, String)> =
        spec.edges.iter().enumerate().filter(|(_, edge)| edge.is_finite()).map(|(i, edge)| (i, spec.edge(*edge))).collect();
    let widest = labels.iter().map(|(_, label)| text_width(label)).fold(16.0, f64::max) + 10.0;
    let bin = (WIDTH - MARGINS.left - MARGINS.right) / spec.bins().max(1) as f64;
    let stride = (widest / bin).ceil().max(1.0) as usize;
    let last = labels.last().filter(|_| open).map(|(_, label)| format!("{label}+"));
    let free = last.as_ref().map_or(WIDTH, |label| WIDTH - text_width(label) - 10.0);
    for (i, label) in labels.iter().step_by(stride) {
        let (x, half) = (sketch.px_x(*i as f64), text_width(label) / 2.0);
        if x + half <= free {
            sketch.text(label, (x, HEIGHT - 13.0), Side::Middle, Mark::Plain);
        }
    }
    if let Some(label) = last {
        sketch.text(&label, (WIDTH - MARGINS.right, HEIGHT - 13.0), Side::End, Mark::Plain);
    }
}
