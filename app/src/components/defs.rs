//! Definition list: single facts.

use contract::views::common::Fact;
use leptos::prelude::*;

/// Facts as `<Def>` children, or ready ones.
#[component]
pub fn Defs(#[prop(optional)] facts: Vec<Fact>, #[prop(optional)] children: Option<Children>) -> impl IntoView {
    view! {
        <dl class="defs">
            {facts.into_iter().map(|fact| view! { <dt>{fact.name}</dt><dd>{fact.value}</dd> }).collect_view()}
            {children.map(|children| children())}
        </dl>
    }
}

#[component]
pub fn Def(#[prop(into)] name: String, children: Children) -> impl IntoView {
    view! {
        <dt>{name}</dt>
        <dd>{children()}</dd>
    }
}
