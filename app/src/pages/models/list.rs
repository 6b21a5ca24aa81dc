//! The list of models: what there is, which version is the champion, where it serves.

use super::load::load_models;
use super::parts::{GatesMark, ServedLinks};
use crate::components::prelude::*;
use contract::live::Topic;
use contract::urls;
use contract::views::common::Allowed;
use contract::views::models::{ModelLine, ModelsView};
use contract::views::parts;

#[component]
pub fn ModelsPage() -> impl IntoView {
    let tick = use_live(|topic| matches!(topic, Topic::Version { .. } | Topic::Rollout { .. } | Topic::Deployment { .. }));
    let res = Resource::new_blocking(move || tick.get(), |_| load_models());
    view! { <Loaded res let:view><Models view/></Loaded> }
}

#[component]
fn Models(view: ModelsView) -> impl IntoView {
    let ModelsView { summary, models, may_register, snippets } = view;
    let none = models.is_empty();
    view! {
        <Page title="Models" tools=|| view! { <Updated/> }>
            {if none {
                view! {
                    <Empty
                        icon=Icon::Models title="No model is registered yet"
                        hint="A model is a named line of ONNX files. Register the first version in the browser, or push it from a script:"
                    >
                        <Snippets label="Push a first version" snippets/>
                        <div class="row acts"><NewModel may_register primary=true/></div>
                    </Empty>
                }
                    .into_any()
            } else {
                view! {
                    <Answer answer=parts::Answer::new(State::Info, summary.trim_end_matches('.'), "")><NewModel may_register/></Answer>
                    <Section title="All models" id="models" hidden_title=true><ModelTable models/></Section>
                    <Section title="From a script" id="push" hint="The same as in the browser: the model is made when it is missing.">
                        <Snippets label="Push a version" snippets/>
                    </Section>
                }
                    .into_any()
            }}
        </Page>
    }
}

#[component]
fn NewModel(may_register: Allowed, #[prop(optional)] primary: bool) -> impl IntoView {
    match may_register.why_not {
        Some(why) => view! { <OffButton label="New model" why id="why-new" icon=Icon::Plus/> }.into_any(),
        None => {
            let tone = if primary { Tone::Primary } else { Tone::Plain };
            view! { <ButtonLink href=urls::NEW_MODEL label="New model" icon=Icon::Plus tone/> }.into_any()
        }
    }
}

#[component]
fn ModelTable(models: Vec<ModelLine>) -> impl IntoView {
    let cols = ["Model", "Owner", "Newest version", "Champion", "Serves", "Last activity"].map(Col::new).into();
    view! {
        <Table label="Models" cols class="models">
            {models.into_iter().map(|model| view! { <ModelRow model/> }).collect_view()}
        </Table>
    }
}

#[component]
fn ModelRow(model: ModelLine) -> impl IntoView {
    let ModelLine { name, description, owner_team, versions, latest, champion, serving, gates, last_activity } = model;
    let link = |version: contract::VersionNo| {
        let href = urls::version(&name, version, "");
        view! { <a href=href>{format!("Version {version}")}</a> }
    };
    let newest = latest.map(link);
    let best = champion.map(link);
    let of = words::plural(versions.into(), "version", "versions");
    let (no_newest, no_champion) = (newest.is_none(), best.is_none());
    view! {
        <Row>
            <Name name=name.0.clone() href=urls::model(&name) sub=description/>
            <Cell label="Owner" none=owner_team.is_empty()>{owner_team.clone()}</Cell>
            <Cell label="Newest" none=no_newest sub=of>
                <span class="row">{newest} {(!no_newest).then(|| view! { <GatesMark gates/> })}</span>
            </Cell>
            <Cell label="Champion" none=no_champion>{best.map_or_else(|| view! { <span class="quiet">"none"</span> }.into_any(), IntoAny::into_any)}</Cell>
            <Cell label="Serves"><ServedLinks served=serving versions=true/></Cell>
            <Cell label="Activity"><Moment at=last_activity.at words=last_activity.ago/></Cell>
        </Row>
    }
}
