//! What matters most: one sentence per input, the weights, and how the answer changes with the strongest.

use crate::charts::{Bar, Bars, Curve, CurvePoint, Whisker, Whiskers, bars, curve, whiskers};
use crate::components::prelude::*;
use crate::words::Unit;
use contract::views::common::Table;
use contract::views::report::{Dependence, Importance};

#[component]
pub fn Matters(importance: Importance, dependence: Vec<Dependence>, share: bool) -> impl IntoView {
    let sentence = importance.sentence.clone();
    let side = format!("{}, over {}.", importance.measure, words::plural(importance.rows, "row", "rows"));
    let told: Vec<(String, String)> = importance
        .bars
        .iter()
        .filter(|bar| !bar.sentence.is_empty())
        .map(|bar| (bar.label.clone(), bar.sentence.clone()))
        .collect();
    view! {
        <section>
            <h2><span class="no">"2"</span>"What matters most"</h2>
            <p>{sentence}</p>
            <p class="side">{side}</p>
            <dl class="words">{told.into_iter().map(|(label, sentence)| view! { <div><dt>{label}</dt><dd>{sentence}</dd></div> }).collect_view()}</dl>
            <ImportanceFigure importance/>
            {dependence.into_iter().map(|part| view! { <DependenceFigure part share/> }).collect_view()}
        </section>
    }
}

/// Weights of inputs; each the share of the sum of all.
#[component]
pub fn ImportanceFigure(importance: Importance) -> impl IntoView {
    const SHOWN: usize = 10;
    let Importance { headline, measure, bars: weights, .. } = importance;
    let bar = |label: String, value: f64| Bar { label, value, reference: None, over: false };
    let mut drawn: Vec<Bar> = weights.iter().take(SHOWN).map(|weight| bar(weight.label.clone(), weight.share)).collect();
    if let rest @ 1.. = weights.len().saturating_sub(SHOWN) {
        let share = weights.iter().skip(SHOWN).map(|weight| weight.share).sum();
        drawn.push(bar(format!("{rest} other inputs together"), share));
    }
    let drawing = bars(&Bars {
        about: "Weight of each input".into(),
        reading: headline.clone(),
        unit: Unit::Share,
        bars: drawn,
        ..Bars::default()
    });
    let mut table = Table::new("weight of inputs", &["Input", "#Share", &format!("#{measure}"), "#95% interval"]);
    table.rows = weights
        .into_iter()
        .map(|weight| {
            let interval = match (weight.estimate.lower, weight.estimate.upper) {
                (Some(low), Some(high)) => format!("{} to {}", words::number(low, 4), words::number(high, 4)),
                _ => "–".into(),
            };
            vec![weight.label, words::percent(weight.share, 1), words::number(weight.estimate.value, 4), interval]
        })
        .collect();
    view! { <Figure title=headline drawing table/> }
}

#[component]
fn DependenceFigure(part: Dependence, share: bool) -> impl IntoView {
    let Dependence { label, headline, points, numeric, .. } = part;
    let unit = if share { Unit::Share } else { Unit::Plain };
    let decimals = if share { 1 } else { 2 };
    let about = format!("Average answer by {label}");
    let drawing = if numeric {
        let points = points
            .iter()
            .filter_map(|point| Some(CurvePoint { x: point.x?, mean: point.mean, low: point.lower, high: point.upper }));
        curve(&Curve {
            about,
            reading: headline.clone(),
            unit,
            x_label: label.clone(),
            label: "average score".into(),
            points: points.collect(),
        })
    } else {
        let rows = points.iter().map(|point| Whisker {
            label: point.label.clone(),
            estimate: point.mean,
            low: point.lower,
            high: point.upper,
            note: unit.bare(point.mean, decimals),
            ..Whisker::default()
        });
        whiskers(&Whiskers { about, reading: headline.clone(), unit, rows: rows.collect(), ..Whiskers::default() })
    };
    let mut table = Table::new(format!("average answer by {}", label.to_lowercase()), &[&label, "#Average", "#95% interval"]);
    table.rows = points
        .into_iter()
        .map(|point| {
            let interval = format!("{} to {}", unit.bare(point.lower, decimals), unit.bare(point.upper, decimals));
            vec![point.label, unit.bare(point.mean, decimals), interval]
        })
        .collect();
    view! {
        <Figure title=headline sentence="The average answer with everything else left as it is, and its 95% interval." drawing table/>
    }
}
