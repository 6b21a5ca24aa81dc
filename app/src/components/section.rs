//! Section: a heading, a quiet sentence, an optional link at the right, and what it heads.

use leptos::prelude::*;

#[component]
pub fn Section(
    #[prop(into)] title: String,
    /// Name in the page; unique on it.
    #[prop(into)]
    id: String,
    #[prop(optional, into)] hint: String,
    /// Only for readers: the content explains itself to the eye.
    #[prop(optional)]
    hidden_title: bool,
    /// Words and address of a link at the right.
    #[prop(optional_no_strip, into)]
    link: Option<(String, String)>,
    children: Children,
) -> impl IntoView {
    let heading = format!("{id}-h");
    let labelled = heading.clone();
    view! {
        <section class="sec" id=id aria-labelledby=labelled>
            {if hidden_title {
                view! { <h2 class="vh" id=heading>{title}</h2> }.into_any()
            } else {
                view! {
                    <div class="sec-head">
                        <h2 id=heading>{title}</h2>
                        {(!hint.is_empty()).then(|| view! { <span class="quiet">{hint}</span> })}
                        {link.map(|(words, href)| view! { <a class="small" href=href>{words}</a> })}
                    </div>
                }
                    .into_any()
            }}
            {children()}
        </section>
    }
}
