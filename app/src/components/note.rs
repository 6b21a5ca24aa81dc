//! Note: an error with its request id, changed evidence, what one may not do here.

use super::icon::{Draw, state_word};
use contract::Problem;
use contract::verdict::State;
use leptos::prelude::*;

#[component]
pub fn Note(
    state: State,
    #[prop(into)] title: String,
    /// Read out at once.
    #[prop(optional)]
    alert: bool,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="note" data-state=state_word(state) role=alert.then_some("alert")>
            <Draw icon=state/>
            <p><b>{title}</b></p>
            {children.map(|children| children())}
        </div>
    }
}

/// What went wrong, in which field, under which request id.
#[component]
pub fn ProblemNote(problem: Problem) -> impl IntoView {
    // A field's own message stands at the field; one that says no more than the sentence is not said twice.
    let fields: Vec<_> = problem.errors.iter().filter(|error| error.message != problem.detail).cloned().collect();
    view! {
        <Note state=State::Bad title=problem.kind.title() alert=true>
            <p>{problem.detail.clone()}</p>
            {(!fields.is_empty())
                .then(|| view! {
                    <ul class="bullets">
                        {fields.into_iter().map(|error| view! { <li><code>{error.field}</code>": "{error.message}</li> }).collect_view()}
                    </ul>
                })}
            {problem.request_id.map(|id| view! { <p class="small">"Request "<code>{id}</code></p> })}
        </Note>
    }
}
