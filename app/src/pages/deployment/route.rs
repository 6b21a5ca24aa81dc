//! Who is told of a deployment's alerts, in which order, and where its own runbook is.

use crate::components::prelude::*;
use contract::alerting::RouteStep;
use contract::views::monitors::{DeploymentAlertsView, RouteView};
use contract::{ChannelId, DeploymentName, urls};

/// Up to three steps; without a first one every channel is told at once.
#[server]
pub async fn save_route(
    csrf: String,
    name: DeploymentName,
    first: Option<String>,
    second: Option<String>,
    second_after: Option<u32>,
    third: Option<String>,
    third_after: Option<u32>,
) -> Outcome<()> {
    let (cx, who) = crate::session::act(&csrf).await?;
    let chosen = |channel: Option<String>, after_minutes: Option<u32>| {
        let channel = channel.filter(|channel| !channel.is_empty())?;
        Some(RouteStep { channel: channel.into(), after_minutes: after_minutes.unwrap_or(0) })
    };
    let steps: Vec<RouteStep> =
        [chosen(first, Some(0)), chosen(second, second_after), chosen(third, third_after)].into_iter().flatten().collect();
    control::alerts::routes::save(&cx, &who, &name, (!steps.is_empty()).then_some(steps)).await?;
    leptos_axum::redirect(&format!("{}#route", urls::deployment(&name, "alerts")));
    Ok(())
}

#[server]
pub async fn save_runbook(csrf: String, name: DeploymentName, runbook_url: Option<String>) -> Outcome<()> {
    let (cx, who) = crate::session::act(&csrf).await?;
    control::alerts::monitors::save_runbook(&cx, &who, &name, runbook_url.as_deref().unwrap_or_default()).await?;
    leptos_axum::redirect(&format!("{}#route", urls::deployment(&name, "alerts")));
    Ok(())
}

#[component]
pub fn Route(view: DeploymentAlertsView, action: ServerAction<SaveRoute>, runbook: ServerAction<SaveRunbook>) -> impl IntoView {
    let RouteView { deployment, declared, steps, words, channels } = view.route;
    let hint = if declared { "Declared for this deployment." } else { "Nothing is declared, so every channel is told at once." };
    let forms = match view.may_change.why_not {
        Some(why) => view! { <p class="soft">{why}</p> }.into_any(),
        None => {
            let runbook_url = view.runbook_url;
            view! {
                <RouteForm name=deployment.0.clone() steps channels action/>
                <RunbookForm name=deployment.0 runbook_url action=runbook/>
            }
            .into_any()
        }
    };
    view! {
        <Section title="Who is told" id="route" hint link=("Channels".to_string(), urls::CHANNELS.to_string())>
            <ul class="bullets">{words.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}</ul>
            {forms}
        </Section>
    }
}

#[component]
fn RouteForm(
    name: String,
    steps: Vec<RouteStep>,
    channels: Vec<(ChannelId, String)>,
    action: ServerAction<SaveRoute>,
) -> impl IntoView {
    let channel = |i: usize| steps.get(i).map(|step| step.channel.0.clone()).unwrap_or_default();
    let after = |i: usize, otherwise: u32| steps.get(i).map_or(otherwise, |step| step.after_minutes).to_string();
    let options = |none: &str| -> Vec<(String, String)> {
        std::iter::once((String::new(), none.to_string()))
            .chain(channels.iter().map(|(id, name)| (id.0.clone(), name.clone())))
            .collect()
    };
    let (every, nobody) = (options("Every channel"), options("Nobody else"));
    let others = nobody.clone();
    let (first, second, third) = (channel(0), channel(1), channel(2));
    let (second_after, third_after) = (after(1, 15), after(2, 60));
    view! {
        <ActForm action>
            <div class="form narrow-form">
                <FormProblem/>
                <Hidden name="name" value=name/>
                <Select name="first" label="First, at once" options=every value=first scope="r-"/>
                <Select name="second" label="Then" options=nobody value=second scope="r-"/>
                <Field name="second_after" label="After so many minutes without an acknowledgement" kind="number" value=second_after scope="r-"/>
                <Select name="third" label="And then" options=others value=third scope="r-"/>
                <Field name="third_after" label="After so many minutes, from the first message on" kind="number" value=third_after scope="r-"/>
                <div class="row acts"><Submit label="Save who is told"/></div>
            </div>
        </ActForm>
    }
}

#[component]
fn RunbookForm(name: String, runbook_url: String, action: ServerAction<SaveRunbook>) -> impl IntoView {
    view! {
        <ActForm action>
            <div class="form narrow-form">
                <FormProblem/>
                <Hidden name="name" value=name/>
                <Field
                    name="runbook_url" label="Your own runbook" kind="url" value=runbook_url hint="Every alert of this deployment links to it."
                    placeholder="https://wiki.example/churn" scope="r-"
                />
                <div class="row acts"><Submit label="Save the runbook"/></div>
            </div>
        </ActForm>
    }
}
