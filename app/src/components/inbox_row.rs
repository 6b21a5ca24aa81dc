//! Inbox row: verb first, object, why it matters, when it is due.

use super::icon::{Draw, Icon};
use leptos::prelude::*;

#[component]
pub fn InboxRow(
    #[prop(into)] href: String,
    #[prop(into)] title: String,
    #[prop(optional, into)] detail: String,
    #[prop(optional, into)] when: String,
    #[prop(optional_no_strip, into)] icon: Option<Icon>,
    /// Waits for the reader.
    #[prop(optional)]
    new: bool,
) -> impl IntoView {
    view! {
        <li class=if new { "inbox-row new" } else { "inbox-row" }>
            <Draw icon=icon.unwrap_or(Icon::Doc)/>
            <h3><a href=href>{title}</a></h3>
            {(!detail.is_empty()).then(|| view! { <p>{detail}</p> })}
            <span class="when">{when}</span>
        </li>
    }
}
