//! Latency of a deployment: percentiles per version, where the time goes, throughput, failures.

use super::head::{Changes, DeploymentFrame, DeploymentTabs, events};
use super::overview::{lines, series_table};
use super::{use_name, use_tick};
use crate::charts::{Limit, TimeSeries, time_series};
use crate::components::prelude::*;
use crate::words::Unit;
use contract::DeploymentName;
use contract::rollout::Worse;
use contract::urls;
use contract::views::latency::LatencyView;
use contract::views::parts::{Point, Series};

#[server]
async fn latency(name: DeploymentName, asked: Asked) -> Outcome<LatencyView> {
    let (cx, who) = crate::session::reader().await?;
    Ok(control::monitoring::latency(&cx, &who, &name, asked.at(cx.now())).await?)
}

#[component]
pub fn LatencyPage() -> impl IntoView {
    let asked = use_range("1h");
    let name = use_name();
    let tick = use_tick(name);
    let view = Resource::new_blocking(move || (name.get(), asked.get(), tick.get()), |(name, asked, _)| latency(name, asked));
    view! {
        <Loaded res=view let:view>
            <DeploymentFrame head=view.head.clone() tab="latency" asked>
                <Answer answer=view.answer.clone()/>
                <DeploymentTabs head=view.head.clone() tab="latency"/>
                <Totals view=view.clone()/>
                <Percentiles view=view.clone()/>
                <Versions view=view.clone()/>
                <Parts view=view.clone()/>
                <Load view=view.clone()/>
                <Changes changes=view.changes.clone() head=view.head.clone()/>
            </DeploymentFrame>
        </Loaded>
    }
}

fn ms(value: Option<f64>) -> String {
    value.map_or("–".into(), |value| Unit::Milliseconds.said(value, if value < 10.0 { 2 } else { 0 }))
}

#[component]
fn Totals(view: LatencyView) -> impl IntoView {
    let totals = view.totals;
    let share = move |n: u64| if totals.requests == 0 { "–".to_string() } else { words::percent(n as f64 / totals.requests as f64, 2) };
    view! {
        <Stats label="Requests in this time">
            <Stat label="Requests" value=words::about(totals.requests) sub=format!("{} a second now", words::number(totals.per_second, 1))/>
            <Stat label="Failed" value=words::count(totals.failed) sub=share(totals.failed)/>
            <Stat label="Answered by a fallback" value=words::count(totals.by_fallback) sub=share(totals.by_fallback)/>
            <Stat label="Slower than the limit" value=words::count(totals.slow) sub=format!("{}, limit {}", share(totals.slow), Unit::Milliseconds.said(view.p99_limit_ms, 0))/>
            <Stat label="Contract broken" value=words::count(totals.violations) sub="rows out of range, new or missing"/>
        </Stats>
    }
}

/// One chart of the page.
fn chart(view: &LatencyView, about: &str, unit: Unit, series: &[Series], limit: Option<Limit>) -> TimeSeries {
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
    let name = |version: contract::VersionNo, word: &str| if several { format!("{word} v{version}") } else { word.to_string() };
    // With several versions only their tails are compared; the table has the rest.
    let series: Vec<Series> = view
        .versions
        .iter()
        .flat_map(|one| {
            let p99 = Series { name: name(one.version, "p99"), points: one.p99.clone() };
            let rest = [Series { name: name(one.version, "p95"), points: one.p95.clone() }, Series { name: name(one.version, "p50"), points: one.p50.clone() }];
            std::iter::once(p99).chain(rest.into_iter().take(if several { 0 } else { 2 }))
        })
        .collect();
    let limit = Limit { value: view.p99_limit_ms, label: format!("limit {}", Unit::Milliseconds.said(view.p99_limit_ms, 0)), worse: Worse::Higher };
    // A limit far above everything would flatten the lines.
    let highest = series.iter().flat_map(|one| &one.points).filter_map(|point| point.value).fold(0.0, f64::max);
    let near = highest * 4.0 > view.p99_limit_ms;
    let spec = chart(&view, "Latency percentiles", Unit::Milliseconds, &series, near.then_some(limit));
    let table = series_table("Latency, milliseconds", &series, |value| words::number(value, 2));
    let sentence = if near { String::new() } else { format!("The limit of {} is far above the chart.", Unit::Milliseconds.said(view.p99_limit_ms, 0)) };
    view! { <Section title="Percentiles" id="percentiles"><Figure title=view.answer.headline.clone() sentence drawing=time_series(&spec) table/></Section> }
}

#[component]
fn Versions(view: LatencyView) -> impl IntoView {
    let model = StoredValue::new(view.head.model.clone());
    let cols = vec![Col::new("Version"), Col::new("Arm"), Col::new("p50").number(), Col::new("p95").number(), Col::new("p99").number(), Col::new("Requests").number()];
    view! {
        <Section title="By version" id="versions">
            <Table label="Latency by version" cols class="pairs three">
                {view
                    .versions
                    .into_iter()
                    .map(|one| view! {
                        <Row>
                            <Name name=format!("Version {}", one.version) href=model.with_value(|model| urls::version(model, one.version, ""))/>
                            <Cell label="Arm">{one.arm.map_or("–", |arm| arm.word())}</Cell>
                            <Cell label="p50" number=true>{ms(one.p50_ms)}</Cell>
                            <Cell label="p95" number=true>{ms(one.p95_ms)}</Cell>
                            <Cell label="p99" number=true>{ms(one.p99_ms)}</Cell>
                            <Cell label="Requests" number=true>{words::count(one.requests)}</Cell>
                        </Row>
                    })
                    .collect_view()}
            </Table>
        </Section>
    }
}

#[component]
fn Parts(view: LatencyView) -> impl IntoView {
    let series: Vec<Series> = view.parts.iter().map(|part| Series { name: part.name.clone(), points: part.over_time.clone() }).collect();
    let spec = chart(&view, "Median milliseconds of the parts of an answer", Unit::Milliseconds, &series, None);
    let table = series_table("Parts of an answer, median milliseconds", &series, |value| words::number(value, 3));
    let said: Vec<String> = view.parts.iter().map(|part| format!("{} {} (p99 {})", part.name.to_lowercase(), ms(part.p50_ms), ms(part.p99_ms))).collect();
    view! { <Section title="Where the time goes" id="parts"><Figure title="Median time of each part of an answer" sentence=format!("Medians: {}.", said.join(", ")) drawing=time_series(&spec) table/></Section> }
}

#[component]
fn Load(view: LatencyView) -> impl IntoView {
    let one = |name: &str, points: &[Point]| vec![Series { name: name.into(), points: points.to_vec() }];
    let requests = one("requests a second", &view.throughput);
    let batches = one("rows a batch", &view.batch_rows);
    let mut failures = one("failed", &view.errors);
    failures.extend(one("by a fallback", &view.fallbacks));
    let draw = |about: &str, unit, series: &[Series]| time_series(&chart(&view, about, unit, series, None));
    let [of_requests, of_batches, of_failures] =
        [draw("Requests a second", Unit::PerSecond, &requests), draw("Rows in a batch", Unit::Plain, &batches), draw("Failed requests", Unit::Count, &failures)];
    view! {
        <Section title="Load" id="load">
            <div class="figures">
                <Figure title="Requests a second" drawing=of_requests table=series_table("Requests a second", &requests, |v| words::number(v, 2))/>
                <Figure title="Rows in a batch, mean" drawing=of_batches table=series_table("Rows in a batch", &batches, |v| words::number(v, 2))/>
                <Figure title="Failed requests and answers by a fallback" drawing=of_failures table=series_table("Failures", &failures, |v| words::number(v, 0))/>
            </div>
        </Section>
    }
}
