//! Toast: what has just happened, with the link to it. It never asks.

use super::icon::{Draw, Icon, state_word};
use contract::verdict::State;
use leptos::prelude::*;

#[component]
pub fn Toast(
    state: State,
    #[prop(into)] title: String,
    #[prop(optional, into)] detail: String,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="toast" data-state=state_word(state) role="status">
            <Draw icon=Icon::from(state)/>
            <p><b>{title}</b></p>
            {(!detail.is_empty()).then(|| view! { <p class="soft">{detail}</p> })}
            {children.map(|children| children())}
        </div>
    }
}
