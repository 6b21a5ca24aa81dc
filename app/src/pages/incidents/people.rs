//! Who does what in an incident, and what people write about it.

use super::words::role;
use crate::components::prelude::*;
use contract::views::incidents::{IncidentRole, IncidentState, IncidentView};
use contract::{IncidentId, UserId, urls};

#[server]
pub async fn assign_person(csrf: String, id: IncidentId, person: UserId, role: IncidentRole) -> Outcome<()> {
    let (cx, who) = crate::session::act(&csrf).await?;
    control::incidents::assign(&cx, &who, &id, &person, role).await?;
    leptos_axum::redirect(&urls::incident(&id));
    Ok(())
}

#[server]
pub async fn remove_person(csrf: String, id: IncidentId, person: UserId) -> Outcome<()> {
    let (cx, who) = crate::session::act(&csrf).await?;
    control::incidents::leave(&cx, &who, &id, &person).await?;
    leptos_axum::redirect(&urls::incident(&id));
    Ok(())
}

#[server]
pub async fn note_incident(csrf: String, id: IncidentId, text: String) -> Outcome<()> {
    let (cx, who) = crate::session::act(&csrf).await?;
    control::incidents::note(&cx, &who, &id, &text).await?;
    leptos_axum::redirect(&urls::incident(&id));
    Ok(())
}

#[server]
pub async fn describe_incident(
    csrf: String,
    id: IncidentId,
    title: String,
    impact: Option<String>,
    cause: Option<String>,
) -> Outcome<()> {
    let (cx, who) = crate::session::act(&csrf).await?;
    let said = contract::inputs::DescribeIncident {
        title: Some(title),
        impact: Some(impact.unwrap_or_default()),
        cause: Some(cause.unwrap_or_default()),
    };
    control::incidents::describe(&cx, &who, &id, said).await?;
    leptos_axum::redirect(&urls::incident(&id));
    Ok(())
}

/// Owner, and everybody with a role; asking somebody in.
#[component]
pub fn Who(view: IncidentView, assign: ServerAction<AssignPerson>, remove: ServerAction<RemovePerson>) -> impl IntoView {
    let now = view.updated_at;
    let owner = if view.owner.is_empty() { "nobody yet".to_string() } else { view.owner.clone() };
    let open = view.may_handle.ok && view.line.phase != IncidentState::Resolved;
    let id = view.line.id.0.clone();
    let people = view
        .people
        .iter()
        .map(|person| {
            let words = format!("{}, since {}", person.name, person.since.words(now));
            view! { <Def name=role(person.role)>{words}</Def> }
        })
        .collect_view();
    let options: Vec<(String, String)> = view.candidates.iter().map(|(id, name)| (id.0.clone(), name.clone())).collect();
    let roles: Vec<(String, String)> =
        IncidentRole::ALL.into_iter().map(|one| (one.word().to_string(), role(one).to_string())).collect();
    let present: Vec<(String, String)> = view.people.iter().map(|person| (person.id.0.clone(), person.name.clone())).collect();
    let leaves = open && !present.is_empty();
    let (of_assign, of_remove) = (id.clone(), id);
    view! {
        <Section title="Who" id="who">
            <Defs>
                <Def name="Owner">{owner}</Def>
                <Def name="Opened by">{format!("{}, {}", view.opened_by, view.opened_at.words(now))}</Def>
                {people}
            </Defs>
            {open
                .then(|| view! {
                    <ActForm action=assign>
                        <div class="form">
                            <Hidden name="id" value=of_assign.clone()/>
                            <Select name="person" label="Ask somebody in" options=options.clone() scope="assign-"/>
                            <Select name="role" label="As" options=roles.clone() scope="assign-"/>
                            <FormProblem/>
                            <div class="row acts"><Submit label="Give the role" icon=Icon::User/></div>
                        </div>
                    </ActForm>
                })}
            {leaves
                .then(|| view! {
                    <ActForm action=remove>
                        <div class="form">
                            <Hidden name="id" value=of_remove.clone()/>
                            <Select name="person" label="Let somebody go" options=present.clone() scope="remove-"/>
                            <FormProblem/>
                            <div class="row acts"><Submit label="Take out"/></div>
                        </div>
                    </ActForm>
                })}
        </Section>
    }
}

/// What it came to and what it came from: written by people, and the file that is made of it.
#[component]
pub fn PostMortem(view: IncidentView, describe: ServerAction<DescribeIncident>) -> impl IntoView {
    let id = view.line.id.0.clone();
    let file = urls::post_mortem(&view.line.id);
    let body = if view.may_handle.ok {
        view! {
            <ActForm action=describe>
                <div class="form">
                    <Hidden name="id" value=id/>
                    <Field name="title" label="Title" value=view.line.title required=true scope="about-"/>
                    <TextArea name="impact" label="Impact" value=view.impact hint="What it came to, for whom." rows=3 scope="about-"/>
                    <TextArea name="cause" label="Cause" value=view.cause hint="What it came from, as you found." rows=3 scope="about-"/>
                    <FormProblem/>
                    <div class="row acts"><Submit label="Save"/></div>
                </div>
            </ActForm>
        }
        .into_any()
    } else {
        let said = |text: String| if text.is_empty() { "not written yet".to_string() } else { text };
        view! {
            <Defs>
                <Def name="Impact">{said(view.impact)}</Def>
                <Def name="Cause">{said(view.cause)}</Def>
            </Defs>
        }
        .into_any()
    };
    view! {
        <Section title="Post-mortem" id="postmortem">
            <p class="soft small">"Timeline, numbers, suspects, people and notes go into the file by themselves."</p>
            {body}
            <p><a href=file download="" rel="external">"Download as Markdown"</a></p>
        </Section>
    }
}

/// A note on the timeline.
#[component]
pub fn AddNote(view: IncidentView, note: ServerAction<NoteIncident>) -> impl IntoView {
    let id = view.line.id.0.clone();
    view.may_handle.ok.then(|| {
        view! {
            <Section title="Add a note" id="note">
                <ActForm action=note>
                    <div class="form">
                        <Hidden name="id" value=id.clone()/>
                        <TextArea name="text" label="What you see, think or do" required=true rows=3 scope="note-"/>
                        <FormProblem/>
                        <div class="row acts"><Submit label="Add the note" icon=Icon::Comment/></div>
                    </div>
                </ActForm>
            </Section>
        }
    })
}
