//! The table of deployments: filters and search are links and a form, so that each state of it has an address.

use crate::components::prelude::*;
use contract::time::span_words;
use contract::urls;
use contract::views::fleet::{Line, QualityCell, RolloutCell, WorstDrift};

/// Words of `?state=` with the states that they show.
const FILTERS: [(&str, &str, &[State]); 5] = [
    ("", "All", &[]),
    ("needs", "Needs someone", &[State::Bad]),
    ("watch", "Watch", &[State::Watch]),
    ("nodata", "Not enough data", &[State::Unknown]),
    ("steady", "Steady", &[State::Ok, State::Run, State::Info]),
];

#[component]
pub fn FleetTable(lines: Vec<Line>) -> impl IntoView {
    if lines.is_empty() {
        return view! { <NoDeployments/> }.into_any();
    }
    let here = here();
    let state = here.get("state").unwrap_or_default();
    let wanted_words = here.get("q").unwrap_or_default();
    let wanted = wanted_words.to_lowercase();
    let tabs = FILTERS
        .into_iter()
        .map(|(word, label, states)| {
            let count = lines.iter().filter(|line| states.is_empty() || states.contains(&line.state)).count() as u64;
            let href = here.with(&[("state", (!word.is_empty()).then_some(word))]);
            Tab::new(label, href, state == word).count(count).bad(word == "needs" && count > 0)
        })
        .collect();
    let states = FILTERS.into_iter().find(|(word, ..)| *word == state).map(|(.., states)| states).unwrap_or_default();
    let sort = Sort::parse(&here.get("sort").unwrap_or_default());
    let mut shown: Vec<Line> = lines
        .into_iter()
        .filter(|line| states.is_empty() || states.contains(&line.state))
        .filter(|line| {
            [line.name.as_str(), line.model.as_str(), &line.owner].iter().any(|text| text.to_lowercase().contains(&wanted))
        })
        .collect();
    match sort.by.as_str() {
        "name" => sort.apply(&mut shown, |line| line.name.0.clone()),
        "traffic" => sort.apply(&mut shown, |line| line.per_second),
        "p99" => sort.apply(&mut shown, |line| line.p99_ms.unwrap_or(-1.0) / line.p99_limit_ms),
        "drift" => sort.apply(&mut shown, |line| line.drift.as_ref().map_or(-1.0, |drift| drift.distance)),
        "owner" => sort.apply(&mut shown, |line| line.owner.clone()),
        _ => {}
    }
    let cols = vec![
        Col::new("Deployment").sort("name"),
        Col::new("Health"),
        Col::new("Traffic").sort("traffic"),
        Col::new("p99, limit").sort("p99"),
        Col::new("Drift, worst").sort("drift"),
        Col::new("Quality"),
        Col::new("Rollout"),
        Col::new("Owner").sort("owner"),
    ];
    let none = shown.is_empty();
    view! {
        <Section title="Deployments" id="deployments" hint="Worst first. Limits and owners come from each deployment’s settings.">
            <div class="filters">
                <Tabs label="Filter by state" tabs/>
                <SearchBox label="Find a deployment, model or owner" placeholder="Deployment, model, owner" value=wanted_words.clone()/>
            </div>
            <Table label="Deployments" cols sort class="fleet pairs three">
                {shown.into_iter().map(|line| view! { <FleetRow line/> }).collect_view()}
            </Table>
            {none.then(|| view! { <Empty title="No deployment matches" hint="Clear the search or choose another state."/> })}
            <p class="small quiet">
                "Drift is the Wasserstein distance from the training data over its standard deviation (Jensen-Shannon for categories); it counts from the limit on, where the evidence suffices. Quality names its measure and says whether outcomes were known."
            </p>
        </Section>
    }
        .into_any()
}

#[component]
fn NoDeployments() -> impl IntoView {
    view! {
        <Empty title="Nothing is deployed yet" hint="Register a version, run its gates and ask for its promotion; an approver signs, and it serves." icon=Icon::Fleet>
            <ButtonLink href=urls::NEW_MODEL label="Register a version" tone=Tone::Primary/>
        </Empty>
    }
}

#[component]
fn FleetRow(line: Line) -> impl IntoView {
    let version = match (line.version, line.age) {
        (Some(version), Some(age)) => format!("version {version}, {} old", span_words(age)),
        (Some(version), None) => format!("version {version}"),
        (None, _) => "no version in service".into(),
    };
    let known: Vec<Option<f64>> = line.traffic.iter().map(|point| point.value).collect();
    let rate = format!("{}/s", words::number(line.per_second, if line.per_second < 10.0 { 1 } else { 0 }));
    let says = format!("Predictions a second, now {rate}");
    let quiet = matches!(line.state, State::Ok | State::Run | State::Info);
    view! {
        <Row>
            <Name name=line.name.0.clone() href=urls::deployment(&line.name, "") sub=version/>
            <td role="cell" data-label="Health">
                <div class=(!quiet).then_some("strong")><StateMark state=line.state word=line.headline/></div>
                {(!line.detail.is_empty()).then(|| view! { <span class="two under-mark">{line.detail}</span> })}
                {(!line.degraded.is_empty()).then(|| view! { <span class="two under-mark">{line.degraded}</span> })}
            </td>
            <Cell label="Traffic" sub=rate><Sparkline values=known says/></Cell>
            <Cell label="p99, limit"><Latency p99=line.p99_ms limit=line.p99_limit_ms/></Cell>
            <Cell label="Drift, worst" none=line.drift.is_none()><Drift drift=line.drift/></Cell>
            <Cell label="Quality" none=line.quality.is_none()><Quality quality=line.quality/></Cell>
            <Cell label="Rollout" none=line.rollout.is_none()><Rollout rollout=line.rollout/></Cell>
            <Cell label="Owner">{if line.owner.is_empty() { "nobody".into() } else { line.owner }}</Cell>
        </Row>
    }
}

#[component]
fn Nothing() -> impl IntoView {
    view! { <span class="quiet" aria-hidden="true">"–"</span><span class="vh">"none"</span> }
}

#[component]
fn Latency(p99: Option<f64>, limit: f64) -> impl IntoView {
    let of = format!(" of {}", words::Unit::Milliseconds.said(limit, 0));
    match p99 {
        Some(p99) => {
            let over = p99 > limit;
            let decimals = if p99 < 10.0 { 1 } else { 0 };
            view! {
                <span class="nb">
                    <span class=if over { "strong bad-ink" } else { "" }>{words::number(p99, decimals)}</span>
                    <span class="quiet">{of}</span>
                    <Bullet value=p99 limit/>
                </span>
            }
            .into_any()
        }
        None => view! { <span class="quiet">"no answers"{of}</span> }.into_any(),
    }
}

#[component]
fn Drift(drift: Option<WorstDrift>) -> impl IntoView {
    match drift {
        Some(drift) => {
            let value = if drift.state == State::Unknown { "–".to_string() } else { words::number(drift.distance, 2) };
            let class = if drift.state == State::Bad { "strong bad-ink" } else { "" };
            let sub = if drift.state == State::Unknown { drift.note } else { drift.feature };
            view! { <span class=class>{value}</span><span class="two wrap">{sub}</span> }.into_any()
        }
        None => view! { <Nothing/> }.into_any(),
    }
}

#[component]
fn Quality(quality: Option<QualityCell>) -> impl IntoView {
    match quality {
        Some(QualityCell { measure, value: Some(value), realised, coverage }) => {
            let said = if value.abs() <= 1.0 && measure == "Accuracy" {
                words::percent(value, 1)
            } else {
                words::number(value, if value.abs() < 10.0 { 3 } else { 1 })
            };
            let sub =
                if realised { format!("realised, {} known", words::percent(coverage, 0)) } else { "on held-back data".into() };
            view! { <span>{measure}" "{said}</span><span class="two">{sub}</span> }.into_any()
        }
        Some(QualityCell { measure, .. }) => {
            view! { <span class="quiet">{measure}</span><span class="two">"no outcomes yet"</span> }.into_any()
        }
        None => view! { <Nothing/> }.into_any(),
    }
}

#[component]
fn Rollout(rollout: Option<RolloutCell>) -> impl IntoView {
    match rollout {
        Some(rollout) => {
            let title = format!("v{} at {}%", rollout.canary, words::number(rollout.weight, 0));
            view! { <a href=urls::rollout(&rollout.id)>{title}</a><span class="two"><Dots step=rollout.step steps=rollout.steps/></span> }.into_any()
        }
        None => view! { <Nothing/> }.into_any(),
    }
}
