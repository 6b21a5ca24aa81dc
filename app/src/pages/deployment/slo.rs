//! Objectives of a deployment: how much of the error budget is left, how fast it goes, and what each rule sees.

use super::head::events;
use super::overview::{lines, series_table};
use crate::charts::{Limit, TimeSeries, time_series};
use crate::components::prelude::*;
use crate::words::Unit;
use contract::Verdict;
use contract::rollout::Worse;
use contract::time::{DAY, span_words};
use contract::views::parts::{Change, Series};
use contract::views::slo::{Objective, ObjectiveView, SloView};

/// The section on the latency page.
#[component]
pub fn Objectives(view: SloView, changes: Vec<Change>) -> impl IntoView {
    let days = view.days;
    view! {
        <Section title="Objectives" id="objectives" hint=format!("The error budget is what may go wrong in {days} days.")>
            <p>{view.answer.headline.clone()}". "{view.answer.sentence.clone()}</p>
            <Budgets view=view.clone()/>
            <Rules view=view.clone()/>
            <div class="figures">
                <Left view=view.clone()/>
                <Speed view changes/>
            </div>
        </Section>
    }
}

/// `61.0%`; `more than all` where nothing is left.
fn left_words(left: Option<f64>) -> String {
    match left {
        None => "–".into(),
        Some(left) if left < 0.0 => "none".into(),
        Some(left) => words::percent(left, 1),
    }
}

fn name(objective: Objective) -> &'static str {
    match objective {
        Objective::Availability => "Availability",
        Objective::Latency => "Latency",
    }
}

#[component]
fn Budgets(view: SloView) -> impl IntoView {
    let cols = vec![
        Col::new("Objective"),
        Col::new("State"),
        Col::new("Budget left").number(),
        Col::new("Bad").number(),
        Col::new("Requests").number(),
    ];
    view! {
        <Table label="Objectives and their error budgets" cols class="pairs">
            {view
                .objectives
                .into_iter()
                .map(|one| {
                    let word = match one.state {
                        State::Ok => "Kept",
                        State::Unknown => "Not enough data",
                        State::Watch => "Used up",
                        _ => "Goes too fast",
                    };
                    let word = if one.burns.iter().any(|burn| burn.verdict == Verdict::Fail) { "Goes too fast" } else { word };
                    let used = one.left.filter(|left| *left < 0.0).map(|left| format!("{} used", words::percent(1.0 - left, 0))).unwrap_or_default();
                    view! {
                        <Row>
                            <Name name=name(one.objective) sub=one.name.clone()/>
                            <Cell label="State"><StateMark state=one.state word/></Cell>
                            <Cell label="Budget left" number=true sub=used>{left_words(one.left)}</Cell>
                            <Cell label="Bad" number=true>{words::count(one.bad)}</Cell>
                            <Cell label="Requests" number=true>{words::count(one.requests)}</Cell>
                        </Row>
                    }
                })
                .collect_view()}
        </Table>
    }
}

#[component]
fn Rules(view: SloView) -> impl IntoView {
    let cols = vec![
        Col::new("Alert rule"),
        Col::new("Objective"),
        Col::new("Long window").number(),
        Col::new("Short window").number(),
        Col::new("Verdict"),
    ];
    let times = |burn: Option<f64>| {
        burn.map_or("–".to_string(), |burn| format!("{}×", words::number(burn, if burn < 10.0 { 2 } else { 0 })))
    };
    let rows = move |one: ObjectiveView| {
        let objective = one.objective;
        one.burns.into_iter().map(move |burn| {
            let (state, word) = match burn.verdict {
                Verdict::Pass => (State::Ok, "Quiet"),
                Verdict::Fail => (State::Bad, "Fires"),
                Verdict::Insufficient => (State::Unknown, "Not enough data"),
            };
            let rule = format!("{}× over {} and {}", burn.factor, span_words(burn.long_ms), span_words(burn.short_ms));
            view! {
                <Row>
                    <Name name=rule/>
                    <Cell label="Objective">{name(objective)}</Cell>
                    <Cell label="Long window" number=true>{times(burn.long)}</Cell>
                    <Cell label="Short window" number=true>{times(burn.short)}</Cell>
                    <Cell label="Verdict"><StateMark state word/></Cell>
                </Row>
            }
        })
    };
    view! {
        <Table label="Burn-rate rules" cols class="pairs">
            {view.objectives.into_iter().flat_map(rows).collect_view()}
        </Table>
    }
}

fn series(view: &SloView, of: fn(&ObjectiveView) -> &Vec<contract::views::parts::Point>) -> Vec<Series> {
    view.objectives.iter().map(|one| Series { name: name(one.objective).to_lowercase(), points: of(one).clone() }).collect()
}

/// What is left at the end of each day.
#[component]
fn Left(view: SloView) -> impl IntoView {
    let series = series(&view, |one| &one.left_over_time);
    let title = match view.objectives.iter().min_by(|a, b| a.left.unwrap_or(1.0).total_cmp(&b.left.unwrap_or(1.0))) {
        Some(least) if least.left.is_some() => {
            format!("Error budget left, {} days: {} of {}", view.days, left_words(least.left), least.objective.word())
        }
        _ => format!("Error budget left, {} days", view.days),
    };
    let to = view.head.updated_at;
    let first = series.iter().filter_map(|one| one.points.first()).map(|point| point.at).min().unwrap_or(to);
    let spec = TimeSeries {
        about: format!("Error budget left of {}, by day", view.head.name),
        reading: title.clone(),
        from: if to - first < DAY { contract::Millis(to.0 - DAY) } else { first },
        to,
        unit: Unit::Share,
        lines: lines(&series),
        from_zero: true,
        empty: "No requests to count yet.".into(),
        ..TimeSeries::default()
    };
    let table = series_table("Error budget left, by day", &series, |left| words::percent(left, 2));
    view! { <Figure title sentence="Below zero more went wrong than was allowed." drawing=time_series(&spec) table/> }
}

/// Burn rates over the page's range.
#[component]
fn Speed(view: SloView, changes: Vec<Change>) -> impl IntoView {
    let series = series(&view, |one| &one.burn_over_time);
    let highest = series.iter().flat_map(|one| &one.points).filter_map(|point| point.value).fold(0.0, f64::max);
    let title = if highest < 1.0 {
        "The budget goes slower than it may".to_string()
    } else {
        format!("At its fastest the budget went {} times as fast as it may", words::number(highest, 1))
    };
    // A limit far above everything would flatten the lines.
    let limit = (highest > 3.0).then(|| Limit { value: 14.4, label: "14.4× over an hour pages".into(), worse: Worse::Higher });
    let spec = TimeSeries {
        about: format!("Burn rate of the error budgets of {}", view.head.name),
        reading: title.clone(),
        from: view.head.from,
        to: view.head.to,
        unit: Unit::Plain,
        lines: lines(&series),
        limit,
        events: events(&changes, &view.head),
        from_zero: true,
        empty: "No requests in this time.".into(),
        ..TimeSeries::default()
    };
    let sentence = format!("Burn rate by {}: 1 uses up the budget in exactly {} days.", span_words(view.span_ms), view.days);
    let table = series_table("Burn rate", &series, |burn| words::number(burn, 2));
    view! { <Figure title sentence drawing=time_series(&spec) table/> }
}
