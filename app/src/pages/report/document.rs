//! The document itself: words before charts, in the order in which a lawyer asks.

use super::cases::Cases;
use super::groups::Groups;
use super::matters::Matters;
use crate::components::prelude::*;
use crate::theme::ThemeButton;
use contract::views::report::{Purpose, ReportView};
use leptos_meta::Title;

#[component]
pub fn Document(report: ReportView) -> impl IntoView {
    let ReportView {
        id,
        model,
        version,
        made_at,
        made_by,
        title,
        in_short,
        purpose,
        importance,
        dependence,
        typical,
        hard,
        segments,
        ..
    } = report;
    let (not_for, method, share) = (report.not_for, report.method, report.score_is_share);
    let stored = format!(
        "Stored {} at {} UTC by {made_by}. It shows the same numbers whenever it is opened or printed.",
        made_at.date_words(),
        made_at.hm()
    );
    let asked = (!purpose.owner.is_empty()).then(|| format!(" Questions and objections: {}.", purpose.owner));
    let what = format!("Explainability report · {model}, version {version}");
    view! {
        <Title text=format!("Explainability report: {model}, version {version}")/>
        <main id="main" tabindex="-1" class="report">
            <header>
                <p class="quiet">{what}</p>
                <h1>{title}</h1>
                <p class="soft">{stored}{asked}</p>
                <div class="row no-print"><PrintButton/><ThemeButton/></div>
            </header>
            <section>
                <h2>"In short"</h2>
                <Points points=in_short/>
            </section>
            <PurposePart purpose/>
            <Matters importance dependence share/>
            <Cases typical hard share/>
            <Groups segments/>
            <section>
                <h2><span class="no">"5"</span>"What it must not be used for"</h2>
                <Points points=not_for/>
            </section>
            <section>
                <h2><span class="no">"6"</span>"How these numbers were made, and how sure they are"</h2>
                {method.into_iter().map(|sentence| view! { <p>{sentence}</p> }).collect_view()}
                <p class="small quiet hash">"Report "{id.0}</p>
            </section>
        </main>
    }
}

#[component]
fn Points(points: Vec<String>) -> impl IntoView {
    view! { <ul class="points">{points.into_iter().map(|point| view! { <li>{point}</li> }).collect_view()}</ul> }
}

#[component]
fn PurposePart(purpose: Purpose) -> impl IntoView {
    let Purpose { sentences, features, personal, .. } = purpose;
    let side = format!(
        "{}; {} known or guessed to hold personal data.",
        words::plural(features as u64, "input", "inputs"),
        personal.len()
    );
    view! {
        <section>
            <h2><span class="no">"1"</span>"What it decides, for whom, from what"</h2>
            {sentences.into_iter().map(|sentence| view! { <p>{sentence}</p> }).collect_view()}
            <p class="side">{side}</p>
        </section>
    }
}

/// Without script the browser's own menu prints just as well.
#[component]
fn PrintButton() -> impl IntoView {
    view! { <button class="btn scripted" type="button" on:click=move |_| print()><Draw icon=Icon::Print/>"Print"</button> }
}

#[cfg(feature = "hydrate")]
fn print() {
    if let Some(window) = web_sys::window() {
        // Fails only where the browser cannot print, and it says so itself.
        let _ = window.print();
    }
}

#[cfg(not(feature = "hydrate"))]
fn print() {}
