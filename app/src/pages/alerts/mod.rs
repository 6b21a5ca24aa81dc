//! Alerts: what fires, since when, how sure, what changed just before; and what was resolved.

use crate::components::prelude::*;
use contract::live::Topic;
use contract::views::alerts::{AlertLine, AlertsView};
use contract::{AlertId, Millis, urls};

#[server]
async fn alerts() -> Outcome<AlertsView> {
    let (cx, who) = crate::session::reader().await?;
    Ok(control::alerts::list(&cx, &who).await?)
}

#[server]
async fn acknowledge(csrf: String, id: AlertId, note: Option<String>) -> Outcome<()> {
    let (cx, who) = crate::session::act(&csrf).await?;
    control::alerts::acknowledge(&cx, &who, &id, note.as_deref().unwrap_or_default()).await?;
    leptos_axum::redirect(urls::ALERTS);
    Ok(())
}

#[component]
pub fn AlertsPage() -> impl IntoView {
    let tick = use_live(|topic| matches!(topic, Topic::Alert { .. }));
    let view = Resource::new_blocking(move || tick.get(), |_| alerts());
    let action = ServerAction::<Acknowledge>::new();
    view! {
        <Loaded res=view let:view>
            <Page title="Alerts" tools=|| view! { <Updated/> }.into_any()>
                <Answer answer=view.answer.clone()/>
                <Open view=view.clone() action/>
                <Resolved lines=view.resolved.clone() now=view.updated_at/>
            </Page>
        </Loaded>
    }
}

#[component]
fn Open(view: AlertsView, action: ServerAction<Acknowledge>) -> impl IntoView {
    if view.open.is_empty() {
        return view! { <Empty title="Nothing fires" hint="Every deployment is watched from its first request: drift, prediction mix, errors, latency, quality. What fires stands here, with what changed just before." icon=Icon::Ok/> }.into_any();
    }
    let (now, may) = (view.updated_at, view.may_acknowledge);
    view! {
        <Section title="Firing" id="open" hint="Newest first.">
            <ul class="alerts">{view.open.into_iter().map(|line| view! { <Firing line now may action/> }).collect_view()}</ul>
        </Section>
    }
    .into_any()
}

#[component]
fn Firing(line: AlertLine, now: Millis, may: bool, action: ServerAction<Acknowledge>) -> impl IntoView {
    let since = format!("since {}, {}", line.since.words(now), line.since.ago(now));
    let deployment = urls::deployment(&line.deployment, "");
    let before = line.changed_before.map(|change| {
        let text = format!("{} ({}, {} before)", change.text, change.who, contract::time::span_words(line.since - change.at));
        view! { <p class="small">"Changed just before: "{text}</p> }
    });
    let id = line.id.0.clone();
    let act = match (line.acknowledged_by, may) {
        (Some(who), _) => view! { <span class="quiet">{format!("{who} is on it, {}", line.acknowledged_at.map_or(String::new(), |at| at.ago(now)))}</span> }.into_any(),
        (None, true) => view! { <ActForm action><Hidden name="id" value=id.clone()/><Field name="note" label="Note, if any" scope=id.clone()/><Submit label="Acknowledge" icon=Icon::Check/></ActForm> }.into_any(),
        (None, false) => view! { <OffButton label="Acknowledge" why="Your role may not acknowledge alerts." id=format!("why-{id}")/> }.into_any(),
    };
    view! {
        <li class="alert-line" id=line.id.0.clone()>
            <Note state=line.state title=line.headline>
                <p>{line.sentence}</p>
                <p class="small"><a href=deployment>{line.deployment.0.clone()}</a>", "{since}</p>
                {before}
                <div class="row acts"><ButtonLink href=line.url label="Show the chart"/>{act}</div>
            </Note>
        </li>
    }
}

#[component]
fn Resolved(lines: Vec<AlertLine>, now: Millis) -> impl IntoView {
    let cols = ["Alert", "Deployment", "From", "To", "Acknowledged"].into_iter().map(Col::new).collect();
    (!lines.is_empty()).then(|| view! {
        <Section title="Resolved" id="resolved" hint="The last 30 days.">
            <Table label="Resolved alerts" cols class="pairs">
                {lines
                    .into_iter()
                    .map(|line| view! {
                        <Row>
                            <Name name=line.headline href=line.url/>
                            <Cell label="Deployment"><a href=urls::deployment(&line.deployment, "")>{line.deployment.0.clone()}</a></Cell>
                            <Cell label="From"><Moment at=line.since words=line.since.words(now)/></Cell>
                            <Cell label="To">{line.resolved_at.map_or("–".into(), |at| at.words(now))}</Cell>
                            <Cell label="Acknowledged">{line.acknowledged_by.unwrap_or_else(|| "nobody".into())}</Cell>
                        </Row>
                    })
                    .collect_view()}
            </Table>
        </Section>
    })
}
