//! Parts of the quality page beside the outcomes themselves: what is expected before they are known, whether errors have become
//! more, predictions of equal age, and how far stated probabilities are from what happens.

use super::head::events;
use super::quality::unit;
use crate::charts::{Curve, CurvePoint, Line, TimeBand, TimeSeries, curve, mark::Mark, time_series};
use crate::components::prelude::*;
use crate::words::Unit;
use contract::time::span_words;
use contract::views::common::{Fact, Table as Data};
use contract::views::parts::Estimate;
use contract::views::quality::QualityView;

/// What is expected of the stable version, whether outcomes bear it out, and how it is made.
#[component]
pub fn Expected(view: QualityView) -> impl IntoView {
    let unit = unit(&view);
    let Some(estimated) = view.estimated else {
        return view! { <Section title="Expected, before outcomes are known" id="expected"><p class="soft">{view.not_estimated}</p></Section> }.into_any();
    };
    let band = |e: Estimate| match (e.lower, e.upper) {
        (Some(lower), Some(upper)) => format!(
            "{}, {} to {} by chance, over {} answers",
            unit.said(e.value, 1),
            unit.bare(lower, 1),
            unit.said(upper, 1),
            words::count(e.n)
        ),
        _ => format!("{} over {} answers", unit.said(e.value, 1), words::count(e.n)),
    };
    let mut facts = vec![
        Fact::new(format!("{}, expected", view.measure), estimated.estimate.map_or("–".into(), band)),
        Fact::new("On labelled data", unit.said(estimated.reference, 1)),
    ];
    facts.extend(
        estimated.others.iter().filter_map(|m| Some(Fact::new(format!("{}, expected", m.name), words::number(m.value?, 3)))),
    );
    facts.push(Fact::new("How it is made", estimated.method));
    let trust = format!("The estimate is {}", estimated.trust_word);
    view! {
        <Section title="Expected, before outcomes are known" id="expected" hint=format!("Version {}", estimated.version)>
            <div class="stack-16">
                <p><StateMark state=estimated.state word=estimated.sentence/></p>
                <p><StateMark state=estimated.trust word=trust/>" "{estimated.trust_sentence}</p>
                <Defs facts/>
            </div>
        </Section>
    }
    .into_any()
}

/// What the detectors say about errors, minute by minute in the order of the predictions.
#[component]
pub fn Errors(view: QualityView) -> impl IntoView {
    view.errors.map(|errors| {
        let cols = vec![Col::new("Detector"), Col::new("Since its last change")];
        view! {
            <Section title="Have errors become more?" id="errors" hint=format!("Version {}, minute by minute, each once most of its outcomes are known", errors.version)>
                <p><StateMark state=errors.state word=errors.sentence/></p>
                <Table label="What each detector says" cols class="pairs">
                    {errors
                        .detectors
                        .into_iter()
                        .map(|line| {
                            let name = if line.chosen { format!("{}, raises the alert", line.name) } else { line.name };
                            view! { <Row><Name name/><Cell label="Says"><StateMark state=line.state word=line.sentence/></Cell></Row> }
                        })
                        .collect_view()}
                </Table>
            </Section>
        }
    })
}

/// Predictions of equal age against each other.
#[component]
pub fn EqualAge(view: QualityView) -> impl IntoView {
    let unit = unit(&view);
    view.cohorts.clone().map(|cohorts| {
        let known = || cohorts.over_time.iter().filter_map(|point| point.estimate.map(|estimate| (point.at, estimate)));
        let spec = TimeSeries {
            about: format!("{} of outcomes that came within {}", view.measure, span_words(cohorts.age_ms)),
            reading: cohorts.sentence.clone(),
            from: view.head.from,
            to: view.head.to,
            unit,
            lines: vec![Line {
                label: "equal age".into(),
                mark: Mark::Subject,
                points: cohorts.over_time.iter().map(|point| (point.at, point.estimate.map(|estimate| estimate.value))).collect(),
            }],
            band: Some(TimeBand {
                label: String::new(),
                mark: Mark::Band,
                points: known().filter_map(|(at, e)| Some((at, e.lower?, e.upper?))).collect(),
            }),
            events: events(&view.changes, &view.head),
            empty: "Too few outcomes came as early in any part of this time.".into(),
            ..TimeSeries::default()
        };
        let mut table =
            Data::new(format!("{} at equal age", view.measure), &["Time, UTC", "#Value", "#At least", "#At most", "#Outcomes"]);
        let said = |value: Option<f64>| value.map_or("–".to_string(), |value| unit.said(value, 1));
        table.rows = known()
            .map(|(at, e)| vec![at.rfc3339(), said(Some(e.value)), said(e.lower), said(e.upper), words::count(e.n)])
            .collect();
        let title = format!("{} of outcomes that came within {}", view.measure, span_words(cohorts.age_ms));
        view! {
            <Section title="At equal age" id="age" hint="What is known early is seldom like what is known late.">
                <Figure title sentence=cohorts.sentence.clone() drawing=time_series(&spec) table/>
            </Section>
        }
    })
}

/// Stated probabilities against how often it happened.
#[component]
pub fn Reliability(view: QualityView) -> impl IntoView {
    view.calibration.map(|calibration| {
        let ends = |e: Estimate| (e.lower.unwrap_or(e.value), e.upper.unwrap_or(e.value));
        let point = |bin: &contract::views::quality::CalibrationBin| {
            let (low, high) = ends(bin.happened);
            CurvePoint { x: bin.stated, mean: bin.happened.value, low, high }
        };
        let spec = Curve {
            about: format!("How often it happened, by the probability that {} stated", view.head.name),
            reading: calibration.sentence.clone(),
            unit: Unit::Share,
            x_label: "Stated probability".into(),
            label: "happened".into(),
            points: calibration.bins.iter().map(point).collect(),
        };
        let mut table =
            Data::new("Stated probability and what happened", &["#Stated", "#Happened", "#At least", "#At most", "#Outcomes"]);
        table.rows = calibration
            .bins
            .iter()
            .map(|bin| {
                let (low, high) = ends(bin.happened);
                vec![
                    words::percent(bin.stated, 1),
                    words::percent(bin.happened.value, 1),
                    words::percent(low, 1),
                    words::percent(high, 1),
                    words::count(bin.happened.n),
                ]
            })
            .collect();
        let title = format!("Stated probabilities are {} points from what happens", words::number(calibration.error * 100.0, 1));
        view! {
            <Section title="Calibration" id="calibration">
                <Figure title sentence=calibration.sentence.clone() drawing=curve(&spec) table/>
            </Section>
        }
    })
}
