//! Quality by group: this version against the champion on the same rows, with intervals.

use crate::charts::{Whisker, Whiskers, whiskers};
use crate::components::prelude::*;
use crate::words::Unit;
use contract::views::common::Table;
use contract::views::gates::{SegmentLine, SegmentTable};

#[component]
pub fn SegmentFigure(table: SegmentTable) -> impl IntoView {
    let unit = if table.share { Unit::Share } else { Unit::Plain };
    let decimals = if table.share { 1 } else { 3 };
    let known = table.lines.iter().any(|line| line.candidate.is_some());
    let title = table.title.clone();
    let sentence = table.note.clone();
    if !known {
        return view! { <Empty icon=Icon::Unknown title hint=sentence/> }.into_any();
    }
    let rows = table.lines.iter().map(|line| Whisker {
        label: label(line),
        estimate: line.candidate.unwrap_or(f64::NAN),
        low: line.low.unwrap_or(f64::NAN),
        high: line.high.unwrap_or(f64::NAN),
        reference: line.champion.map(|champion| (champion, champion, champion)),
        note: note(line),
    });
    let drawing = whiskers(&Whiskers {
        about: format!("{} by group", table.metric),
        reading: title.clone(),
        unit,
        signed: false,
        rows: rows.collect(),
        limit: None,
    });
    let data = data(&table, unit, decimals);
    let mut key = vec![("dot", "this version, 95% interval".to_string())];
    if table.lines.iter().any(|line| line.champion.is_some()) {
        key.push(("dot-ref", "champion, same rows".to_string()));
    }
    view! { <Figure title sentence drawing table=data key/> }.into_any()
}

fn label(line: &SegmentLine) -> String {
    if line.segment.is_empty() { line.group.clone() } else { format!("{}: {}", line.segment, line.group) }
}

fn note(line: &SegmentLine) -> String {
    let n = words::count(line.n);
    match (line.candidate, line.found) {
        (None, _) => format!("{n} rows, too few"),
        (_, true) => format!("{n} rows, found by search"),
        (_, false) => format!("{n} rows"),
    }
}

fn data(table: &SegmentTable, unit: Unit, decimals: usize) -> Table {
    let said = |value: Option<f64>| value.map_or_else(|| "–".to_string(), |value| unit.bare(value, decimals));
    let caption = format!("{} by group", table.metric.to_lowercase());
    let mut data = Table::new(caption, &["Group", "#Rows", "#This version", "#95% interval", "#Champion", "#Simple rule"]);
    data.rows = table
        .lines
        .iter()
        .map(|line| {
            let interval = match (line.low, line.high) {
                (Some(low), Some(high)) => format!("{} to {}", unit.bare(low, decimals), unit.bare(high, decimals)),
                _ => "–".to_string(),
            };
            vec![label(line), words::count(line.n), said(line.candidate), interval, said(line.champion), said(line.rule)]
        })
        .collect();
    data
}
