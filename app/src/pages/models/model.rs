//! One model: its versions compared, where it serves, what it is for.

use super::load::load_model;
use super::parts::{GatesMark, ServedLinks, TagList, model_param};
use crate::components::prelude::*;
use contract::ModelName;
use contract::live::Topic;
use contract::urls;
use contract::views::models::{ModelView, VersionLine};
use contract::views::parts;

#[component]
pub fn ModelPage() -> impl IntoView {
    let model = model_param();
    let tick = use_live(move |topic| match topic {
        Topic::Version { model: changed, .. } | Topic::Approval { model: changed, .. } => *changed == model.get_untracked(),
        Topic::Rollout { .. } | Topic::Deployment { .. } => true,
        _ => false,
    });
    let res = Resource::new_blocking(move || (model.get(), tick.get()), |(model, _)| load_model(model));
    view! { <Loaded res let:view><Model view/></Loaded> }
}

#[component]
fn Model(view: ModelView) -> impl IntoView {
    let new = urls::new_version(&view.name);
    let register = match view.may_register.why_not.clone() {
        Some(why) => view! { <OffButton label="New version" why id="why-register" icon=Icon::Upload/> }.into_any(),
        None => view! { <ButtonLink href=new label="New version" icon=Icon::Upload tone=Tone::Primary/> }.into_any(),
    };
    let serves = view.serving.first().map(|served| urls::deployment(&served.deployment, ""));
    let snippets = view.snippets.clone();
    let name = view.name.clone();
    let versions = view.versions.clone();
    let metrics = view.metric_names.clone();
    view! {
        <Page title=view.name.0.clone() crumbs=vec![("Models".into(), urls::MODELS.into())] tools=|| view! { <Updated/> }>
            <Answer answer=parts::Answer::new(State::Info, view.summary.trim_end_matches('.'), view.description.clone())>
                {register}
                {serves.map(|href| view! { <ButtonLink href label="See where it serves" icon=Icon::Fleet/> })}
            </Answer>
            <div class="split">
                <div>
                    <Section title="Versions" id="versions" hint="Newest first; numbers are of the newest gate run on held-back data.">
                        {if versions.is_empty() {
                            view! {
                                <Empty icon=Icon::Upload title="No version yet" hint="Register the first one in the browser, or push it from a script:">
                                    <Snippets label="Push a version" snippets=snippets.clone()/>
                                </Empty>
                            }
                                .into_any()
                        } else {
                            view! { <VersionTable model=name versions metrics/> }.into_any()
                        }}
                    </Section>
                </div>
                <aside aria-label="About this model"><About view=view.clone()/></aside>
            </div>
        </Page>
    }
}

#[component]
fn VersionTable(model: ModelName, versions: Vec<VersionLine>, metrics: Vec<String>) -> impl IntoView {
    let mut cols = vec![Col::new("Version"), Col::new("Gates")];
    cols.extend(metrics.iter().map(|metric| Col::new(metric.clone()).number()));
    cols.extend(["Serves", "Registered"].map(Col::new));
    view! {
        <Table label="Versions" cols class="versions">
            {versions
                .into_iter()
                .map(|line| {
                    let href = urls::version(&model, line.version, "");
                    let gates = urls::version(&model, line.version, "gates");
                    let numbers = metrics
                        .iter()
                        .zip(line.metrics)
                        .map(|(metric, text)| view! { <Cell label=metric.clone() number=true none=text == "–">{text}</Cell> })
                        .collect_view();
                    view! {
                        <Row>
                            <Name name=format!("Version {}", line.version) href=href>
                                {line.aliases.into_iter().map(|word| view! { " "<Tag word/> }).collect_view()}
                                {(!line.notes.is_empty()).then(|| view! { <span class="two">{line.notes}</span> })}
                            </Name>
                            <Cell label="Gates"><a class="plain" href=gates><GatesMark gates=line.gates/></a></Cell>
                            {numbers}
                            <Cell label="Serves"><ServedLinks served=line.serving/></Cell>
                            <Cell label="Registered" sub=line.registered_by_name><Moment at=line.registered.at words=line.registered.words/></Cell>
                        </Row>
                    }
                })
                .collect_view()}
        </Table>
    }
}

#[component]
fn About(view: ModelView) -> impl IntoView {
    let ModelView { owner_team, purpose, not_for, created, created_by, tags, serving, snippets, versions, .. } = view;
    let tagged = !tags.is_empty();
    view! {
        <Section title="About" id="about">
            <Defs>
                {(!purpose.is_empty()).then(|| view! { <Def name="Decides">{purpose}</Def> })}
                {(!not_for.is_empty()).then(|| view! { <Def name="Not for">{not_for}</Def> })}
                {(!owner_team.is_empty()).then(|| view! { <Def name="Owner">{owner_team}</Def> })}
                <Def name="Serves"><ServedLinks served=serving versions=true/></Def>
                <Def name="Created">{format!("{} by {created_by}", created.words)}</Def>
                {tagged.then(|| view! { <Def name="Tags"><TagList tags/></Def> })}
            </Defs>
        </Section>
        {(!versions.is_empty())
            .then(|| view! { <Section title="Push the next version" id="push"><Snippets label="Push the next version" snippets/></Section> })}
    }
}
