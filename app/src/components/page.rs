//! Page: the head (path, name, live, range, at most two actions) and the main part under it.

use super::icon::{Draw, Icon};
use leptos::prelude::*;
use leptos_meta::Title;

/// One page inside the frame. `tools` is what stands at the right of the head.
#[component]
pub fn Page(
    #[prop(into)] title: String,
    /// Words and address of what is above this page.
    #[prop(optional)]
    crumbs: Vec<(String, String)>,
    /// For tables and tiles: 1,680 pixels instead of 1,240.
    #[prop(optional)]
    wide: bool,
    #[prop(optional, into)] tools: Option<ViewFn>,
    children: Children,
) -> impl IntoView {
    view! {
        <Title text=title.clone()/>
        <header class="page-head">
            <Crumbs crumbs/>
            <h1>{title}</h1>
            {tools.map(|tools| view! { <div class="page-tools">{tools.run()}</div> })}
        </header>
        <main id="main" tabindex="-1" class=wide.then_some("wide")>{children()}</main>
    }
}

#[component]
pub fn Crumbs(crumbs: Vec<(String, String)>) -> impl IntoView {
    (!crumbs.is_empty()).then(|| {
        view! {
            <nav aria-label="Breadcrumb">
                <ol class="crumbs">
                    {crumbs.into_iter().map(|(words, href)| view! { <li><a href=href>{words}</a><Draw icon=Icon::Right/></li> }).collect_view()}
                </ol>
            </nav>
        }
    })
}

/// The head of a document without the rail: an approval, for somebody with two minutes.
#[component]
pub fn DocHead(#[prop(into)] title: String, #[prop(optional, into)] who: String) -> impl IntoView {
    view! {
        <Title text=title.clone()/>
        <header class="doc-head">
            <a class="rail-brand" href="/"><Draw icon=Icon::Logo large=true/><span>"Slipway"</span></a>
            <span class="quiet">{title}</span>
            <span class="who">{who}</span>
            <crate::theme::ThemeButton/>
        </header>
    }
}
