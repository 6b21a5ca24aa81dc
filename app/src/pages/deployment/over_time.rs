//! Lines over time, as the tabs of a deployment draw them: the chart of its predictions, and the data behind lines.

use super::head::events;
use crate::charts::{self, Drawing, TimeSeries, mark::Mark, time_series};
use crate::words::Unit;
use contract::views::common::Table as Data;
use contract::views::deployment::Head;
use contract::views::parts::{Change, Series};

/// A drawing with the data behind it, and the unit of its numbers.
pub struct OverTime {
    pub drawing: Drawing,
    pub table: Data,
    pub unit: Unit,
}

/// What a deployment answered: shares where all values are from 0 to 1, plain numbers otherwise.
pub fn predictions(about: String, reading: &str, title: &str, series: &[Series], head: &Head, changes: &[Change]) -> OverTime {
    let share =
        series.iter().flat_map(|one| &one.points).filter_map(|point| point.value).all(|value| (0.0..=1.0).contains(&value));
    let unit = if share { Unit::Share } else { Unit::Plain };
    let spec = TimeSeries {
        about,
        reading: reading.into(),
        from: head.from,
        to: head.to,
        unit,
        lines: lines(series),
        events: events(changes, head),
        from_zero: share,
        empty: "No predictions in this time.".into(),
        ..TimeSeries::default()
    };
    OverTime { drawing: time_series(&spec), table: series_table(title, series, |value| unit.said(value, 2)), unit }
}

/// Lines over time: the first is the subject where it stands alone.
pub fn lines(series: &[Series]) -> Vec<charts::Line> {
    let single = series.len() == 1;
    series
        .iter()
        .enumerate()
        .map(|(i, one)| charts::line(one.name.clone(), if single { Mark::Subject } else { Mark::series(i) }, &one.points))
        .collect()
}

/// The data behind lines over time: a row a moment, a column a line.
pub fn series_table(caption: &str, series: &[Series], said: impl Fn(f64) -> String) -> Data {
    let names: Vec<String> =
        std::iter::once("Time, UTC".to_string()).chain(series.iter().map(|one| format!("#{}", one.name))).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut table = Data::new(caption, &names);
    let moments = series.first().map(|one| one.points.as_slice()).unwrap_or_default();
    table.rows = moments
        .iter()
        .enumerate()
        .map(|(i, point)| {
            let cells = series.iter().map(|one| one.points.get(i).and_then(|point| point.value).map_or("–".into(), &said));
            std::iter::once(point.at.rfc3339()).chain(cells).collect()
        })
        .collect();
    table
}
