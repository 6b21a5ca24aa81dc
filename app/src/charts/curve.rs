//! A curve over a number with its band: how the mean score changes with one input.

use super::mark::Mark;
use super::sketch::{Margins, Side, Sketch, text_width};
use super::{Drawing, NARROW, WIDE, ticks};
use crate::words::{Unit, number};

/// One point: x, mean, lower and upper end of its interval.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CurvePoint {
    pub x: f64,
    pub mean: f64,
    pub low: f64,
    pub high: f64,
}

/// One curve.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    pub about: String,
    pub reading: String,
    /// Of the y axis.
    pub unit: Unit,
    /// What the x axis counts.
    pub x_label: String,
    /// Words at the end of the line.
    pub label: String,
    /// In order of x.
    pub points: Vec<CurvePoint>,
}

/// Draws the curve 680 and 372 wide.
pub fn curve(spec: &Curve) -> Drawing {
    Drawing { wide: draw(spec, WIDE, "wide"), narrow: Some(draw(spec, NARROW, "narrow")), broad: None }
}

fn draw(spec: &Curve, width: f64, class: &str) -> String {
    let ends = |pick: fn(&CurvePoint) -> [f64; 2]| {
        let values = || spec.points.iter().flat_map(pick).filter(|value| value.is_finite());
        (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max))
    };
    let (low, high) = ends(|point| [point.low.min(point.mean), point.high.max(point.mean)]);
    // A share starts at nothing, so that a small effect looks small.
    let low = if spec.unit == Unit::Share { low.min(0.0) } else { low };
    let y = ticks::nice(low, if high > low { high } else { low + 1.0 });
    let decimals = spec.unit.decimals(&y);
    let left = y.iter().map(|tick| text_width(&spec.unit.bare(*tick, decimals))).fold(16.0, f64::max) + 14.0;
    let margins = Margins { left, top: 14.0, right: text_width(&spec.label) + 20.0, bottom: 46.0 };
    let (first, last) = ends(|point| [point.x, point.x]);
    let height = 230.0;
    let sketch = Sketch::new(width, height, margins, (first, last), (y[0], y[y.len() - 1]));
    sketch.y_axis(&y, |tick| spec.unit.bare(tick, decimals));
    let x = ticks::nice(first, last);
    let x_decimals = ticks::decimals(&x);
    let stride = if class == "narrow" { x.len().div_ceil(4).max(1) } else { 1 };
    let inside = x.iter().filter(|tick| **tick >= first && **tick <= last).step_by(stride);
    sketch.x_axis(&inside.map(|tick| (*tick, number(*tick, x_decimals))).collect::<Vec<_>>());
    sketch.text(&spec.x_label, (left, height - 6.0), Side::Start, Mark::Plain);
    sketch.band(&spec.points.iter().map(|point| (point.x, point.low, point.high)).collect::<Vec<_>>(), Mark::Band);
    sketch.broken_line(&spec.points.iter().map(|point| (point.x, Some(point.mean))).collect::<Vec<_>>(), Mark::Subject);
    for point in &spec.points {
        let said = |value: f64| spec.unit.bare(value, decimals + 1);
        let words = format!(
            "{} {}: {} ({} to {})",
            spec.x_label,
            number(point.x, x_decimals),
            said(point.mean),
            said(point.low),
            said(point.high)
        );
        sketch.saying(words);
        sketch.px_dot((sketch.px_x(point.x), sketch.px_y(point.mean)), 6.0, Mark::Hit);
    }
    if let Some(end) = spec.points.last() {
        sketch.text(&spec.label, (sketch.px_x(end.x) + 8.0, sketch.px_y(end.mean) + 4.0), Side::Start, Mark::SubjectText);
    }
    sketch.finish(class, &spec.about, &spec.reading)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_of_nothing_and_of_one_point_is_still_a_drawing() {
        for points in [vec![], vec![CurvePoint { x: 3.0, mean: 0.2, low: 0.1, high: 0.3 }]] {
            let drawing = curve(&Curve { about: "Score".into(), unit: Unit::Share, points, ..Curve::default() });
            assert!(drawing.wide.starts_with("<svg") && !drawing.wide.contains("NaN"), "{}", drawing.wide);
        }
    }

    #[test]
    fn every_point_can_be_read() {
        let point = |x: f64| CurvePoint { x, mean: x / 10.0, low: x / 10.0 - 0.05, high: x / 10.0 + 0.05 };
        let spec = Curve {
            about: "Score by age".into(),
            x_label: "Age".into(),
            unit: Unit::Share,
            points: vec![point(1.0), point(2.0)],
            ..Curve::default()
        };
        let svg = curve(&spec).wide;
        assert!(svg.contains("Age 1") && svg.contains("Age 2") && svg.contains("band"), "{svg}");
    }
}
