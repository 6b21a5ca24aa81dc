//! Empty and loading: an empty state teaches, a skeleton keeps the shape.

use super::icon::{Draw, Icon};
use leptos::prelude::*;

/// Nothing here yet: why, and the exact lines that change it (a `Snippet` as a child).
#[component]
pub fn Empty(
    #[prop(into)] title: String,
    #[prop(optional, into)] hint: String,
    #[prop(optional_no_strip, into)] icon: Option<Icon>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            {icon.map(|icon| view! { <Draw icon/> })}
            <h3>{title}</h3>
            {(!hint.is_empty()).then(|| view! { <p class="soft">{hint}</p> })}
            {children.map(|children| children())}
        </div>
    }
}

/// The shape of a page while it loads, seen after 200 ms.
#[component]
pub fn Skeleton() -> impl IntoView {
    view! {
        <div class="loading" role="status">
            <span class="vh">"Loading"</span>
            <span class="skel h24 w60"></span>
            <span class="skel w90"></span>
            <span class="skel w40"></span>
            <span class="skel h160"></span>
        </div>
    }
}
