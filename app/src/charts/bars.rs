//! Lying bars with their values: shares of categories against a reference, weights of inputs, what moved one decision.

use super::mark::Mark;
use super::sketch::{Margins, Side, Sketch, text_width};
use super::{Drawing, NARROW, WIDE};
use crate::words::{Unit, cut_middle};

/// One bar.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bar {
    pub label: String,
    pub value: f64,
    /// What it is compared with, drawn in grey under it.
    pub reference: Option<f64>,
    /// Over a limit: drawn in red.
    pub over: bool,
}

/// Bars in the order given, worst or largest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bars {
    pub about: String,
    pub reading: String,
    pub unit: Unit,
    /// Decimals of the values at the bars.
    pub decimals: usize,
    /// Values are differences: they carry a sign and may go left of zero.
    pub signed: bool,
    /// Labels are names of features, set in the fixed face.
    pub names: bool,
    pub bars: Vec<Bar>,
}

const ROW: f64 = 28.0;

/// Draws the bars 680 and 372 wide; as high as there are bars.
pub fn bars(spec: &Bars) -> Drawing {
    Drawing { wide: draw(spec, WIDE, "wide"), narrow: Some(draw(spec, NARROW, "narrow")), broad: None }
}

fn draw(spec: &Bars, width: f64, class: &str) -> String {
    // On a phone long labels stand over their bars.
    let over = class == "narrow" && spec.bars.iter().any(|bar| bar.label.chars().count() > 16);
    let letter = if spec.names { 7.3 } else { 6.7 };
    let most = if over { 44 } else { 34 };
    let said =
        |value: f64| if spec.signed { spec.unit.signed(value, spec.decimals) } else { spec.unit.bare(value, spec.decimals) };
    let labels =
        spec.bars.iter().map(|bar| cut_middle(&bar.label, most).chars().count() as f64 * letter).fold(40.0, f64::max) + 12.0;
    let left = if over { 4.0 } else { labels };
    let row = if over { ROW + 16.0 } else { ROW };
    let right = spec.bars.iter().map(|bar| text_width(&said(bar.value))).fold(24.0, f64::max) + 12.0;
    let height = row * spec.bars.len().max(1) as f64 + 8.0;
    let values = || spec.bars.iter().flat_map(|bar| [Some(bar.value), bar.reference]).flatten().filter(|value| value.is_finite());
    let (low, high) = (values().fold(0.0, f64::min), values().fold(0.0, f64::max));
    let x = (if low < 0.0 { low * 1.02 } else { 0.0 }, if high > 0.0 || low < 0.0 { high } else { 1.0 });
    let left_of_zero = if low < 0.0 { right } else { 0.0 };
    let sketch = Sketch::new(width, height, Margins { left: left + left_of_zero, top: 4.0, right, bottom: 4.0 }, x, (0.0, 1.0));
    let zero = sketch.px_x(0.0);
    for (i, bar) in spec.bars.iter().enumerate() {
        let from = 4.0 + row * i as f64;
        let mark = if spec.names { Mark::MonoText } else { Mark::InkText };
        let label = cut_middle(&bar.label, most);
        let top = if over {
            sketch.text(&label, (2.0, from + 12.0), Side::Start, mark);
            from + 14.0
        } else {
            sketch.text(&label, (left - 12.0, from + 18.0), Side::End, mark);
            from
        };
        draw_bar(&sketch, bar, zero, top, width - right, &said);
        sketch.px_line((zero, top + if over { 4.0 } else { 0.0 }), (zero, top + if over { 24.0 } else { ROW }), Mark::Axis);
    }
    sketch.finish(class, &spec.about, &spec.reading)
}

/// One bar from zero, its reference under it, its value at its end.
fn draw_bar(sketch: &Sketch, bar: &Bar, zero: f64, top: f64, edge: f64, said: &impl Fn(f64) -> String) {
    if let Some(reference) = bar.reference.filter(|value| value.is_finite()) {
        sketch.saying(format!("{}, reference: {}", bar.label, said(reference)));
        sketch.px_rect((zero, top + 17.0), (sketch.px_x(reference), top + 22.0), Mark::BarReference);
    }
    let end = sketch.px_x(if bar.value.is_finite() { bar.value } else { 0.0 });
    let (from, to) = if bar.reference.is_some() { (top + 5.0, top + 15.0) } else { (top + 7.0, top + 20.0) };
    sketch.saying(format!("{}: {}", bar.label, said(bar.value)));
    sketch.px_rect((zero, from), (end, to), if bar.over { Mark::BarOver } else { Mark::Bar });
    let ink = if bar.over { Mark::LimitText } else { Mark::InkText };
    if bar.value < 0.0 {
        sketch.text(&said(bar.value), (end - 6.0, top + 18.0), Side::End, ink);
    } else {
        let longest = end.max(bar.reference.map_or(end, |reference| sketch.px_x(reference)));
        sketch.text(&said(bar.value), (longest.min(edge) + 6.0, top + 18.0), Side::Start, ink);
    }
}
