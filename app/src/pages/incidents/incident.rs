//! One incident: the answer, the numbers, the chart with what changed, suspects, timeline, people, post-mortem.

use super::acts::{Acts, DriveIncident};
use super::people::{AddNote, AssignPerson, DescribeIncident, NoteIncident, PostMortem, RemovePerson, Who};
use super::words::{about, capital, phase};
use crate::charts::ticks::short_date;
use crate::charts::{ChartEvent, Limit, TimeSeries, digits, time_series};
use crate::components::prelude::*;
use crate::pages::deployment::over_time::{lines, series_table};
use crate::words::Unit;
use contract::live::Topic;
use contract::rollout::Worse;
use contract::time::{DAY, span_words};
use contract::views::incidents::{ChartUnit, EntryKind, IncidentView};
use contract::{IncidentId, Millis, urls};
use leptos_router::hooks::use_params_map;

#[server]
async fn incident(id: IncidentId) -> Outcome<IncidentView> {
    let (cx, who) = crate::session::reader().await?;
    Ok(control::incidents::view(&cx, &who, &id).await?)
}

#[component]
pub fn IncidentPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| IncidentId(params.read().get("id").unwrap_or_default()));
    let tick = use_live(move |topic| match topic {
        Topic::Incident { incident, .. } => *incident == id.get_untracked(),
        Topic::Alert { .. } | Topic::Rollout { .. } | Topic::Deployment { .. } => true,
        _ => false,
    });
    let view = Resource::new_blocking(move || (id.get(), tick.get()), |(id, _)| incident(id));
    let drive = ServerAction::<DriveIncident>::new();
    let (assign, remove) = (ServerAction::<AssignPerson>::new(), ServerAction::<RemovePerson>::new());
    let (note, describe) = (ServerAction::<NoteIncident>::new(), ServerAction::<DescribeIncident>::new());
    view! {
        <Loaded res=view let:view>
            {
                let crumbs = vec![
                    ("Incidents".to_string(), urls::INCIDENTS.to_string()),
                    (view.line.deployment.0.clone(), urls::deployment(&view.line.deployment, "")),
                ];
                view! {
                    <Page title=format!("Incident {}", view.line.number) crumbs wide=true tools=|| view! { <Updated/> }.into_any()>
                        <Acts view=view.clone() action=drive/>
                        <Frame view=view.clone()/>
                        <Chart view=view.clone()/>
                        <div class="split">
                            <div>
                                <Suspects view=view.clone()/>
                                <Timeline view=view.clone()/>
                                <AddNote view=view.clone() note/>
                            </div>
                            <aside aria-label="About the incident">
                                <Who view=view.clone() assign remove/>
                                <PostMortem view=view.clone() describe/>
                            </aside>
                        </div>
                    </Page>
                }
            }
        </Loaded>
    }
}

#[component]
fn Frame(view: IncidentView) -> impl IntoView {
    let (line, numbers, now) = (view.line.clone(), view.numbers, view.updated_at);
    let (_, word) = phase(&line);
    let share = move |part: u64| {
        if numbers.requests == 0 {
            "no requests".to_string()
        } else {
            format!("{} of requests", words::percent(part as f64 / numbers.requests as f64, 2))
        }
    };
    let firing = view.alerts.iter().filter(|alert| alert.resolved_at.is_none()).count();
    let p99 = numbers.p99_ms.map_or("–".to_string(), |p99| Unit::Milliseconds.said(p99, digits(p99)));
    view! {
        <Stats label="From the start on">
            <Stat label=if line.resolved_at.is_some() { "Lasted" } else { "For" } value=span_words(line.resolved_at.unwrap_or(now) - line.started_at) sub=format!("{}, since {}", word.to_lowercase(), line.started_at.words(now))/>
            <Stat label="Alerts" value=view.alerts.len().to_string() sub=format!("{firing} fire now")/>
            <Stat label="p99" value=p99 sub=format!("{} slower than the limit", words::about(numbers.slow))/>
            <Stat label="Failed requests" value=words::about(numbers.failed) sub=share(numbers.failed)/>
            <Stat label="By a fallback" value=words::about(numbers.by_fallback) sub=share(numbers.by_fallback)/>
        </Stats>
    }
}

fn events(view: &IncidentView) -> Vec<ChartEvent> {
    let within = |at: Millis| at >= view.chart.from && at <= view.chart.to;
    let alerts = view.alerts.iter().map(|alert| ChartEvent { at: alert.since, label: alert.headline.clone(), alert: true });
    ChartEvent::of(&view.chart.changes).into_iter().chain(alerts).filter(|event| within(event.at)).collect()
}

#[component]
fn Chart(view: IncidentView) -> impl IntoView {
    let chart = view.chart.clone();
    let unit = match chart.unit {
        ChartUnit::Milliseconds => Unit::Milliseconds,
        ChartUnit::Share => Unit::Share,
        ChartUnit::PerSecond => Unit::PerSecond,
        ChartUnit::Plain => Unit::Plain,
    };
    let events = events(&view);
    let limit = chart.limit.map(|value| Limit { value, label: format!("limit {}", unit.said(value, 0)), worse: Worse::Higher });
    let spec = TimeSeries {
        about: format!("{}: what went wrong, with changes and alerts", view.line.deployment),
        reading: chart.title.clone(),
        from: chart.from,
        to: chart.to,
        unit,
        lines: lines(&chart.series),
        limit,
        events: events.clone(),
        from_zero: chart.unit != ChartUnit::Plain,
        empty: "No requests in this time.".into(),
        ..TimeSeries::default()
    };
    let table = series_table("Around the start of the incident", &chart.series, |value| unit.said(value, 2));
    let pins = !events.is_empty();
    view! {
        <Section title="Alerts beside changes" id="chart" hidden_title=true>
            <Figure title=chart.title.clone() sentence=chart.sentence.clone() drawing=time_series(&spec) table/>
            {pins.then(|| view! { <details><summary>"What the marks stand for"</summary><PinList events/></details> })}
        </Section>
    }
}

#[component]
fn Suspects(view: IncidentView) -> impl IntoView {
    let now = view.updated_at;
    if view.suspects.is_empty() {
        return view! {
            <Section title="What may have caused it" id="suspects">
                <p class="soft">"No change is known in the day before the start. Other systems can tell of theirs at "<code>"/api/v1/events"</code>"."</p>
            </Section>
        }
        .into_any();
    }
    let cols = vec![Col::new("Change"), Col::new("Why suspected"), Col::new("When"), Col::new("Who"), Col::new("Score").number()];
    view! {
        <Section title="What may have caused it" id="suspects" hint="By closeness before the first alert and by kind; the order proves nothing.">
            <Table label="Suspected causes" cols class="pairs">
                {view
                    .suspects
                    .into_iter()
                    .enumerate()
                    .map(|(i, suspect)| view! {
                        <Row>
                            <Name name=format!("{}. {}", i + 1, suspect.change.text) href=suspect.change.url.clone().unwrap_or_default()/>
                            <Cell label="Why suspected">{suspect.because}</Cell>
                            <Cell label="When"><Moment at=suspect.change.at words=suspect.change.at.words(now)/></Cell>
                            <Cell label="Who">{suspect.change.who}</Cell>
                            <Cell label="Score" number=true>{words::number(suspect.score, 2)}</Cell>
                        </Row>
                    })
                    .collect_view()}
            </Table>
        </Section>
    }
    .into_any()
}

#[component]
fn Timeline(view: IncidentView) -> impl IntoView {
    let now = view.updated_at;
    let entries = view
        .timeline
        .into_iter()
        .map(|entry| {
            let icon = match (entry.kind, entry.state) {
                (EntryKind::Alert | EntryKind::Cleared, Some(state)) => Icon::from(state),
                (EntryKind::Note, _) => Icon::Comment,
                (EntryKind::Change, _) => Icon::Commit,
                _ => Icon::User,
            };
            let today = entry.at.floor_to(DAY) == now.floor_to(DAY);
            let when = if today { entry.at.hms() } else { format!("{} {}", short_date(entry.at), entry.at.hm()) };
            let about = about(&entry);
            let detail = if entry.detail.is_empty() { about } else { format!("{}. {}", capital(&about), entry.detail) };
            Entry { when, at: entry.at, icon, state: entry.state, title: entry.text, detail, href: entry.url }
        })
        .collect();
    view! { <Section title="Timeline" id="timeline" hint="Newest first: alerts, changes, notes and what people did." link=("Add a note".to_string(), "#note".to_string())><Log entries/></Section> }
}
