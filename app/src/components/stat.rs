//! Stats: two to six numbers that frame a page. Never anything one acts on.

use leptos::prelude::*;

#[component]
pub fn Stats(#[prop(into)] label: String, children: Children) -> impl IntoView {
    view! { <dl class="stats" aria-label=label>{children()}</dl> }
}

#[component]
pub fn Stat(
    #[prop(into)] label: String,
    #[prop(into)] value: String,
    /// What the value is measured against: `of 40 ms`.
    #[prop(optional, into)]
    of: String,
    /// Its neighbour: when, how many, how sure.
    #[prop(optional, into)]
    sub: String,
) -> impl IntoView {
    view! {
        <div class="stat">
            <dt>{label}</dt>
            <dd>{value} {(!of.is_empty()).then(|| view! { " " <small>{of}</small> })}</dd>
            {(!sub.is_empty()).then(|| view! { <dd class="sub">{sub}</dd> })}
        </div>
    }
}
