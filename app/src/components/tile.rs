//! Tiles: many alike things compared, such as the guardrails of a rollout.

use super::figure::Plot;
use super::state::StateMark;
use super::table::DataTable;
use contract::verdict::State;
use contract::views::common::Table;
use leptos::prelude::*;

#[component]
pub fn Tiles(children: Children) -> impl IntoView {
    view! { <div class="tiles">{children()}</div> }
}

/// One guardrail: its name, verdict, sentence, drawing, values and data.
#[component]
pub fn Tile(
    #[prop(into)] title: String,
    state: State,
    #[prop(into)] word: String,
    #[prop(into)] sentence: String,
    /// The drawing; without it the tile says only its sentence.
    #[prop(optional, into)]
    svg: String,
    #[prop(optional, into)] values: String,
    #[prop(optional_no_strip, into)] table: Option<Table>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let about = format!(": {title}");
    view! {
        <article class="tile">
            <header><h3>{title}</h3><StateMark state word/></header>
            <p class="verdict">{sentence}</p>
            {(!svg.is_empty()).then(|| view! { <Plot svg/> })}
            {(!values.is_empty()).then(|| view! { <p class="vals">{values}</p> })}
            {table.map(|table| view! { <details><summary>"Data table"<span class="vh">{about}</span></summary><DataTable table/></details> })}
            {children.map(|children| view! { <div class="empty">{children()}</div> })}
        </article>
    }
}
