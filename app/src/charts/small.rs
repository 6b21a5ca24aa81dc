//! Charts the size of a word: a sparkline, and a value against its limit.

use super::backend::escape;
use std::fmt::Write;

/// A line of 64 by 20 with a dot at its end; `says` is what it shows, with the last value.
pub fn sparkline(values: &[Option<f64>], says: &str) -> String {
    let known = || values.iter().flatten().copied().filter(|value| value.is_finite());
    let (low, high) = known().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    let span = if high > low { high - low } else { 1.0 };
    let step = 58.0 / (values.len().saturating_sub(1).max(1)) as f64;
    let mut path = String::new();
    let mut pen_up = true;
    let mut last = None;
    for (i, value) in values.iter().enumerate() {
        match value.filter(|value| value.is_finite()) {
            Some(value) => {
                let (x, y) = (2.0 + step * i as f64, 17.0 - (value - low) / span * 14.0);
                // Writing to a string does not fail.
                let _ = write!(path, "{}{x:.1} {y:.1}", if pen_up { 'M' } else { 'L' });
                pen_up = false;
                last = Some((x, y));
            }
            None => pen_up = true,
        }
    }
    let dot = last.map(|(x, y)| format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"1.75\"/>")).unwrap_or_default();
    format!(
        "<svg class=\"spark\" width=\"64\" height=\"20\" viewBox=\"0 0 64 20\" role=\"img\" aria-label=\"{}\"><path d=\"{path}\"/>{dot}</svg>",
        escape(says)
    )
}

/// A bar of 72 by 8 that fills towards a limit; red past it. The number stands beside it, so it is hidden from readers.
pub fn bullet(value: f64, limit: f64) -> String {
    let scale = 56.0 / if limit > 0.0 { limit } else { 1.0 };
    let width = if value.is_finite() { (value * scale).clamp(0.0, 72.0) } else { 0.0 };
    let class = if value > limit { "v bad" } else { "v" };
    format!(
        "<svg class=\"bullet\" width=\"72\" height=\"8\" viewBox=\"0 0 72 8\" aria-hidden=\"true\"><rect class=\"track\" y=\"3\" width=\"72\" height=\"2\"/>\
         <rect class=\"{class}\" y=\"2\" width=\"{width:.1}\" height=\"4\"/><path class=\"lim\" d=\"M56 0v8\"/></svg>"
    )
}
