//! Silences: what holds now, and a form for another one. What it is for may stand in the address already.

use crate::components::prelude::*;
use contract::SilenceId;
use contract::views::alerts::{AlertKind, AlertsView, SilenceLine};

#[server]
pub async fn silence(
    csrf: String,
    deployment: String,
    kind: String,
    subject: Option<String>,
    minutes: u32,
    reason: String,
) -> Outcome<()> {
    let (cx, who) = crate::session::act(&csrf).await?;
    let input = contract::alerting::SaveSilence { deployment, kind, subject: subject.unwrap_or_default(), minutes, reason };
    control::alerts::silences::save(&cx, &who, input).await?;
    leptos_axum::redirect(contract::urls::ALERTS);
    Ok(())
}

#[server]
pub async fn end_silence(csrf: String, id: SilenceId) -> Outcome<()> {
    let (cx, who) = crate::session::act(&csrf).await?;
    control::alerts::silences::end(&cx, &who, &id).await?;
    leptos_axum::redirect(contract::urls::ALERTS);
    Ok(())
}

/// Words and minutes of how long.
const LENGTHS: [(&str, &str); 6] =
    [("30", "30 minutes"), ("60", "An hour"), ("240", "4 hours"), ("1440", "A day"), ("4320", "3 days"), ("10080", "A week")];

#[component]
pub fn Silences(view: AlertsView, silence: ServerAction<Silence>, end: ServerAction<EndSilence>) -> impl IntoView {
    let may = view.may_acknowledge;
    let lines = view.silences.clone();
    let none = lines.is_empty();
    view! {
        <Section title="Silences" id="silence" hint="What they cover is recorded and shown, and nobody is told.">
            {if none {
                view! { <p class="soft">"Nothing is silenced."</p> }.into_any()
            } else {
                view! { <SilenceTable lines may end/> }.into_any()
            }}
            {if may { view! { <SilenceForm view action=silence/> }.into_any() } else { view! { <p class="soft">"Your role may not silence alerts."</p> }.into_any() }}
        </Section>
    }
}

#[component]
fn SilenceTable(lines: Vec<SilenceLine>, may: bool, end: ServerAction<EndSilence>) -> impl IntoView {
    let cols = ["What", "Until", "Why", "By", "End it"].into_iter().map(Col::new).collect();
    view! {
        <Table label="Silences" cols class="pairs">
            {lines
                .into_iter()
                .map(|line| {
                    let id = line.id.0.clone();
                    view! {
                        <Row>
                            <Name name=line.what/>
                            <Cell label="Until" sub=line.until.ago>{line.until.words}</Cell>
                            <Cell label="Why">{line.reason}</Cell>
                            <Cell label="By">{line.author}</Cell>
                            <Cell label="End it" none=!may>
                                {may.then(|| view! { <ActForm action=end><Hidden name="id" value=id.clone()/><FormProblem/><Submit label="End now"/></ActForm> })}
                            </Cell>
                        </Row>
                    }
                })
                .collect_view()}
        </Table>
    }
}

#[component]
fn SilenceForm(view: AlertsView, action: ServerAction<Silence>) -> impl IntoView {
    let here = here();
    let any = |words: &str| (String::new(), words.to_string());
    let deployments = std::iter::once(any("All deployments"))
        .chain(view.deployments.iter().map(|name| (name.0.clone(), name.0.clone())))
        .collect();
    let kinds = std::iter::once(any("Every kind"))
        .chain(AlertKind::ALL.into_iter().map(|kind| (kind.word().to_string(), kind.name())))
        .collect();
    let lengths: Vec<_> = LENGTHS.into_iter().map(|(minutes, words)| (minutes.to_string(), words.to_string())).collect();
    let asked = move |key: &str| here.get(key).unwrap_or_default();
    view! {
        <ActForm action>
            <div class="form narrow-form">
                <FormProblem/>
                <Select name="deployment" label="Deployment" options=deployments value=asked("deployment") scope="s-"/>
                <Select name="kind" label="Kind" options=kinds value=asked("kind") scope="s-"/>
                <Field name="subject" label="Feature, class or version" value=asked("subject") hint="Empty: any." scope="s-"/>
                <Select name="minutes" label="For" options=lengths value="60" scope="s-"/>
                <Field name="reason" label="Why? Kept in the audit log." required=true scope="s-"/>
                <div class="row acts"><Submit label="Silence" icon=Icon::Pause/></div>
            </div>
        </ActForm>
    }
}
