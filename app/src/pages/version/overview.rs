//! The overview: gates, quality by group, where the version comes from and serves, how it does in production.

use super::about::AboutVersion;
use super::gate_table::GateTable;
use super::gates::RunGates;
use super::head::Acts;
use super::segments::SegmentFigure;
use crate::components::prelude::*;
use contract::urls;
use contract::views::version::{LineageStep, Realised, VersionView};

#[component]
pub fn Overview(view: VersionView, acts: Acts) -> impl IntoView {
    let page = urls::version(&view.model, view.version, "gates");
    let gates = view.gates.clone();
    let (lines, summary, segments) = (gates.gates.clone(), gates.summary.clone(), gates.segments.clone());
    let (lineage, realised) = (view.lineage.clone(), view.realised.clone());
    let run = (view.model.clone(), view.version, view.may_run_gates.clone());
    let link = ("With the evidence".to_string(), page.clone());
    let hint = if lines.is_empty() { String::new() } else { summary.clone() };
    view! {
        <div class="split">
            <div>
                {if lines.is_empty() {
                    view! {
                        <Section title="Gates" id="gates">
                            <Empty icon=Icon::Clock title="The gates have not run" hint=summary/>
                            <RunGates model=run.0 version=run.1 allowed=run.2 acts again=false/>
                        </Section>
                    }
                        .into_any()
                } else {
                    view! { <Section title="Gates" id="gates" hint link><GateTable gates=lines page/></Section> }.into_any()
                }}
                {segments.map(|table| view! { <section class="sec" aria-label="Quality by group"><SegmentFigure table/></section> })}
                {(!lineage.is_empty())
                    .then(|| view! {
                        <Section title="Lineage" id="lineage" hint="From the data to the customers it serves."><Lineage steps=lineage/></Section>
                    })}
                <Section title="Realised performance" id="realised"><RealisedPart realised/></Section>
            </div>
            <aside aria-label="About this version"><AboutVersion view acts/></aside>
        </div>
    }
}

#[component]
fn Lineage(steps: Vec<LineageStep>) -> impl IntoView {
    view! {
        <ol class="lineage">
            {steps
                .into_iter()
                .map(|step| {
                    let text = match step.href {
                        Some(href) => view! { <a href=href>{step.text}</a> }.into_any(),
                        None => step.text.into_any(),
                    };
                    let what = format!("{}: {}", step.kind, words::short_hash(&step.code));
                    let current = (step.kind == "Version").then_some("true");
                    view! {
                        <li aria-current=current>
                            <p class="quiet small">{step.kind}</p>
                            <p class="strong">{text}</p>
                            {(!step.code.is_empty())
                                .then(|| view! { <p class="small"><Copyable shown=words::short_hash(&step.code) text=step.code what/></p> })}
                        </li>
                    }
                })
                .collect_view()}
        </ol>
    }
}

#[component]
fn RealisedPart(realised: Realised) -> impl IntoView {
    let Realised { sentence, deployment, snippets } = realised;
    view! {
        <p>{sentence}</p>
        {deployment
            .map(|name| {
                let href = urls::deployment(&name, "quality");
                view! { <p><a href=href>{format!("Realised quality of {name}")}</a></p> }
            })}
        {(!snippets.is_empty())
            .then(|| view! { <p class="soft">"True outcomes are sent like this, when they become known:"</p><Snippets label="Send an outcome" snippets/> })}
    }
}
