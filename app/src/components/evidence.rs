//! Evidence: a question, a claim in reading size, the number with its interval, where it comes from.

use leptos::prelude::*;

#[component]
pub fn Evidence(
    /// Place in the document, from 1.
    no: u32,
    #[prop(into)] question: String,
    /// A quiet addition to the question.
    #[prop(optional, into)]
    about: String,
    #[prop(into)] claim: String,
    #[prop(optional, into)] source: String,
    #[prop(into)] id: String,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let heading = format!("{id}-h");
    let labelled = heading.clone();
    view! {
        <section class="evidence" id=id aria-labelledby=labelled>
            <span class="no" aria-hidden="true">{no}</span>
            <h2 id=heading>{question} {(!about.is_empty()).then(|| view! { " " <span class="quiet">{about}</span> })}</h2>
            <p class="claim">{claim}</p>
            {children.map(|children| children())}
            {(!source.is_empty()).then(|| view! { <p class="src">{source}</p> })}
        </section>
    }
}
