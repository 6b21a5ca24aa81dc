//! The alerts that fire, each with all that somebody needs who was woken by it.

use crate::components::prelude::*;
use contract::views::alerts::{AlertLine, AlertsView};
use contract::{AlertId, Millis, urls};

#[server]
pub async fn acknowledge(csrf: String, id: AlertId, note: Option<String>) -> Outcome<()> {
    let (cx, who) = crate::session::act(&csrf).await?;
    control::alerts::acknowledge(&cx, &who, &id, note.as_deref().unwrap_or_default()).await?;
    let from = crate::session::came_from().unwrap_or_else(|| urls::ALERTS.into());
    // Without its query: what went wrong before stays there.
    leptos_axum::redirect(from.split('?').next().unwrap_or(urls::ALERTS));
    Ok(())
}

#[component]
pub fn Open(view: AlertsView, action: ServerAction<Acknowledge>) -> impl IntoView {
    if view.open.is_empty() {
        return view! { <Empty title="Nothing fires" hint="Every deployment is watched from its first request: drift, prediction mix, errors, latency, quality. What fires stands here, with what changed just before." icon=Icon::Ok/> }.into_any();
    }
    let (now, may) = (view.updated_at, view.may_acknowledge);
    let (silenced, loud): (Vec<AlertLine>, Vec<AlertLine>) = view.open.into_iter().partition(|line| line.silenced.is_some());
    view! {
        {(!loud.is_empty())
            .then(|| view! { <Section title="Firing" id="open" hint="Newest first."><AlertList lines=loud now may action/></Section> })}
        {(!silenced.is_empty())
            .then(|| view! { <Section title="Silenced" id="silenced" hint="They fire, and nobody is told."><AlertList lines=silenced now may action/></Section> })}
    }
    .into_any()
}

/// Alerts as a list, with what one can do about each.
#[component]
pub fn AlertList(lines: Vec<AlertLine>, now: Millis, may: bool, action: ServerAction<Acknowledge>) -> impl IntoView {
    view! { <ul class="alerts">{lines.into_iter().map(|line| view! { <Firing line now may action/> }).collect_view()}</ul> }
}

#[component]
fn Firing(line: AlertLine, now: Millis, may: bool, action: ServerAction<Acknowledge>) -> impl IntoView {
    let since = format!("since {}, {}", line.since.words(now), line.since.ago(now));
    let deployment = urls::deployment(&line.deployment, "");
    let before = line.changed_before.map(|change| {
        let text = format!("{} ({}, {} before)", change.text, change.who, contract::time::span_words(line.since - change.at));
        view! { <p class="small">"Changed just before: "{text}</p> }
    });
    let silenced = line.silenced.map(|silence| {
        view! { <p class="small">{format!("Silenced by {} until {}: {}", silence.author, silence.until.words, silence.reason)}</p> }
    });
    let runbook =
        (!line.runbook_url.is_empty()).then(|| view! { " " <a href=line.runbook_url rel="external">"The team’s runbook"</a> });
    let id = line.id.0.clone();
    let act = match (line.acknowledged_by, may) {
        (Some(who), _) => {
            let when = line.acknowledged_at.map_or(String::new(), |at| at.ago(now));
            let note = if line.note.is_empty() { String::new() } else { format!(": {}", line.note) };
            view! { <span class="quiet">{format!("{who} is on it, {when}{note}")}</span> }.into_any()
        }
        (None, true) => view! { <ActForm action><Hidden name="id" value=id.clone()/><Field name="note" label="Note, if any" scope=id.clone()/><Submit label="Acknowledge" icon=Icon::Check/></ActForm> }.into_any(),
        (None, false) => view! { <OffButton label="Acknowledge" why="Your role may not acknowledge alerts." id=format!("why-{id}")/> }.into_any(),
    };
    let silence = format!(
        "{}?deployment={}&kind={}&subject={}#silence",
        urls::ALERTS,
        urls::encode(line.deployment.as_str()),
        line.kind.word(),
        urls::encode(&line.subject)
    );
    view! {
        <li class="alert-line" id=line.id.0.clone()>
            <Note state=line.state title=line.headline>
                <p>{line.sentence}" "{line.sure}</p>
                <p class="small"><a href=deployment>{line.deployment.0.clone()}</a>", "{since}</p>
                {before}
                {silenced}
                <details class="more small"><summary>"What to do"</summary><p>{line.runbook}{runbook}</p></details>
                <div class="row acts">
                    <ButtonLink href=line.url label="Show the chart"/>
                    {act}
                    {may.then(|| view! { <ButtonLink href=silence label="Silence" tone=Tone::Quiet/> })}
                </div>
            </Note>
        </li>
    }
}
