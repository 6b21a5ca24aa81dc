//! Lines over time with their band, limit and events, each named at its end.

use super::mark::Mark;
use super::sketch::{Margins, Side, Sketch, text_width};
use super::{ChartEvent, Drawing, Limit, NARROW, Worse, ticks};
use crate::words::{Unit, cut_middle};
use contract::Millis;

/// One line. The first is the subject unless marked otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub label: String,
    pub mark: Mark,
    /// Value at each moment; `None` breaks the line.
    pub points: Vec<(Millis, Option<f64>)>,
}

/// A band over time: a confidence interval, or the range in which nothing has changed.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeBand {
    pub label: String,
    /// [`Mark::Band`] for the subject's interval, [`Mark::BandReference`] for what is usual.
    pub mark: Mark,
    /// Lower and upper edge at each moment.
    pub points: Vec<(Millis, f64, f64)>,
}

/// Everything a chart over time shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimeSeries {
    /// What is drawn, for those who hear it: `p99 latency of card-fraud-score, by minute`.
    pub about: String,
    /// What it shows, in one or two sentences.
    pub reading: String,
    pub from: Millis,
    pub to: Millis,
    pub unit: Unit,
    pub lines: Vec<Line>,
    pub band: Option<TimeBand>,
    /// A second band, under the first: that of what the subject is compared with.
    pub beside: Option<TimeBand>,
    pub limit: Option<Limit>,
    pub events: Vec<ChartEvent>,
    /// Bars and shares start at zero; lines may not.
    pub from_zero: bool,
    /// Said in the middle of the frame when there is nothing to draw: what is missing, how much, and when.
    pub empty: String,
}

/// Names of events in the order of time: letters for changes, `!` for alerts.
pub fn pins(events: &[ChartEvent]) -> Vec<(String, ChartEvent)> {
    let mut events = events.to_vec();
    events.sort_by_key(|event| event.at);
    let mut letter = 0;
    events
        .into_iter()
        .map(|event| {
            let name = if event.alert {
                "!".to_string()
            } else {
                letter += 1;
                char::from(b'A' + ((letter - 1) % 26) as u8).to_string()
            };
            (name, event)
        })
        .collect()
}

/// Draws the chart 780, 372 and 1,176 pixels wide.
pub fn time_series(spec: &TimeSeries) -> Drawing {
    Drawing {
        wide: draw(spec, 780.0, 250.0, "wide fill"),
        narrow: Some(draw(spec, NARROW, 240.0, "narrow")),
        broad: Some(draw(spec, 1_176.0, 250.0, "broad fill")),
    }
}

/// The y axis: round numbers around everything that is drawn.
fn range(spec: &TimeSeries) -> Vec<f64> {
    let lines = spec.lines.iter().flat_map(|line| line.points.iter().filter_map(|(_, y)| *y));
    let band = spec.band.iter().chain(&spec.beside).flat_map(|band| band.points.iter().flat_map(|(_, low, high)| [*low, *high]));
    let values: Vec<f64> =
        lines.chain(band).chain(spec.limit.iter().map(|limit| limit.value)).filter(|v| v.is_finite()).collect();
    let mut low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let mut high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !low.is_finite() {
        (low, high) = (0.0, 1.0);
    }
    if spec.from_zero {
        low = low.min(0.0);
    }
    if high <= low {
        high = low + if low == 0.0 { 1.0 } else { low.abs() * 0.1 };
    }
    ticks::nice(low, high)
}

fn draw(spec: &TimeSeries, width: f64, height: f64, class: &str) -> String {
    let narrow = class == "narrow";
    let ticks_y = range(spec);
    let decimals = spec.unit.decimals(&ticks_y);
    let label_of = |value: f64| spec.unit.bare(value, decimals);
    let left = ticks_y.iter().map(|tick| text_width(&label_of(*tick))).fold(16.0, f64::max) + 14.0;
    let most = if narrow { 11 } else { 18 };
    let named = spec
        .lines
        .iter()
        .map(|line| cut_middle(&line.label, most))
        .chain(spec.band.iter().chain(&spec.beside).map(|band| cut_middle(&band.label, most)));
    let right = named.map(|label| text_width(&label) + 14.0).fold(16.0, f64::max);
    let top = if spec.events.is_empty() { 14.0 } else { 40.0 };
    let margins = Margins { left, top, right, bottom: 30.0 };
    let x = (spec.from.0 as f64, spec.to.0 as f64);
    let sketch = Sketch::new(width, height, margins, x, (ticks_y[0], ticks_y[ticks_y.len() - 1]));

    sketch.y_axis(&ticks_y, label_of);
    sketch.x_axis(&ticks::times(
        spec.from,
        spec.to,
        if narrow {
            3
        } else if width > 1_000.0 {
            10
        } else {
            7
        },
    ));
    let mut labels: Vec<(f64, String, Mark)> = Vec::new();
    for band in spec.beside.iter().chain(&spec.band) {
        let points: Vec<_> = band.points.iter().map(|(at, low, high)| (at.0 as f64, *low, *high)).collect();
        sketch.band(&points, band.mark);
        if let Some((_, low, high)) = points.last() {
            labels.push((sketch.px_y(sketch.clamp_y((low + high) / 2.0)), cut_middle(&band.label, most), Mark::ReferenceText));
        }
    }
    if let Some(limit) = &spec.limit {
        draw_limit(&sketch, limit);
    }
    for line in spec.lines.iter().rev() {
        let points: Vec<_> = line.points.iter().map(|(at, y)| (at.0 as f64, *y)).collect();
        sketch.broken_line(&points, line.mark);
        if let Some((_, Some(y))) = points.iter().rev().find(|(_, y)| y.is_some()) {
            labels.push((sketch.px_y(sketch.clamp_y(*y)), cut_middle(&line.label, most), line.mark.label()));
        }
    }
    end_labels(&sketch, labels);
    draw_events(&sketch, &spec.events, narrow);
    if spec.lines.iter().all(|line| line.points.iter().all(|(_, y)| y.is_none())) && !spec.empty.is_empty() {
        let middle = (margins.left + width - margins.right) / 2.0;
        sketch.text(&spec.empty, (middle, (margins.top + height - margins.bottom) / 2.0), Side::Middle, Mark::InkText);
    }
    draw_hits(&sketch, spec);
    sketch.finish(class, &spec.about, &spec.reading)
}

/// The limit: worse side tinted, dashed line, words above it.
pub(super) fn draw_limit(sketch: &Sketch, limit: &Limit) {
    let sides: &[(f64, bool)] = match limit.worse {
        Worse::Higher => &[(limit.value, true)],
        Worse::Lower => &[(limit.value, false)],
        Worse::Either => &[(limit.value.abs(), true), (-limit.value.abs(), false)],
    };
    for (value, above) in sides {
        let value = sketch.clamp_y(*value);
        let worst = if *above { sketch.y.1 } else { sketch.y.0 };
        sketch.rect((sketch.x.0, worst), (sketch.x.1, value), Mark::Over);
        sketch.line(&[(sketch.x.0, value), (sketch.x.1, value)], Mark::Limit);
    }
    if let Some((value, above)) = sides.first() {
        let y = sketch.px_y(sketch.clamp_y(*value));
        let words = if *above && y - 6.0 >= sketch.margins.top + 10.0 { y - 6.0 } else { y + 16.0 };
        sketch.text(&limit.label, (sketch.margins.left + 4.0, words), Side::Start, Mark::LimitHalo);
    }
}

/// Words at the ends of lines, pushed apart where they would touch.
fn end_labels(sketch: &Sketch, mut labels: Vec<(f64, String, Mark)>) {
    labels.retain(|(_, label, _)| !label.is_empty());
    labels.sort_by(|a, b| a.0.total_cmp(&b.0));
    let bottom = sketch.height - sketch.margins.bottom;
    for i in 1..labels.len() {
        labels[i].0 = labels[i].0.max(labels[i - 1].0 + 15.0);
    }
    if let Some(over) = labels.last().map(|last| last.0 - bottom).filter(|over| *over > 0.0) {
        for label in &mut labels {
            label.0 -= over;
        }
    }
    let x = sketch.width - sketch.margins.right + 8.0;
    for (y, label, mark) in labels {
        sketch.text(&label, (x, y + 4.0), Side::Start, mark);
    }
}

/// Numbered pins on dotted lines; words beside a pin only where they do not touch the next one.
pub(super) fn draw_events(sketch: &Sketch, events: &[ChartEvent], narrow: bool) {
    let bottom = sketch.height - sketch.margins.bottom;
    let right = sketch.width - sketch.margins.right;
    let pins: Vec<_> =
        pins(events).into_iter().filter(|(_, event)| (sketch.x.0..=sketch.x.1).contains(&(event.at.0 as f64))).collect();
    let mut free = sketch.margins.left - 8.0;
    for (i, (name, event)) in pins.iter().enumerate() {
        let x = sketch.px_x(event.at.0 as f64);
        sketch.px_line((x, 24.0), (x, bottom), Mark::Event);
        let pin = x.max(free);
        sketch.saying(format!("{}: {}", event.at.hm(), event.label));
        sketch.px_dot((pin, 16.0), 8.0, if event.alert { Mark::PinBad } else { Mark::Pin });
        sketch.text(name, (pin, 20.0), Side::Middle, Mark::PinText);
        free = pin + 17.0;
        let next = pins.get(i + 1).map_or(right + 60.0, |(_, next)| sketch.px_x(next.at.0 as f64) - 12.0);
        let wide = text_width(&event.label);
        if !narrow && pin + 14.0 + wide < next.min(sketch.width) {
            sketch.text(&event.label, (pin + 14.0, 20.0), Side::Start, if event.alert { Mark::LimitText } else { Mark::InkText });
            free = pin + 14.0 + wide + 14.0;
        }
    }
}

/// Invisible strips that say the values at a moment, to a pointer and to the arrow keys.
fn draw_hits(sketch: &Sketch, spec: &TimeSeries) {
    let Some(longest) = spec.lines.iter().max_by_key(|line| line.points.len()) else { return };
    let stride = longest.points.len().div_ceil(160).max(1);
    let (top, bottom) = (sketch.margins.top, sketch.height - sketch.margins.bottom);
    let span = sketch.width - sketch.margins.left - sketch.margins.right;
    let width = (span / (longest.points.len().div_ceil(stride).max(1) as f64)).max(4.0);
    let ticks = range(spec);
    let decimals = spec.unit.decimals(&ticks) + 1;
    for (i, (at, _)) in longest.points.iter().enumerate().step_by(stride) {
        let values: Vec<String> = spec
            .lines
            .iter()
            .filter_map(|line| {
                let (_, y) = line
                    .points
                    .get(i)
                    .filter(|(when, _)| when == at)
                    .or_else(|| line.points.iter().find(|(when, _)| when == at))?;
                y.map(|y| format!("{} {}", line.label, spec.unit.said(y, decimals)))
            })
            .collect();
        if values.is_empty() {
            continue;
        }
        let x = sketch.px_x(at.0 as f64);
        let when =
            if spec.to - spec.from > contract::time::DAY { format!("{} {}", ticks::short_date(*at), at.hm()) } else { at.hm() };
        sketch.saying(format!("{when}: {}", values.join(", ")));
        sketch.px_rect((x - width / 2.0, top), (x + width / 2.0, bottom), Mark::Hit);
    }
}
