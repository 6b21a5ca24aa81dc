//! Estimates with their intervals, one row each: a dot with whiskers, hollow for the reference, the limit drawn in.

use super::mark::Mark;
use super::sketch::{Margins, Side, Sketch, text_width};
use super::{Drawing, Limit, NARROW, WIDE, Worse, ticks};
use crate::words::{Unit, cut_middle};

/// One estimate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Whisker {
    pub label: String,
    pub estimate: f64,
    pub low: f64,
    pub high: f64,
    /// What it is compared with: estimate, low, high.
    pub reference: Option<(f64, f64, f64)>,
    /// Said at the right: the number, the n, or `6 of 30 needed`.
    pub note: String,
}

/// Estimates on one scale.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Whiskers {
    pub about: String,
    pub reading: String,
    pub unit: Unit,
    /// Values are differences.
    pub signed: bool,
    pub rows: Vec<Whisker>,
    pub limit: Option<Limit>,
}

const ROW: f64 = 32.0;

/// Draws the rows 680 and 372 wide.
pub fn whiskers(spec: &Whiskers) -> Drawing {
    Drawing { wide: draw(spec, WIDE, "wide"), narrow: Some(draw(spec, NARROW, "narrow")), broad: None }
}

fn draw(spec: &Whiskers, width: f64, class: &str) -> String {
    let narrow = class == "narrow";
    let most = if narrow { 15 } else { 30 };
    let values = || {
        let rows = spec.rows.iter().flat_map(|row| {
            [Some(row.low), Some(row.estimate), Some(row.high), row.reference.map(|r| r.1), row.reference.map(|r| r.2)]
        });
        rows.flatten().chain(spec.limit.iter().map(|limit| limit.value)).filter(|value| value.is_finite())
    };
    let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    let scale = ticks::nice(low, high);
    let decimals = spec.unit.decimals(&scale);
    let said = |value: f64, decimals: usize| {
        if spec.signed { spec.unit.signed(value, decimals) } else { spec.unit.bare(value, decimals) }
    };
    let left = spec.rows.iter().map(|row| text_width(&cut_middle(&row.label, most))).fold(40.0, f64::max) + 16.0;
    let note = |row: &Whisker| cut_middle(&row.note, if narrow { 12 } else { 26 });
    let right = spec.rows.iter().map(|row| text_width(&note(row))).fold(8.0, f64::max) + 16.0;
    let top = if spec.limit.is_some() { 22.0 } else { 6.0 };
    let height = top + ROW * spec.rows.len().max(1) as f64 + 26.0;
    let sketch =
        Sketch::new(width, height, Margins { left, top, right, bottom: 26.0 }, (scale[0], scale[scale.len() - 1]), (0.0, 1.0));
    let bottom = height - 26.0;
    let stride = if narrow { scale.len().div_ceil(3).max(1) } else { 1 };
    for (i, tick) in scale.iter().enumerate() {
        let x = sketch.px_x(*tick);
        sketch.px_line((x, top), (x, bottom), if spec.signed && *tick == 0.0 { Mark::Axis } else { Mark::Grid });
        if i % stride == 0 {
            sketch.text(&said(*tick, decimals), (x, bottom + 17.0), Side::Middle, Mark::Plain);
        }
    }
    if let Some(limit) = &spec.limit {
        let x = sketch.px_x(limit.value);
        let worst = if limit.worse == Worse::Lower { left } else { width - right };
        sketch.px_rect((x, top), (worst, bottom), Mark::Over);
        sketch.px_line((x, top), (x, bottom), Mark::Limit);
        let side = if x + text_width(&limit.label) > width { Side::End } else { Side::Start };
        sketch.text(&limit.label, (x, top - 8.0), side, Mark::LimitText);
    }
    for (i, row) in spec.rows.iter().enumerate() {
        let y = top + ROW * (i as f64 + 0.5);
        sketch.text(&cut_middle(&row.label, most), (left - 16.0, y + 4.0), Side::End, Mark::InkText);
        if let Some((estimate, low, high)) = row.reference {
            let y = y + 6.0;
            sketch.px_line((sketch.px_x(low), y), (sketch.px_x(high), y), Mark::WhiskerReference);
            sketch.saying(format!(
                "{}, reference: {} ({} to {})",
                row.label,
                said(estimate, decimals + 1),
                said(low, decimals + 1),
                said(high, decimals + 1)
            ));
            sketch.px_dot((sketch.px_x(estimate), y), 3.5, Mark::DotReference);
        }
        if row.estimate.is_finite() {
            let y = if row.reference.is_some() { y - 5.0 } else { y };
            if row.low.is_finite() && row.high.is_finite() {
                sketch.px_line((sketch.px_x(row.low), y), (sketch.px_x(row.high), y), Mark::Whisker);
            }
            sketch.saying(format!(
                "{}: {} ({} to {})",
                row.label,
                said(row.estimate, decimals + 1),
                said(row.low, decimals + 1),
                said(row.high, decimals + 1)
            ));
            sketch.px_dot((sketch.px_x(row.estimate), y), 4.0, Mark::Dot);
        }
        sketch.text(&note(row), (width - right + 12.0, y + 4.0), Side::Start, Mark::Plain);
    }
    sketch.finish(class, &spec.about, &spec.reading)
}
