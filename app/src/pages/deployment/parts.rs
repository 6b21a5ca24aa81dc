//! Where the time of answers goes, and what of it is Slipway's: the part of the latency page that nobody else prints.

use super::latency::{chart, ms, who};
use super::overview::series_table;
use crate::charts::{Stack, Stacked, line, mark::Mark, stack, time_series};
use crate::components::prelude::*;
use crate::words::Unit;
use contract::views::common::Table as Data;
use contract::views::latency::{LatencyView, Quantiles};
use contract::views::parts::Series;

#[component]
pub fn PartsOfTime(view: LatencyView) -> impl IntoView {
    let names: Vec<String> = view.parts.named().iter().map(|(name, _)| (*name).to_string()).collect();
    let ran: Vec<_> = view.versions.iter().filter(|one| one.parts.rest.n > 0).collect();
    let spec = Stack {
        about: format!("Mean time of the parts of an answer of {}, by version and arm", view.head.name),
        reading: view.parts_sentence.clone(),
        unit: Unit::Milliseconds,
        names: names.clone(),
        bars: ran
            .iter()
            .map(|one| Stacked {
                label: who(one),
                parts: one.parts.named().iter().map(|(_, part)| part.mean_ms.unwrap_or(0.0)).collect(),
            })
            .collect(),
        empty: "The model ran for no request in this time.".into(),
    };
    let mut table = Data::new(
        "Parts of an answer, milliseconds",
        &["Version and arm", "Part", "#Mean", "#p50", "#p95", "#p99", "#p99.9", "#Requests"],
    );
    let bare = |value: Option<f64>| value.map_or("–".to_string(), |value| words::number(value, 3));
    for one in &ran {
        let parts = one.parts.named().into_iter().chain([("overhead", &one.parts.overhead), ("total", &one.total)]);
        table.rows.extend(parts.map(|(part, q)| {
            vec![
                who(one),
                part.into(),
                bare(q.mean_ms),
                bare(q.p50_ms),
                bare(q.p95_ms),
                bare(q.p99_ms),
                bare(q.p999_ms),
                words::count(q.n),
            ]
        }));
    }
    let series: Vec<Series> = names
        .iter()
        .zip(&view.parts_over_time_ms)
        .map(|(name, points)| Series { name: name.clone(), points: points.clone() })
        .collect();
    let mut over_time = chart(&view, "Mean time of the parts of an answer", Unit::Milliseconds, &series, None);
    over_time.lines = series.iter().enumerate().map(|(i, one)| line(one.name.clone(), Mark::series(i), &one.points)).collect();
    let key = spec.key();
    view! {
        <Section title="Where the time goes" id="parts">
            <Figure title=view.parts_title.clone() sentence=view.parts_sentence.clone() key drawing=stack(&spec) table/>
            <Figure
                title="Each part over time, mean"
                sentence="wait: the body on its way, and its decoding. queue: until the run begins. compute: in ONNX Runtime. rest: checks, conversions, hand-overs between threads, encoding."
                drawing=time_series(&over_time)
                table=series_table("Parts of an answer over time, mean milliseconds", &series, |value| words::number(value, 3))
            />
        </Section>
    }
}

/// What Slipway adds to ONNX Runtime, by version and arm.
#[component]
pub fn Overhead(view: LatencyView) -> impl IntoView {
    let cols = vec![
        Col::new("Version and arm"),
        Col::new("ONNX Runtime, p50").number(),
        Col::new("p99").number(),
        Col::new("Slipway adds, p50").number(),
        Col::new("p99").number(),
        Col::new("Requests").number(),
    ];
    let cells = |name: &'static str, q: Quantiles| {
        view! {
            <Cell label=format!("{name}, p50") number=true>{ms(q.p50_ms)}</Cell>
            <Cell label=format!("{name}, p99") number=true>{ms(q.p99_ms)}</Cell>
        }
    };
    view! {
        <Section title="What Slipway adds to ONNX Runtime" id="overhead">
            <div>
                <p>{view.overhead_sentence}</p>
                <p class="small soft">
                    "Measured at every request that a run answered: from its head to its encoded answer, less the time in ONNX Runtime. A slow upload and the queue are part of it."
                </p>
            </div>
            <Table label="What Slipway adds, by version and arm" cols class="pairs">
                {view
                    .versions
                    .into_iter()
                    .filter(|one| one.parts.overhead.n > 0)
                    .map(|one| view! {
                        <Row>
                            <Name name=who(&one)/>
                            {cells("ONNX Runtime", one.parts.compute)}
                            {cells("Slipway adds", one.parts.overhead)}
                            <Cell label="Requests" number=true>{words::count(one.parts.overhead.n)}</Cell>
                        </Row>
                    })
                    .collect_view()}
            </Table>
        </Section>
    }
}
