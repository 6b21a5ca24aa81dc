//! Drift of a deployment: features over time as a heat map, worst first; one feature in detail; the prediction mix.

use super::feature::FeatureInDetail;
use super::head::{Changes, DeploymentFrame, DeploymentTabs, events};
use super::over_time::predictions;
use super::{use_name, use_tick};
use crate::charts::{Heat, HeatRow, heat};
use crate::components::prelude::*;
use crate::words::Unit;
use contract::DeploymentName;
use contract::urls;
use contract::verdict::Verdict;
use contract::views::common::{Column, Table as Data};
use contract::views::drift::{DriftView, FeatureRow, JointDrift};

#[server]
async fn drift(name: DeploymentName, asked: Asked, feature: Option<String>) -> Outcome<DriftView> {
    let (cx, who) = crate::session::reader().await?;
    Ok(control::monitoring::drift(&cx, &who, &name, asked.at(cx.now()), feature.as_deref()).await?)
}

#[component]
pub fn DriftPage() -> impl IntoView {
    let asked = use_range("1h");
    let name = use_name();
    let tick = use_tick(name);
    let here = here();
    let feature = Memo::new(move |_| here.get("feature"));
    let view = Resource::new_blocking(
        move || (name.get(), asked.get(), feature.get(), tick.get()),
        |(name, asked, feature, _)| drift(name, asked, feature),
    );
    view! {
        <Loaded res=view let:view>
            <DeploymentFrame head=view.head.clone() tab="drift" asked>
                <Answer answer=view.answer.clone()/>
                <DeploymentTabs head=view.head.clone() tab="drift"/>
                <Features view=view.clone()/>
                {view.selected.clone().map(|selected| view! { <FeatureInDetail selected view=view.clone()/> })}
                {view.joint.clone().map(|joint| view! { <Together joint/> })}
                <Predictions view=view.clone()/>
                <Changes changes=view.changes.clone() head=view.head.clone()/>
            </DeploymentFrame>
        </Loaded>
    }
}

#[component]
fn Features(view: DriftView) -> impl IntoView {
    let spec = Heat {
        about: format!("Distance of each feature of {} from its training data, over time", view.head.name),
        reading: view.answer.sentence.clone(),
        columns: view.windows.clone(),
        rows: view
            .features
            .iter()
            .map(|row| HeatRow {
                label: row.feature.clone(),
                cells: row.cells.iter().map(|cell| cell.distance.filter(|_| cell.verdict != Verdict::Insufficient)).collect(),
            })
            .collect(),
        limit: view.threshold,
        events: events(&view.changes, &view.head),
    };
    let (head, rows) = spec.table(30);
    let columns = head.into_iter().enumerate().map(|(i, name)| Column { name, numeric: i > 0 }).collect();
    let table = Data { caption: "Distance by feature and time".into(), columns, rows };
    let drawn = !view.windows.is_empty();
    let title = title(&view.features, view.threshold);
    view! {
        <Section title="Features" id="features" hint="Distance from the training data; what drifts and matters most to the model first.">
            {drawn.then(|| view! { <Figure title drawing=heat(&spec) key=spec.key() table/> })}
            <FeatureTable rows=view.features threshold=view.threshold/>
            {(!view.budget.is_empty()).then(|| view! { <p class="small soft">{view.budget}</p> })}
        </Section>
    }
}

/// The finding of the heat map.
fn title(rows: &[FeatureRow], threshold: f64) -> String {
    let limit = words::number(threshold, 2);
    let is_far = |row: &&FeatureRow| row.now.distance.is_some_and(|distance| distance >= threshold);
    let over: Vec<&FeatureRow> = rows.iter().filter(|row| row.now.verdict == Verdict::Fail).filter(is_far).collect();
    match over.as_slice() {
        [] => format!("No feature is above {limit} with enough evidence now"),
        [one] => format!("{} is above {limit}, the other {} are not", one.feature, rows.len() - 1),
        many => format!("{} of {} features are above {limit}", many.len(), rows.len()),
    }
}

#[component]
fn FeatureTable(rows: Vec<FeatureRow>, threshold: f64) -> impl IntoView {
    let cols = vec![
        Col::new("Feature"),
        Col::new("Now"),
        Col::new("Distance").number(),
        Col::new("Importance").number(),
        Col::new("Rows").number(),
        Col::new("Measure"),
    ];
    view! {
        <Table label="Features, by drift and importance" cols class="pairs">
            {rows
                .into_iter()
                .map(|row| {
                    let (state, word) = match row.now.verdict {
                        Verdict::Pass => (State::Ok, "Like the training data".to_string()),
                        // Drift of the values is told by its limit, everything else by what is wrong.
                        Verdict::Fail if row.wrong.is_empty() || row.wrong == "Drifted" => {
                            (State::Bad, format!("Drifted above {}", words::number(threshold, 2)))
                        }
                        Verdict::Fail => (State::Bad, row.wrong.clone()),
                        Verdict::Insufficient => (State::Unknown, "Not enough data".to_string()),
                    };
                    let distance = row.now.distance.map_or("–".into(), |distance| words::number(distance, 3));
                    view! {
                        <Row>
                            <Name name=row.feature.clone() href=row.url/>
                            <Cell label="Now"><StateMark state word/></Cell>
                            <Cell label="Distance" number=true>{distance}</Cell>
                            <Cell label="Importance" number=true>{row.importance.map_or("–".into(), |share| words::percent(share, 0))}</Cell>
                            <Cell label="Rows" number=true>{words::count(row.now.rows)}</Cell>
                            <Cell label="Measure">{row.measure}</Cell>
                        </Row>
                    }
                })
                .collect_view()}
        </Table>
    }
}

/// How the features go together: what no single one of them shows.
#[component]
fn Together(joint: JointDrift) -> impl IntoView {
    let cols = vec![Col::new("Pair"), Col::new("Training").number(), Col::new("Now").number()];
    view! {
        <Section title="Features together" id="together" hint="Whether they go together as in the training data, however each is distributed.">
            <p><StateMark state=joint.state word=joint.sentence/></p>
            {(!joint.pairs.is_empty() && joint.rows > 0)
                .then(|| view! {
                    <Table label="Correlations that changed most" cols class="pairs">
                        {joint
                            .pairs
                            .into_iter()
                            .map(|pair| view! {
                                <Row>
                                    <Name name=format!("{} and {}", pair.first, pair.second)/>
                                    <Cell label="Training" number=true>{words::number(pair.reference, 2)}</Cell>
                                    <Cell label="Now" number=true>{words::number(pair.current, 2)}</Cell>
                                </Row>
                            })
                            .collect_view()}
                    </Table>
                })}
            <p class="small soft">{joint.method}</p>
        </Section>
    }
}

#[component]
fn Predictions(view: DriftView) -> impl IntoView {
    let prediction = view.prediction;
    let title = &prediction.title;
    let figure = predictions(title.clone(), &prediction.sentence, title, &prediction.over_time, &view.head, &view.changes);
    let said = |value: Option<f64>| {
        value.map_or("–".to_string(), |value| figure.unit.said(value, if figure.unit == Unit::Share { 1 } else { 2 }))
    };
    let headline = format!("{title}: {} now, {} on the training data", said(prediction.current), said(prediction.reference));
    let url = urls::deployment(&view.head.name, "quality");
    view! {
        <Section title="Predictions" id="predictions" link=("Quality".to_string(), url)>
            <StateMark state=prediction.state word=prediction.sentence.clone()/>
            <Figure title=headline drawing=figure.drawing table=figure.table/>
        </Section>
    }
}
