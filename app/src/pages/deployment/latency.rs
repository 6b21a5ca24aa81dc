//! Latency of a deployment: percentiles per version, where the time goes, throughput, failures.

use super::head::{Changes, DeploymentFrame, DeploymentTabs, events};
use super::overview::{lines, series_table};
use super::parts::{Overhead, PartsOfTime};
use super::slo::Objectives;
use super::{use_name, use_tick};
use crate::charts::{Bar, Bars, Limit, TimeSeries, bars, digits, time_series};
use crate::components::prelude::*;
use crate::words::Unit;
use contract::DeploymentName;
use contract::rollout::Worse;
use contract::urls;
use contract::views::common::Table as Data;
use contract::views::latency::{Batches, LatencyView, VersionLatency};
use contract::views::parts::{Point, Series};
use contract::views::slo::SloView;

#[server]
async fn latency(name: DeploymentName, asked: Asked) -> Outcome<(LatencyView, SloView)> {
    let (cx, who) = crate::session::reader().await?;
    let range = asked.at(cx.now());
    let slo = control::alerts::slo::view(&cx, &who, &name, range).await?;
    Ok((control::monitoring::latency(&cx, &who, &name, range).await?, slo))
}

#[component]
pub fn LatencyPage() -> impl IntoView {
    let asked = use_range("1h");
    let name = use_name();
    let tick = use_tick(name);
    let view = Resource::new_blocking(move || (name.get(), asked.get(), tick.get()), |(name, asked, _)| latency(name, asked));
    view! {
        <Loaded res=view let:views>
            {
            let (view, slo) = views;
            view! {
            <DeploymentFrame head=view.head.clone() tab="latency" asked>
                <Answer answer=view.answer.clone()/>
                <DeploymentTabs head=view.head.clone() tab="latency"/>
                <Totals view=view.clone()/>
                <Percentiles view=view.clone()/>
                <Objectives view=slo changes=view.changes.clone()/>
                <Versions view=view.clone()/>
                <PartsOfTime view=view.clone()/>
                <Overhead view=view.clone()/>
                <Load view=view.clone()/>
                <Changes changes=view.changes.clone() head=view.head.clone()/>
            </DeploymentFrame>
            }
            }
        </Loaded>
    }
}

/// Milliseconds with as many digits as mean something.
pub fn ms(value: Option<f64>) -> String {
    value.map_or("–".into(), |value| Unit::Milliseconds.said(value, digits(value)))
}

/// `Version 3, canary`
pub fn who(one: &VersionLatency) -> String {
    format!("Version {}, {}", one.version, one.arm.word())
}

#[component]
fn Totals(view: LatencyView) -> impl IntoView {
    let totals = view.totals;
    let share =
        move |n: u64| if totals.requests == 0 { "–".to_string() } else { words::percent(n as f64 / totals.requests as f64, 2) };
    let percent = |share: Option<f64>| share.map_or("–".into(), |share| words::percent(share, 2));
    let overhead = view.parts.overhead;
    view! {
        <Stats label="Requests in this time">
            <Stat label="Requests" value=words::about(totals.requests) sub=format!("{} a second, mean", words::number(totals.requests_per_second, 1))/>
            <Stat label="Added to ONNX Runtime" value=ms(overhead.p50_ms) of="median" sub=format!("p99 {}", ms(overhead.p99_ms))/>
            <Stat label="Degraded" value=percent(totals.degraded_share) sub=format!("{} failed, {} by a fallback", words::count(totals.failed), words::count(totals.by_fallback))/>
            <Stat label="Slower than the limit" value=words::count(totals.slow) sub=format!("{}, limit {}", share(totals.slow), Unit::Milliseconds.said(view.p99_limit_ms, 0))/>
            <Stat label="Contract broken" value=words::count(totals.violations) sub="rows out of range, new or missing"/>
        </Stats>
    }
}

/// One chart of the page.
pub fn chart(view: &LatencyView, about: &str, unit: Unit, series: &[Series], limit: Option<Limit>) -> TimeSeries {
    TimeSeries {
        about: format!("{about} of {}", view.head.name),
        reading: about.to_string(),
        from: view.head.from,
        to: view.head.to,
        unit,
        lines: lines(series),
        limit,
        events: events(&view.changes, &view.head),
        from_zero: true,
        empty: "No requests in this time.".into(),
        ..TimeSeries::default()
    }
}

#[component]
fn Percentiles(view: LatencyView) -> impl IntoView {
    let several = view.versions.len() > 1;
    let name = |one: &VersionLatency, word: &str| {
        if several { format!("{word} v{} {}", one.version, one.arm.word()) } else { word.to_string() }
    };
    // With several versions only their tails are compared; the table has the rest.
    let series: Vec<Series> = view
        .versions
        .iter()
        .flat_map(|one| {
            let p99 = Series { name: name(one, "p99"), points: one.p99_over_time_ms.clone() };
            let rest = [
                Series { name: name(one, "p95"), points: one.p95_over_time_ms.clone() },
                Series { name: name(one, "p50"), points: one.p50_over_time_ms.clone() },
            ];
            std::iter::once(p99).chain(rest.into_iter().take(if several { 0 } else { 2 }))
        })
        .collect();
    let limit = Limit {
        value: view.p99_limit_ms,
        label: format!("limit {}", Unit::Milliseconds.said(view.p99_limit_ms, 0)),
        worse: Worse::Higher,
    };
    // A limit far above everything would flatten the lines.
    let highest = series.iter().flat_map(|one| &one.points).filter_map(|point| point.value).fold(0.0, f64::max);
    let near = highest * 4.0 > view.p99_limit_ms;
    let spec = chart(&view, "Latency percentiles", Unit::Milliseconds, &series, near.then_some(limit));
    let table = series_table("Latency, milliseconds", &series, |value| words::number(value, 2));
    let far = if near {
        String::new()
    } else {
        format!(" The limit of {} is far above the chart.", Unit::Milliseconds.said(view.p99_limit_ms, 0))
    };
    let sentence = format!(
        "From the request’s head to its encoded answer, within {} of the exact value.{far}",
        words::percent(view.relative_error, 0)
    );
    view! { <Section title="Percentiles" id="percentiles"><Figure title=view.answer.headline.clone() sentence drawing=time_series(&spec) table/></Section> }
}

#[component]
fn Versions(view: LatencyView) -> impl IntoView {
    let model = StoredValue::new(view.head.model.clone());
    let numbers = ["p50", "p95", "p99", "p99.9", "Requests", "A second", "Rows a run", "Memory"];
    let cols =
        ["Version", "Arm"].into_iter().map(Col::new).chain(numbers.into_iter().map(|name| Col::new(name).number())).collect();
    view! {
        <Section title="By version and arm" id="versions" hint="p99.9 from 1,000 requests on.">
            <Table label="Latency by version and arm" cols class="pairs three">
                {view
                    .versions
                    .into_iter()
                    .map(|one| view! {
                        <Row>
                            <Name name=format!("Version {}", one.version) href=model.with_value(|model| urls::version(model, one.version, ""))/>
                            <Cell label="Arm">{one.arm.word()}</Cell>
                            <Cell label="p50" number=true>{ms(one.total.p50_ms)}</Cell>
                            <Cell label="p95" number=true>{ms(one.total.p95_ms)}</Cell>
                            <Cell label="p99" number=true>{ms(one.total.p99_ms)}</Cell>
                            <Cell label="p99.9" number=true>{ms(one.total.p999_ms)}</Cell>
                            <Cell label="Requests" number=true>{words::count(one.requests)}</Cell>
                            <Cell label="A second" number=true>{words::number(one.requests_per_second, 1)}</Cell>
                            <Cell label="Rows a run" number=true>{one.mean_batch_rows.map_or("–".into(), |rows| words::number(rows, 1))}</Cell>
                            <Cell label="Memory" number=true>{one.memory_bytes.map_or("–".into(), words::bytes)}</Cell>
                        </Row>
                    })
                    .collect_view()}
            </Table>
        </Section>
    }
}

#[component]
fn Load(view: LatencyView) -> impl IntoView {
    let one = |name: &str, points: &[Point]| vec![Series { name: name.into(), points: points.to_vec() }];
    let requests = one("requests", &view.throughput_per_second);
    let batches = one("rows", &view.batch_rows);
    let mut failures = one("failed", &view.failed);
    failures.extend(one("fallback", &view.by_fallback));
    let draw = |about: &str, unit, series: &[Series]| time_series(&chart(&view, about, unit, series, None));
    let [of_requests, of_batches, of_failures] = [
        draw("Requests a second", Unit::PerSecond, &requests),
        draw("Rows of a run", Unit::Plain, &batches),
        draw("Failed requests", Unit::Count, &failures),
    ];
    let sizes = view
        .versions
        .iter()
        .filter(|one| !one.batches.is_empty())
        .map(|one| view! { <Sizes one=one.clone() name=view.head.name.0.clone()/> })
        .collect_view();
    view! {
        <Section title="Load" id="load">
            <div class="figures">
                <Figure title="Requests a second" drawing=of_requests table=series_table("Requests a second", &requests, |v| words::number(v, 2))/>
                <Figure title="Rows of a run, mean" drawing=of_batches table=series_table("Rows of a run", &batches, |v| words::number(v, 2))/>
                <Figure title="Failed requests and answers by a fallback" drawing=of_failures table=series_table("Failures", &failures, |v| words::number(v, 0))/>
            </div>
        </Section>
        <Section title="Batch sizes" id="batches" hint=view.batches_sentence.clone()>
            <div class="two-col figs">{sizes}</div>
        </Section>
    }
}

/// `1`, `3 to 4`
fn step(batches: &Batches) -> String {
    if batches.fewest_rows == batches.most_rows {
        words::count(batches.most_rows)
    } else {
        format!("{} to {}", words::count(batches.fewest_rows), words::count(batches.most_rows))
    }
}

/// How many rows the runs of one version in one arm had.
#[component]
fn Sizes(one: VersionLatency, name: String) -> impl IntoView {
    let runs: u64 = one.batches.iter().map(|batches| batches.runs).sum();
    let share = |batches: &Batches| batches.runs as f64 / runs.max(1) as f64;
    let title = format!(
        "{}: {} runs, {} rows each on average",
        who(&one),
        words::count(runs),
        one.mean_batch_rows.map_or("–".into(), |rows| words::number(rows, 1))
    );
    let labelled = |batches: &Batches| format!("{} {}", step(batches), if batches.most_rows == 1 { "row" } else { "rows" });
    let spec = Bars {
        about: format!("Rows of the runs of {name}, {}", who(&one).to_lowercase()),
        reading: title.clone(),
        unit: Unit::Share,
        decimals: 1,
        bars: one
            .batches
            .iter()
            .map(|batches| Bar { label: labelled(batches), value: share(batches), ..Bar::default() })
            .collect(),
        ..Bars::default()
    };
    let mut table = Data::new(format!("Runs by rows, {}", who(&one)), &["Rows", "#Runs", "#Share"]);
    table.rows = one
        .batches
        .iter()
        .map(|batches| vec![step(batches), words::count(batches.runs), words::percent(share(batches), 2)])
        .collect();
    view! { <Figure title drawing=bars(&spec) table/> }
}
