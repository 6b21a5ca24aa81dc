//! One feature in detail: since when it has moved, and both distributions side by side.

use super::head::events;
use crate::charts::{self, Bar, Bars, Histogram, Limit, TimeSeries, bars, histogram, mark::Mark, time_series};
use crate::components::prelude::*;
use crate::words::Unit;
use contract::rollout::Worse;
use contract::views::common::{Fact, Table as Data};
use contract::views::drift::{Attribution, DistanceLine, DriftView, Rate, SelectedFeature};

#[component]
pub fn FeatureInDetail(selected: SelectedFeature, view: DriftView) -> impl IntoView {
    let spec = TimeSeries {
        about: format!("{} of {}, over time", selected.measure, selected.feature),
        reading: selected.evidence.clone(),
        from: view.head.from,
        to: view.head.to,
        lines: vec![charts::line(selected.feature.clone(), Mark::Subject, &selected.distance)],
        limit: Some(Limit {
            value: view.threshold,
            label: format!("limit {}", words::number(view.threshold, 2)),
            worse: Worse::Higher,
        }),
        events: events(&view.changes, &view.head),
        from_zero: true,
        empty: "Not enough rows in any window of this time.".into(),
        ..TimeSeries::default()
    };
    let mut table = Data::new(format!("{}: {}", selected.feature, selected.measure), &["Time, UTC", "#Distance"]);
    table.rows = selected
        .distance
        .iter()
        .map(|point| vec![point.at.rfc3339(), point.value.map_or("–".into(), |value| words::number(value, 4))])
        .collect();
    let now = view.head.updated_at;
    let mut facts = vec![
        Fact::new("Training", selected.reference_words.clone()),
        Fact::new("Now", selected.current_words.clone()),
        Fact::new(
            "Rows",
            format!("{} now, {} in training", words::count(selected.current_rows), words::count(selected.reference_rows)),
        ),
        Fact::new("Missing", rate(&selected.missing)),
    ];
    facts.extend(selected.unseen.as_ref().map(|unseen| Fact::new("New categories", rate(unseen))));
    facts.extend(selected.out_of_range.as_ref().map(|outside| Fact::new("Outside the range", rate(outside))));
    facts.extend((!selected.stuck.is_empty()).then(|| Fact::new("Stands still", selected.stuck.clone())));
    let began = selected.attribution.as_ref().and_then(|attribution| attribution.since).or(selected.since);
    facts.extend(began.map(|since| Fact::new("Since", since.words(now))));
    facts.extend(
        selected
            .importance
            .map(|share| Fact::new("Importance", format!("{} of what the inputs do for its quality", words::percent(share, 0)))),
    );
    facts.extend(selected.detectable_at_rows.map(|rows| Fact::new("Can be told from", format!("{} rows", words::count(rows)))));
    let id = "feature";
    view! {
        <Section title=selected.feature.clone() id=id hint=selected.description.clone()>
            <div class="split">
                <div class="stack-16">
                    <Figure title=selected.headline.clone() sentence=selected.evidence.clone() drawing=time_series(&spec) table/>
                    <Distributions selected=selected.clone()/>
                    <Distances lines=selected.distances.clone() feature=selected.feature.clone()/>
                    {selected.attribution.clone().map(|attribution| view! { <Source attribution feature=selected.feature.clone()/> })}
                </div>
                <aside aria-label="The feature"><StateMark state=selected.state word=selected.measure.clone()/><Defs facts/></aside>
            </div>
        </Section>
    }
}

/// Every distance of its values from the training data, over the same rows.
#[component]
fn Distances(lines: Vec<DistanceLine>, feature: String) -> impl IntoView {
    let mut table = Data::new(format!("{feature}: all distances"), &["Distance", "#Value", "Scale"]);
    table.rows = lines.iter().map(|line| vec![line.name.clone(), words::number(line.value, 4), line.scale.clone()]).collect();
    let cols = vec![Col::new("Distance"), Col::new("Value").number(), Col::new("Scale")];
    (!lines.is_empty()).then(|| {
        view! {
            <div class="stack-8">
                <h3>"All distances"</h3>
                <Table label="All distances from the training data" cols class="pairs">
                    {lines
                        .into_iter()
                        .map(|line| view! {
                            <Row>
                                <Name name=line.name/>
                                <Cell label="Value" number=true>{words::number(line.value, 3)}</Cell>
                                <Cell label="Scale">{line.scale}</Cell>
                            </Row>
                        })
                        .collect_view()}
                </Table>
                <Download table/>
            </div>
        }
    })
}

/// Where it comes from: since when, which values, which group, and rows that show it.
#[component]
fn Source(attribution: Attribution, feature: String) -> impl IntoView {
    let cols = vec![
        Col::new("Prediction"),
        Col::new("Time, UTC"),
        Col::new(feature).number(),
        Col::new("Answer"),
        Col::new("Score").number(),
    ];
    view! {
        <div class="stack-8">
            <h3>"Where it comes from"</h3>
            <ul class="bullets">{attribution.sentences.into_iter().map(|sentence| view! { <li>{sentence}</li> }).collect_view()}</ul>
            {(!attribution.rows.is_empty())
                .then(|| view! {
                    <Table label="Rows that show it, newest first" cols class="pairs">
                        {attribution
                            .rows
                            .into_iter()
                            .map(|row| view! {
                                <Row>
                                    <Name name=row.id/>
                                    <Cell label="Time, UTC">{row.at.hms()}</Cell>
                                    <Cell label="Value" number=true>{row.value}</Cell>
                                    <Cell label="Answer">{row.label}</Cell>
                                    <Cell label="Score" number=true>{row.score.map_or("–".into(), |score| words::number(score, 3))}</Cell>
                                </Row>
                            })
                            .collect_view()}
                    </Table>
                })}
        </div>
    }
}

fn rate(rate: &Rate) -> String {
    let now = rate.current.map_or("–".into(), |current| words::percent(current, 1));
    format!("{now} now, {} in training", words::percent(rate.reference, 1))
}

#[component]
fn Distributions(selected: SelectedFeature) -> impl IntoView {
    let about = format!("Values of {}", selected.feature);
    let mut table = Data::new(format!("{}: share of rows", selected.feature), &["Value", "#Training", "#Now"]);
    table.rows = selected
        .bins
        .iter()
        .map(|bin| vec![bin.label.clone(), words::percent(bin.reference, 1), words::percent(bin.current, 1)])
        .collect();
    let title = format!("{} now and in the training data", selected.feature);
    let numeric = selected.bins.iter().any(|bin| bin.from.is_some() || bin.to.is_some());
    if numeric {
        let first = selected.bins.first().and_then(|bin| bin.from).unwrap_or(f64::NEG_INFINITY);
        let edges = std::iter::once(first).chain(selected.bins.iter().map(|bin| bin.to.unwrap_or(f64::INFINITY))).collect();
        let spec = Histogram {
            about,
            reading: selected.evidence.clone(),
            unit: Unit::Plain,
            edges,
            reference: selected.bins.iter().map(|bin| bin.reference).collect(),
            current: selected.bins.iter().map(|bin| bin.current).collect(),
            reference_median: None,
            current_median: None,
        };
        let captions = [
            format!("Training data: {}", selected.reference_words),
            format!("Now: {}; outline: training", selected.current_words),
        ];
        view! { <PairFigure title drawings=histogram(&spec) captions table/> }.into_any()
    } else {
        let spec = Bars {
            about,
            reading: selected.evidence.clone(),
            unit: Unit::Share,
            decimals: 1,
            bars: selected
                .bins
                .iter()
                .map(|bin| Bar { label: bin.label.clone(), value: bin.current, reference: Some(bin.reference), over: false })
                .collect(),
            ..Bars::default()
        };
        let key = vec![("bar", "now".to_string()), ("bar-ref", "training data".into())];
        view! { <Figure title drawing=bars(&spec) key table/> }.into_any()
    }
}
