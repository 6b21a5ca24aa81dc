//! What the machines and the process use: for the whole site, and on a tab of a deployment.

use super::head::{Changes, DeploymentFrame, DeploymentTabs};
use super::overview::{lines, series_table};
use super::{use_name, use_tick};
use crate::charts::{ChartEvent, Limit, TimeSeries, time_series};
use crate::components::prelude::*;
use crate::words::Unit;
use contract::live::Topic;
use contract::rollout::Worse;
use contract::time::span_words;
use contract::views::parts::Series;
use contract::views::resources::{NodeView, ResourcesView, VersionUse, Watching};
use contract::{DeploymentName, urls};

#[server]
async fn resources(of: Option<DeploymentName>, asked: Asked) -> Outcome<ResourcesView> {
    let (cx, who) = crate::session::reader().await?;
    Ok(control::resources::view(&cx, &who, of.as_ref(), asked.at(cx.now())).await?)
}

/// All deployments.
#[component]
pub fn ResourcesPage() -> impl IntoView {
    let asked = use_range("1h");
    let tick = use_live(|topic| matches!(topic, Topic::Alert { .. } | Topic::Metrics { .. }));
    let view = Resource::new_blocking(move || (asked.get(), tick.get()), |(asked, _)| resources(None, asked));
    view! {
        <Loaded res=view let:view>
            <Page title="Resources" crumbs=vec![("Fleet".to_string(), urls::FLEET.to_string())] wide=true tools=move || view! { <Updated/> <RangePicker asked/> }.into_any()>
                <Answer answer=view.answer.clone()/>
                <Nodes view=view.clone()/>
                <Versions view=view.clone() every=true/>
            </Page>
        </Loaded>
    }
}

/// One deployment's versions, and the machines they run on.
#[component]
pub fn DeploymentResourcesPage() -> impl IntoView {
    let asked = use_range("1h");
    let name = use_name();
    let tick = use_tick(name);
    let view =
        Resource::new_blocking(move || (name.get(), asked.get(), tick.get()), |(name, asked, _)| resources(Some(name), asked));
    view! {
        <Loaded res=view let:view>
            {view
                .head
                .clone()
                .map(|head| view! {
                    <DeploymentFrame head=head.clone() tab="resources" asked>
                        <Answer answer=view.answer.clone()/>
                        <DeploymentTabs head=head.clone() tab="resources"/>
                        <Versions view=view.clone()/>
                        <Nodes view=view.clone()/>
                        {view.watching.clone().map(|watching| view! { <WatchingCost watching/> })}
                        <Changes changes=view.changes.clone() head=head.clone()/>
                    </DeploymentFrame>
                })}
        </Loaded>
    }
}

/// What it takes to watch the deployment.
#[component]
fn WatchingCost(watching: Watching) -> impl IntoView {
    let cols = vec![
        Col::new("Kept to watch it"),
        Col::new("For"),
        Col::new("Rows").number(),
        Col::new("Stored").number(),
        Col::new("A day").number(),
    ];
    let rows = watching
        .parts
        .into_iter()
        .map(|part| {
            view! {
                <Row>
                    <Name name=part.name/>
                    <Cell label="For">{part.kept}</Cell>
                    <Cell label="Rows" number=true>{words::count(part.rows)}</Cell>
                    <Cell label="Stored" number=true>{words::bytes(part.bytes)}</Cell>
                    <Cell label="A day" number=true>{part.day_bytes.map_or("–".to_string(), words::bytes)}</Cell>
                </Row>
            }
        })
        .collect_view();
    view! {
        <Section title=watching.title id="watching" hint=watching.sentence>
            <Table label="What is stored to watch this deployment" cols>{rows}</Table>
        </Section>
    }
}

#[component]
fn Nodes(view: ResourcesView) -> impl IntoView {
    if view.nodes.is_empty() {
        return view! { <Empty title="Nothing has been measured in this time" hint="The server samples processor, memory, disk and GPUs every ten seconds while it runs." icon=Icon::Clock/> }
            .into_any();
    }
    let nodes = view.nodes.clone();
    nodes
        .into_iter()
        .enumerate()
        .map(|(i, node)| view! { <Node node view=view.clone() id=format!("node-{i}")/> })
        .collect_view()
        .into_any()
}

/// A chart of one node over the page's range.
fn chart(view: &ResourcesView, about: String, unit: Unit, series: &[Series], limit: Option<Limit>) -> TimeSeries {
    TimeSeries {
        reading: about.clone(),
        about,
        from: view.from,
        to: view.to,
        unit,
        lines: lines(series),
        limit,
        events: ChartEvent::of(&view.changes).into_iter().filter(|event| event.at >= view.from && event.at <= view.to).collect(),
        from_zero: true,
        empty: "Nothing was measured in this time.".into(),
        ..TimeSeries::default()
    }
}

/// Bytes as megabytes, for an axis.
fn megabytes(series: &[Series]) -> Vec<Series> {
    let mut all = series.to_vec();
    all.iter_mut().flat_map(|one| &mut one.points).for_each(|point| point.value = point.value.map(|bytes| bytes / 1e6));
    all
}

#[component]
fn Node(node: NodeView, view: ResourcesView, id: String) -> impl IntoView {
    let name = node.node.clone();
    let gauges = node
        .gauges
        .iter()
        .map(|gauge| {
            let value = gauge.share.map_or("–".to_string(), |share| words::percent(share, 0));
            let sub = if gauge.words.is_empty() && gauge.share.is_none() {
                "not measured in the last minutes".to_string()
            } else {
                gauge.words.clone()
            };
            view! { <Stat label=gauge.name.clone() value sub/> }
        })
        .collect_view();
    let (storage, memory) = (megabytes(&node.storage), megabytes(&node.memory_bytes));
    let most = |series: &[Series]| series.iter().flat_map(|one| &one.points).filter_map(|point| point.value).fold(0.0, f64::max);
    let highest = node
        .shares
        .iter()
        .map(|one| (one.points.iter().filter_map(|point| point.value).fold(0.0, f64::max), one.name.clone()))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let title = match highest {
        Some((share, what)) if share > 0.0 => format!("The fullest was {what} at {}", words::percent(share, 0)),
        _ => "Share of what there is".to_string(),
    };
    let limit = Limit {
        value: view.watch_from,
        label: format!("{}: worth a look", words::percent(view.watch_from, 0)),
        worse: Worse::Higher,
    };
    let shares =
        chart(&view, format!("Shares of processor, memory, disk and GPUs of {name}"), Unit::Share, &node.shares, Some(limit));
    let of_storage = chart(&view, format!("Reading and writing of {name}, megabytes a second"), Unit::Plain, &storage, None);
    let of_memory = chart(&view, format!("Memory of the process on {name}, megabytes"), Unit::Plain, &memory, None);
    let sentence = format!("Mean of {}; from {} on it is bad.", span_words(view.span_ms), words::percent(view.bad_from, 0));
    view! {
        <Section title=name id hint="Of the last five minutes, then over time.">
            <Stats label="In use now">{gauges}</Stats>
            <Figure title sentence drawing=time_series(&shares) table=series_table("Shares in use", &node.shares, |share| words::percent(share, 1))/>
            <div class="figures">
                <Figure
                    title=format!("Storage: at most {} MB a second", words::number(most(&storage), 1))
                    drawing=time_series(&of_storage)
                    table=series_table("Storage, megabytes a second", &storage, |value| words::number(value, 3))
                />
                <Figure
                    title=format!("Memory of the process: at most {} MB", words::number(most(&memory), 0))
                    drawing=time_series(&of_memory)
                    table=series_table("Memory of the process, megabytes", &memory, |value| words::number(value, 1))
                />
            </div>
        </Section>
    }
}

#[component]
fn Versions(
    view: ResourcesView,
    /// Of all deployments: each row says which.
    #[prop(optional)]
    every: bool,
) -> impl IntoView {
    if view.versions.is_empty() {
        return view! { <Section title="By version" id="versions"><p class="soft">"No version was in memory in this time."</p></Section> }.into_any();
    }
    let called = move |one: &VersionUse| {
        if every { format!("{}, version {}", one.deployment, one.version) } else { format!("Version {}", one.version) }
    };
    let cols = vec![
        Col::new("Version"),
        Col::new("Queue"),
        Col::new("Rows waiting, mean").number(),
        Col::new("At most").number(),
        Col::new("Compute").number(),
        Col::new("Share of compute").number(),
        Col::new("Memory").number(),
    ];
    let series: Vec<Series> =
        view.versions.iter().take(6).map(|one| Series { name: called(one), points: one.compute_over_time.clone() }).collect();
    let title = match view.versions.first().and_then(|one| Some((one, one.compute_share.filter(|share| *share > 0.0)?))) {
        Some((one, share)) => format!("{} takes {} of the compute time", called(one), words::percent(share, 0)),
        None => "No model ran in this time".to_string(),
    };
    let spec = chart(&view, "Sessions’ worth of time in runs, by version".into(), Unit::Plain, &series, None);
    let table = series_table("Sessions busy, by version", &series, |value| words::number(value, 3));
    let rows = view.versions.clone();
    let or_dash = |value: Option<f64>, decimals: usize| value.map_or("–".to_string(), |value| words::number(value, decimals));
    view! {
        <Section title="By version" id="versions" hint="Queue and compute time over all nodes.">
            <Table label="What each version uses" cols class="pairs three">
                {rows
                    .into_iter()
                    .map(|one| {
                        let word = one.queue_share.map_or("not measured now".to_string(), |share| format!("{} full", words::percent(share, 0)));
                        view! {
                            <Row>
                                <Name name=called(&one) href=urls::deployment(&one.deployment, "latency")/>
                                <Cell label="Queue"><StateMark state=one.state word/></Cell>
                                <Cell label="Rows waiting, mean" number=true>{or_dash(one.queue_mean, 1)}</Cell>
                                <Cell label="At most" number=true>{or_dash(one.queue_most, 0)}</Cell>
                                <Cell label="Compute" number=true>{format!("{} s", words::number(one.compute_seconds, 1))}</Cell>
                                <Cell label="Share of compute" number=true>{one.compute_share.map_or("–".to_string(), |share| words::percent(share, 1))}</Cell>
                                <Cell label="Memory" number=true>{one.memory_bytes.map_or("–".to_string(), words::bytes)}</Cell>
                            </Row>
                        }
                    })
                    .collect_view()}
            </Table>
            <Figure title sentence="One is one session that computes all the time." drawing=time_series(&spec) table/>
        </Section>
    }
    .into_any()
}
