//! Is it better: the candidate, the champion and the simple rule on the same rows, with intervals.

use super::summary::SECTIONS;
use crate::charts::{Whisker, Whiskers, whiskers};
use crate::components::prelude::*;
use crate::words::Unit;
use contract::VersionNo;
use contract::views::approvals::{Bar, Better};

#[component]
pub fn BetterPart(better: Better, version: VersionNo) -> impl IntoView {
    let Better { answer, sentence, metric, higher_is_better, share, bars, table, method, .. } = better;
    let claim = if sentence.starts_with(&answer) { sentence } else { format!("{answer} {sentence}") };
    let title = format!("{metric} on the same rows, {} is better", if higher_is_better { "higher" } else { "lower" });
    let drawing = (!bars.is_empty()).then(|| {
        whiskers(&Whiskers {
            about: format!("{metric} of version {version} and of what it is compared with"),
            reading: bars.iter().map(|bar| format!("{}: {}", bar.name, bar.text)).collect::<Vec<_>>().join(". "),
            unit: if share { Unit::Share } else { Unit::Plain },
            rows: bars.iter().map(whisker).collect(),
            ..Whiskers::default()
        })
    });
    let table_in = (!table.rows.is_empty()).then_some(table);
    view! {
        <Evidence no=2 question="Is it better" claim source=method id=SECTIONS[1]>
            {drawing.map(|drawing| view! { <ComparedFigure title drawing table=table_in/> })}
        </Evidence>
    }
}

#[component]
fn ComparedFigure(
    title: String,
    drawing: crate::charts::Drawing,
    table: Option<contract::views::common::Table>,
) -> impl IntoView {
    view! {
        <figure class="figure">
            <figcaption><h3>{title}</h3></figcaption>
            <Plot svg=drawing.svg()/>
            {table.map(|table| view! { <DataBehind table/> })}
        </figure>
    }
}

/// The subject is filled; what it is compared with is hollow.
fn whisker(bar: &Bar) -> Whisker {
    let (low, high) = (bar.low.unwrap_or(f64::NAN), bar.high.unwrap_or(f64::NAN));
    let base = Whisker { label: bar.name.clone(), note: bar.text.clone(), ..Whisker::default() };
    if bar.role == "candidate" {
        Whisker { estimate: bar.value, low, high, ..base }
    } else {
        let or_value = |end: f64| if end.is_finite() { end } else { bar.value };
        Whisker {
            estimate: f64::NAN,
            low: f64::NAN,
            high: f64::NAN,
            reference: Some((bar.value, or_value(low), or_value(high))),
            ..base
        }
    }
}
