//! All incidents, and the form that opens one by hand.

use super::words::phase;
use crate::components::prelude::*;
use contract::live::Topic;
use contract::time::span_words;
use contract::views::incidents::{IncidentLine, IncidentsView};
use contract::{DeploymentName, Millis, urls};

#[server]
async fn incidents() -> Outcome<IncidentsView> {
    let (cx, who) = crate::session::reader().await?;
    Ok(control::incidents::list(&cx, &who).await?)
}

#[server]
async fn open_incident(
    csrf: String,
    deployment: DeploymentName,
    title: String,
    note: Option<String>,
    started_at: Option<String>,
) -> Outcome<()> {
    let (cx, who) = crate::session::act(&csrf).await?;
    let input = contract::inputs::OpenIncident { deployment, title, note: note.unwrap_or_default(), started_at };
    let opened = control::incidents::open(&cx, &who, input).await?;
    leptos_axum::redirect(&urls::incident(&opened.id));
    Ok(())
}

#[component]
pub fn IncidentsPage() -> impl IntoView {
    let tick = use_live(|topic| matches!(topic, Topic::Incident { .. } | Topic::Alert { .. }));
    let view = Resource::new_blocking(move || tick.get(), |_| incidents());
    let action = ServerAction::<OpenIncident>::new();
    view! {
        <Loaded res=view let:view>
            {
            let closed = why_not(&view);
            view! {
            <Page title="Incidents" wide=true tools=|| view! { <Updated/> }.into_any()>
                <Answer answer=view.answer.clone()>
                    <OpenDialog name="open" label="Open an incident" icon=Icon::Plus why_not=closed/>
                </Answer>
                <OpenForm view=view.clone() action/>
                {if view.incidents.is_empty() {
                    view! { <Empty title="There has been no incident" hint="A bad alert opens one by itself, and everything that changed just before it stands beside it. What no alert has seen you open by hand." icon=Icon::Ok/> }
                        .into_any()
                } else {
                    view! { <Lines lines=view.incidents.clone() now=view.updated_at/> }.into_any()
                }}
            </Page>
            }
            }
        </Loaded>
    }
}

fn why_not(view: &IncidentsView) -> String {
    match (&view.may_open.why_not, view.deployments.is_empty()) {
        (Some(why), _) => why.clone(),
        (None, true) => "There is no deployment yet.".into(),
        (None, false) => String::new(),
    }
}

#[component]
fn OpenForm(view: IncidentsView, action: ServerAction<OpenIncident>) -> impl IntoView {
    let allowed = why_not(&view).is_empty();
    let options: Vec<(String, String)> = view.deployments.iter().map(|name| (name.0.clone(), name.0.clone())).collect();
    allowed.then(|| {
        view! {
            <ActDialog
                action
                name="open"
                title="Open an incident?"
                consequences=vec!["You lead it until somebody else does.".into(), "Alerts of the deployment that fire join it, and so do later ones.".into()]
                confirm="Open the incident"
                why=false
            >
                <Select name="deployment" label="Deployment" options/>
                <Field name="title" label="What is wrong" required=true/>
                <Field name="started_at" label="Since when, UTC" kind="datetime-local" hint="Now, if it is left empty."/>
                <TextArea name="note" label="What you see" rows=3/>
            </ActDialog>
        }
    })
}

#[component]
fn Lines(lines: Vec<IncidentLine>, now: Millis) -> impl IntoView {
    let cols = ["Incident", "State", "Deployment", "Began", "Lasted", "Alerts", "Commander"].into_iter().map(Col::new).collect();
    view! {
        <Section title="Incidents" id="incidents" hint="Those that are not resolved first, then the newest.">
            <Table label="Incidents" cols class="pairs">
                {lines
                    .into_iter()
                    .map(|line| {
                        let (state, word) = phase(&line);
                        let lasted = span_words(line.resolved_at.unwrap_or(now) - line.started_at);
                        let nobody = line.commander.is_empty();
                        view! {
                            <Row>
                                <Name name=format!("{}: {}", line.number, line.title) href=urls::incident(&line.id)/>
                                <Cell label="State"><StateMark state word/></Cell>
                                <Cell label="Deployment"><a href=urls::deployment(&line.deployment, "")>{line.deployment.0.clone()}</a></Cell>
                                <Cell label="Began"><Moment at=line.started_at words=line.started_at.words(now)/></Cell>
                                <Cell label="Lasted">{if line.resolved_at.is_some() { lasted } else { format!("{lasted} so far") }}</Cell>
                                <Cell label="Alerts">{line.alerts.to_string()}</Cell>
                                <Cell label="Commander">{if nobody { "nobody".into() } else { line.commander }}</Cell>
                            </Row>
                        }
                    })
                    .collect_view()}
            </Table>
        </Section>
    }
}
