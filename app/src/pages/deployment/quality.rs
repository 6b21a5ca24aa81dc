//! Quality of a deployment: what the outcomes say, how many are known, and where it is worse.

use super::expected::{EqualAge, Errors, Expected, Reliability};
use super::head::{Changes, DeploymentFrame, DeploymentTabs, events};
use super::{use_name, use_tick};
use crate::charts::{Limit, Line, TimeBand, TimeSeries, Whisker, Whiskers, mark::Mark, time_series, whiskers};
use crate::components::prelude::*;
use crate::words::Unit;
use contract::DeploymentName;
use contract::rollout::Worse;
use contract::time::span_words;
use contract::urls;
use contract::views::common::{Snippet, Table as Data};
use contract::views::parts::Estimate;
use contract::views::quality::{QualityView, VersionQuality};

#[server]
async fn quality(name: DeploymentName, asked: Asked) -> Outcome<QualityView> {
    let (cx, who) = crate::session::reader().await?;
    Ok(control::outcomes::quality(&cx, &who, &name, asked.at(cx.now())).await?)
}

#[component]
pub fn QualityPage() -> impl IntoView {
    let asked = use_range("1h");
    let name = use_name();
    let tick = use_tick(name);
    let view = Resource::new_blocking(move || (name.get(), asked.get(), tick.get()), |(name, asked, _)| quality(name, asked));
    view! {
        <Loaded res=view let:view>
            <DeploymentFrame head=view.head.clone() tab="quality" asked>
                <Answer answer=view.answer.clone()/>
                <DeploymentTabs head=view.head.clone() tab="quality"/>
                <Known view=view.clone()/>
                {(view.outcomes_known > 0 || view.estimated.is_some()).then(|| view! { <OverTime view=view.clone()/> })}
                <Expected view=view.clone()/>
                {if view.outcomes_known == 0 {
                    view! { <NoOutcomes/> }.into_any()
                } else {
                    view! {
                        <Errors view=view.clone()/>
                        <Versions view=view.clone()/>
                        <Segments view=view.clone()/>
                        <EqualAge view=view.clone()/>
                        <Reliability view=view.clone()/>
                    }
                        .into_any()
                }}
                <Changes changes=view.changes.clone() head=view.head.clone()/>
            </DeploymentFrame>
        </Loaded>
    }
}

/// The unit of the page's measure: accuracy is a share, errors are plain numbers.
pub fn unit(view: &QualityView) -> Unit {
    if view.higher_is_better { Unit::Share } else { Unit::Plain }
}

#[component]
fn Known(view: QualityView) -> impl IntoView {
    let share = if view.predictions == 0 {
        "–".into()
    } else {
        words::percent(view.outcomes_known as f64 / view.predictions as f64, 1)
    };
    let delay = view.delay_ms.map_or("–".into(), span_words);
    view! {
        <Stats label="Outcomes">
            <Stat label="Outcomes known" value=share sub=format!("{} of {} predictions", words::count(view.outcomes_known), words::count(view.predictions))/>
            <Stat label="Median delay" value=delay sub=view.delay_most_ms.map_or("from the prediction to its outcome".into(), |most| format!("nine of ten within {}", span_words(most)))/>
            <Stat label="On held-back data" value=view.offline.map_or("–".into(), |value| unit(&view).said(value, 1)) sub=view.measure.clone()/>
            {view.rule.clone().map(|rule| {
                let shown = if view.higher_is_better { Unit::Share } else { Unit::Plain };
                let realised = rule.realised.map_or(String::new(), |value| format!("; this version {} live", shown.said(value, 1)));
                view! { <Stat label="A simple rule" value=shown.said(rule.value, 1) sub=format!("{} on held-back data{realised}", rule.measure)/> }
            })}
            <Stat label="Unknown ids" value=words::count(view.unknown_ids) sub="outcomes without a prediction"/>
        </Stats>
    }
}

#[component]
fn NoOutcomes() -> impl IntoView {
    let code = "curl -X POST {origin}/api/v1/outcomes \\\n  -H \"Authorization: Bearer $SLIPWAY_TOKEN\" -H \"Content-Type: application/json\" \\\n  -d '{\"outcomes\":[{\"prediction_id\":\"…\",\"label\":\"yes\"}]}'";
    view! {
        <Empty title="No outcome is known yet" hint="Send the truth when it is known, late or in any order; it is joined to its prediction by id." icon=Icon::Check>
            <Snippets label="Send outcomes" snippets=vec![Snippet { label: "curl".into(), code: code.into() }]/>
        </Empty>
    }
}

#[component]
fn OverTime(view: QualityView) -> impl IntoView {
    let unit = unit(&view);
    let realised = || view.over_time.iter().filter_map(|point| point.estimate.map(|estimate| (point.at, estimate)));
    let expected = || {
        view.estimated
            .iter()
            .flat_map(|estimated| estimated.over_time.iter().filter_map(|point| Some((point.at, point.estimate?))))
    };
    let value_of = |filling: bool| {
        let points = view
            .over_time
            .iter()
            .map(move |point| (point.at, point.estimate.filter(|_| point.filling == filling).map(|estimate| estimate.value)));
        points.collect::<Vec<_>>()
    };
    let edges = |points: &mut dyn Iterator<Item = (contract::Millis, Estimate)>| {
        points.filter_map(|(at, e)| Some((at, e.lower?, e.upper?))).collect::<Vec<_>>()
    };
    let mut lines = vec![Line { label: "realised".into(), mark: Mark::Subject, points: value_of(false) }];
    if view.over_time.iter().any(|point| point.filling && point.estimate.is_some()) {
        lines.push(Line { label: "still filling".into(), mark: Mark::Plan, points: value_of(true) });
    }
    if let Some(estimated) = &view.estimated {
        let points = estimated.over_time.iter().map(|point| (point.at, point.estimate.map(|estimate| estimate.value))).collect();
        lines.push(Line { label: "expected".into(), mark: Mark::Reference, points });
    }
    let spec = TimeSeries {
        about: format!("{} of {}, by the time of the prediction", view.measure, view.head.name),
        reading: view.answer.sentence.clone(),
        from: view.head.from,
        to: view.head.to,
        unit,
        lines,
        band: Some(TimeBand { label: String::new(), mark: Mark::Band, points: edges(&mut realised()) }),
        beside: view.estimated.is_some().then(|| TimeBand {
            label: String::new(),
            mark: Mark::BandReference,
            points: edges(&mut expected()),
        }),
        limit: view.offline.map(|value| Limit {
            value,
            label: format!("held-back {}", unit.said(value, 1)),
            worse: if view.higher_is_better { Worse::Lower } else { Worse::Higher },
        }),
        events: events(&view.changes, &view.head),
        empty: "No outcome is known for this time yet.".into(),
        ..TimeSeries::default()
    };
    let mut table = Data::new(
        format!("{} over time", view.measure),
        &[
            "Time, UTC",
            "#Realised",
            "#At least",
            "#At most",
            "#Outcomes",
            "#Known",
            "#Expected",
            "#At least",
            "#At most",
            "#Answers",
        ],
    );
    let said = |value: Option<f64>| value.map_or("–".to_string(), |value| unit.said(value, 1));
    table.rows = view
        .over_time
        .iter()
        .map(|point| {
            let e = point.estimate;
            let x = expected().find(|(at, _)| *at == point.at).map(|(_, estimate)| estimate);
            vec![
                point.at.rfc3339(),
                said(e.map(|e| e.value)),
                said(e.and_then(|e| e.lower)),
                said(e.and_then(|e| e.upper)),
                e.map_or("0".into(), |e| words::count(e.n)),
                words::percent(point.coverage, 0),
                said(x.map(|x| x.value)),
                said(x.and_then(|x| x.lower)),
                said(x.and_then(|x| x.upper)),
                x.map_or("0".into(), |x| words::count(x.n)),
            ]
        })
        .collect();
    let coverage = words::percent(view.outcomes_known as f64 / view.predictions.max(1) as f64, 0);
    let title = format!("{}: outcomes of {coverage} of predictions are known", view.measure);
    let beside = view.estimated.as_ref().map_or(String::new(), |estimated| {
        format!(" Grey is what is expected before outcomes are known ({}), with what chance explains.", estimated.trust_word)
    });
    let sentence = format!(
        "Late outcomes re-open the point they belong to. One point is {}; the blue band is the 95% interval.{beside}",
        span_words(view.span)
    );
    view! { <Section title="Over time" id="time"><Figure title sentence drawing=time_series(&spec) table/></Section> }
}

#[component]
fn Versions(view: QualityView) -> impl IntoView {
    let unit = unit(&view);
    let model = view.head.model.clone();
    let model = StoredValue::new(model);
    let cols = vec![
        Col::new("Version"),
        Col::new("Verdict"),
        Col::new(view.measure.clone()).number(),
        Col::new("Held-back").number(),
        Col::new("Known").number(),
        Col::new("Also"),
    ];
    view! {
        <Section title="By version" id="versions">
            <Table label="Quality by version" cols class="pairs">
                {view
                    .versions
                    .into_iter()
                    .map(|one| {
                        let VersionQuality { version, estimate, offline, coverage, others, state, sentence, .. } = one;
                        let also: Vec<String> = others.into_iter().filter_map(|m| m.value.map(|value| beside(&m.name, value, m.offline))).collect();
                        view! {
                            <Row>
                                <Name name=format!("Version {version}") href=model.with_value(|model| urls::version(model, version, ""))/>
                                <Cell label="Verdict"><StateMark state word=sentence/></Cell>
                                <Cell label="Value" number=true sub=estimate.map_or(String::new(), interval(unit))>{estimate.map_or("–".into(), |e| unit.said(e.value, 1))}</Cell>
                                <Cell label="Held-back" number=true>{offline.map_or("–".into(), |value| unit.said(value, 1))}</Cell>
                                <Cell label="Known" number=true>{words::percent(coverage, 0)}</Cell>
                                <Cell label="Also">{also.join(", ")}</Cell>
                            </Row>
                        }
                    })
                    .collect_view()}
            </Table>
        </Section>
    }
}

/// A measure, and what it was on held-back data: `ROC AUC 0.81 (held-back 0.84)`.
fn beside(name: &str, value: f64, offline: Option<f64>) -> String {
    let before = offline.map_or(String::new(), |offline| format!(" (held-back {})", words::number(offline, 3)));
    format!("{name} {}{before}", words::number(value, 3))
}

fn interval(unit: Unit) -> impl Fn(Estimate) -> String {
    move |e| match (e.lower, e.upper) {
        (Some(lower), Some(upper)) => format!("{} to {}, n = {}", unit.bare(lower, 1), unit.said(upper, 1), words::count(e.n)),
        _ => format!("n = {}", words::count(e.n)),
    }
}

#[component]
fn Segments(view: QualityView) -> impl IntoView {
    if view.segments.is_empty() {
        return ().into_any();
    }
    let unit = unit(&view);
    let mut table = Data::new(
        format!("{} by segment", view.measure),
        &["Segment", "#Value", "#At least", "#At most", "#Held back", "#Outcomes", "Verdict"],
    );
    let said = |value: Option<f64>| value.map_or("–".to_string(), |value| unit.said(value, 1));
    table.rows = view
        .segments
        .iter()
        .map(|s| {
            let e = s.estimate;
            vec![
                format!("{} = {}", s.feature, s.value),
                said(e.map(|e| e.value)),
                said(e.and_then(|e| e.lower)),
                said(e.and_then(|e| e.upper)),
                said(s.offline.map(|held| held.value)),
                e.map_or("0".into(), |e| words::count(e.n)),
                s.note.clone(),
            ]
        })
        .collect();
    let rows = view
        .segments
        .iter()
        .filter_map(|s| {
            let e = s.estimate?;
            Some(Whisker {
                label: format!("{} = {}", s.feature, s.value),
                estimate: e.value,
                low: e.lower?,
                high: e.upper?,
                reference: s.offline.and_then(|held| Some((held.value, held.lower?, held.upper?))),
                note: s.note.clone(),
            })
        })
        .collect();
    let spec = Whiskers {
        about: format!("{} by segment", view.measure),
        reading: "Estimates with 95% intervals, and hollow those on held-back data.".into(),
        unit,
        rows,
        ..Whiskers::default()
    };
    let worst = view.segments.iter().find(|s| matches!(s.state, State::Bad | State::Watch));
    let title = worst.map_or_else(
        || "No segment is shown to be worse than the rest".to_string(),
        |s| format!("Worst: {} = {} is {}", s.feature, s.value, s.note),
    );
    view! { <Section title="By segment" id="segments"><Figure title drawing=whiskers(&spec) table/></Section> }.into_any()
}
