//! A difference and its confidence sequence: the band closes in with every request, until it is clear of the limit.

use super::mark::Mark;
use super::sketch::{Margins, Side, Sketch, text_width};
use super::time_series::draw_limit;
use super::{Drawing, Limit, Worse, ticks};
use crate::words::{Unit, count};

/// What was known after `n` requests of the canary.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SequencePoint {
    pub n: u64,
    pub lower: f64,
    pub estimate: f64,
    pub upper: f64,
}

/// Canary minus stable over requests, with its limit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sequence {
    pub about: String,
    pub reading: String,
    pub unit: Unit,
    pub points: Vec<SequencePoint>,
    /// Requests after which the plan expects a decision.
    pub planned: u64,
    /// The label says which side is worse: `worse than +2.0 points`.
    pub limit: Limit,
    /// Requests at which it passed inside the limit for good.
    pub settled_at: Option<u64>,
}

const WIDTH: f64 = 344.0;
const HEIGHT: f64 = 148.0;

/// Draws the tile's chart, 344 by 148; one size, as tiles are never wider.
pub fn sequence(spec: &Sequence) -> Drawing {
    let last = spec.points.last();
    let reach = last.map_or(0.0, |p| p.lower.abs().max(p.upper.abs())) * 1.3;
    // Early on the band is far wider than the limit: it is cut off, so that the limit stays to be seen.
    let limit = spec.limit.value.abs();
    let reach = if limit > 0.0 { reach.clamp(limit * 2.4, limit * 8.0) } else { reach.max(f64::MIN_POSITIVE) };
    let ticks_y = five(reach);
    let decimals = spec.unit.decimals(&ticks_y);
    let label = |value: f64| spec.unit.signed(value, decimals);
    let left = ticks_y.iter().map(|tick| text_width(&label(*tick))).fold(16.0, f64::max) + 12.0;
    let margins = Margins { left, top: 14.0, right: 14.0, bottom: 30.0 };
    let now = last.map_or(0, |p| p.n);
    let end = spec.planned.max(now).max(1);
    let sketch = Sketch::new(WIDTH, HEIGHT, margins, (0.0, end as f64), (ticks_y[0], ticks_y[4]));
    sketch.y_axis(&ticks_y, label);
    axis_of_requests(&sketch, now, end);
    sketch_limit(&sketch, &spec.limit);

    let band: Vec<_> = spec.points.iter().map(|p| (p.n as f64, p.lower, p.upper)).collect();
    sketch.band(&band, Mark::Band);
    let inside = |value: f64| (value > sketch.y.0 && value < sketch.y.1).then_some(value);
    sketch.broken_line(&spec.points.iter().map(|p| (p.n as f64, inside(p.upper))).collect::<Vec<_>>(), Mark::Edge);
    sketch.broken_line(&spec.points.iter().map(|p| (p.n as f64, inside(p.lower))).collect::<Vec<_>>(), Mark::Edge);
    if let Some(p) = last {
        // The width of a confidence sequence falls about with the square root of n; so the dotted lines are a forecast, not a promise.
        let ahead = |side: f64| -> Vec<(f64, f64)> {
            (0..=12)
                .map(|i| now as f64 + (end - now) as f64 * f64::from(i) / 12.0)
                .map(|n| (n, sketch.clamp_y(p.estimate + (side - p.estimate) * (now as f64 / n.max(1.0)).sqrt())))
                .collect()
        };
        if end > now {
            sketch.line(&ahead(p.upper), Mark::Plan);
            sketch.line(&ahead(p.lower), Mark::Plan);
        }
    }
    sketch.broken_line(&spec.points.iter().map(|p| (p.n as f64, Some(p.estimate))).collect::<Vec<_>>(), Mark::Subject);
    if let Some(settled) = spec.settled_at {
        let (x, y) = (sketch.px_x(settled as f64), sketch.px_y(sketch.clamp_y(spec.limit.value)));
        sketch.px_line((x, y - 5.0), (x, y + 5.0), Mark::Settled);
    }
    if let Some(p) = last {
        let x = sketch.px_x(now as f64);
        sketch.px_line((x, margins.top), (x, HEIGHT - margins.bottom), Mark::Event);
        sketch.dot(now as f64, sketch.clamp_y(p.estimate), 3.5, Mark::Dot);
    } else {
        sketch.text("no requests yet", (WIDTH / 2.0 + 10.0, HEIGHT / 2.0 - 12.0), Side::Middle, Mark::InkText);
    }
    for p in spec.points.iter().step_by(spec.points.len().div_ceil(60).max(1)) {
        let said = |value: f64| spec.unit.signed(value, decimals + 1);
        let x = sketch.px_x(p.n as f64);
        sketch.saying(format!("{} requests: {}, from {} to {}", count(p.n), said(p.estimate), said(p.lower), said(p.upper)));
        sketch.px_rect((x - 2.5, margins.top), (x + 2.5, HEIGHT - margins.bottom), Mark::Hit);
    }
    Drawing { wide: sketch.finish("", &spec.about, &spec.reading), ..Drawing::default() }
}

/// Five ticks, the same above and below zero, that reach at least `reach`.
fn five(reach: f64) -> [f64; 5] {
    let power = 10f64.powf((reach / 2.0).log10().floor());
    let step = [1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.5, 10.0]
        .into_iter()
        .map(|m| m * power)
        .find(|step| *step * 2.0 >= reach * 0.999)
        .unwrap_or(10.0 * power);
    [-2.0 * step, -step, 0.0, step, 2.0 * step]
}

fn axis_of_requests(sketch: &Sketch, now: u64, end: u64) {
    let bottom = sketch.height - sketch.margins.bottom;
    let mark = |n: u64, label: &str, side: Side, mark: Mark| {
        let x = sketch.px_x(n as f64);
        sketch.px_line((x, bottom), (x, bottom + 4.0), Mark::Axis);
        sketch.text(label, (x, bottom + 17.0), side, mark);
    };
    let label = format!("{} now", count(now));
    let (x, half) = (sketch.px_x(now as f64), text_width(&label) / 2.0);
    let planned = count(end);
    let room_left = x - half > sketch.margins.left + 16.0;
    let room_right = x + half < sketch.width - sketch.margins.right - text_width(&planned) - 8.0;
    if now > 0 {
        let side = if x + half > sketch.width {
            Side::End
        } else if x - half < 0.0 {
            Side::Start
        } else {
            Side::Middle
        };
        mark(now, &label, side, Mark::InkText);
    }
    if now == 0 || room_left {
        mark(0, "0", Side::Middle, Mark::Plain);
    }
    if end > now && (now == 0 || room_right) {
        mark(end, &planned, Side::End, Mark::Plain);
    }
}

fn sketch_limit(sketch: &Sketch, limit: &Limit) {
    let unlabelled = Limit { label: String::new(), ..limit.clone() };
    draw_limit(sketch, &unlabelled);
    let y = match limit.worse {
        Worse::Higher | Worse::Either => sketch.margins.top + 14.0,
        Worse::Lower => sketch.height - sketch.margins.bottom - 6.0,
    };
    sketch.text(&limit.label, (sketch.width - sketch.margins.right - 4.0, y), Side::End, Mark::LimitText);
}

/// Rows for the table under a tile: about `most` looks, spread evenly, the last always among them.
pub fn table_rows(spec: &Sequence, most: usize) -> Vec<Vec<String>> {
    let reach = spec.points.iter().map(|p| p.estimate.abs()).fold(0.0, f64::max);
    let decimals = spec.unit.decimals(&ticks::nice(0.0, reach.max(1e-6))) + 1;
    let stride = spec.points.len().div_ceil(most.max(1)).max(1);
    let mut rows: Vec<&SequencePoint> = spec.points.iter().rev().step_by(stride).collect();
    rows.reverse();
    rows.into_iter()
        .map(|p| {
            [p.lower, p.estimate, p.upper].into_iter().fold(vec![count(p.n)], |mut row, v| {
                row.push(spec.unit.signed(v, decimals));
                row
            })
        })
        .collect()
}
