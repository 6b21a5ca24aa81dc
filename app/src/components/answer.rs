//! Answer: the first thing on a page, one sentence that ends the search, then why, then what one can do.

use super::icon::{Draw, state_word};
use contract::views::parts;
use leptos::prelude::*;

/// Buttons go in as children. Once a page, first in `main`.
#[component]
pub fn Answer(answer: parts::Answer, #[prop(optional)] children: Option<Children>) -> impl IntoView {
    let parts::Answer { state, headline, sentence, link } = answer;
    view! {
        <section class="answer" data-state=state_word(state) aria-labelledby="answer">
            <Draw icon=state/>
            <h2 id="answer">{headline}</h2>
            {(!sentence.is_empty() || link.is_some())
                .then(|| view! { <p>{sentence} {link.map(|link| view! { " " <a href=link.url>{link.text}</a> })}</p> })}
            {children.map(|children| view! { <div class="row acts">{children()}</div> })}
        </section>
    }
}
