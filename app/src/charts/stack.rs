//! Lying bars made of parts that add up: where the time of an answer goes, one bar for each thing compared.

use super::mark::Mark;
use super::sketch::{Margins, Side, Sketch, text_width};
use super::{Drawing, NARROW, WIDE};
use crate::words::{Unit, cut_middle};

/// One bar: its parts in the order of the names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stacked {
    pub label: String,
    pub parts: Vec<f64>,
}

/// Bars on one scale, from zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stack {
    pub about: String,
    pub reading: String,
    pub unit: Unit,
    /// Names of the parts, at most four: they stand in the key, since a small part has no room for words.
    pub names: Vec<String>,
    pub bars: Vec<Stacked>,
    /// Said where there is nothing to draw.
    pub empty: String,
}

const FILLS: [(Mark, &str); 4] = [(Mark::Fill1, "f1"), (Mark::Fill2, "f2"), (Mark::Fill3, "f3"), (Mark::Fill4, "f4")];
/// Words, bar, values.
const ROW: f64 = 58.0;

/// Draws the bars 680 and 372 wide; as high as there are bars.
pub fn stack(spec: &Stack) -> Drawing {
    Drawing { wide: draw(spec, WIDE, "wide"), narrow: Some(draw(spec, NARROW, "narrow")), broad: None }
}

impl Stack {
    /// What the fills stand for.
    pub fn key(&self) -> Vec<(&'static str, String)> {
        FILLS.iter().zip(&self.names).map(|((_, class), name)| (*class, name.clone())).collect()
    }

    fn said(&self, value: f64) -> String {
        self.unit.said(value, digits(value))
    }
}

/// Decimals that leave two or three digits.
pub fn digits(value: f64) -> usize {
    match value.abs() {
        size if size >= 9.95 => 0,
        size if size >= 0.995 => 1,
        size if size >= 0.0995 || size == 0.0 => 2,
        _ => 3,
    }
}

fn draw(spec: &Stack, width: f64, class: &str) -> String {
    let known =
        |bar: &Stacked| -> Vec<f64> { bar.parts.iter().map(|part| if part.is_finite() { part.max(0.0) } else { 0.0 }).collect() };
    let longest = spec.bars.iter().map(|bar| known(bar).iter().sum::<f64>()).fold(0.0, f64::max);
    let height = ROW * spec.bars.len().max(1) as f64;
    let margins = Margins { left: 2.0, top: 0.0, right: 2.0, bottom: 0.0 };
    let sketch = Sketch::new(width, height, margins, (0.0, if longest > 0.0 { longest } else { 1.0 }), (0.0, 1.0));
    if longest <= 0.0 {
        sketch.text(&spec.empty, (width / 2.0, height / 2.0), Side::Middle, Mark::InkText);
        return sketch.finish(class, &spec.about, &spec.reading);
    }
    for (i, bar) in spec.bars.iter().enumerate() {
        let (top, parts) = (ROW * i as f64, known(bar));
        let whole: f64 = parts.iter().sum();
        sketch.text(&cut_middle(&bar.label, 34), (2.0, top + 14.0), Side::Start, Mark::InkText);
        sketch.text(&spec.said(whole), (width - 2.0, top + 14.0), Side::End, Mark::StrongText);
        let mut from = 0.0;
        // Where the last value ended: values that would touch it are left to the table.
        let mut free = 0.0;
        for ((part, name), (fill, _)) in parts.iter().zip(&spec.names).zip(FILLS) {
            let (left, right) = (sketch.px_x(from), sketch.px_x(from + part));
            from += part;
            if right - left < 0.5 {
                continue;
            }
            sketch.saying(format!("{}, {name}: {} of {}", bar.label, spec.said(*part), spec.said(whole)));
            // A gap of a pixel tells neighbours apart without their hues.
            sketch.px_rect((left, top + 20.0), ((right - 1.0).max(left + 0.5), top + 36.0), fill);
            let words = spec.unit.bare(*part, digits(*part));
            let room = text_width(&words);
            if left >= free && left + room <= width {
                sketch.text(&words, (left, top + 50.0), Side::Start, Mark::Plain);
                free = left + room + 8.0;
            } else if right - room >= free {
                sketch.text(&words, (right, top + 50.0), Side::End, Mark::Plain);
                free = right + 8.0;
            }
        }
    }
    sketch.finish(class, &spec.about, &spec.reading)
}
