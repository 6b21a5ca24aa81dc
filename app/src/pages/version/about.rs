//! Single facts of a version: names, hash, file, data, and how to ask it.

use super::aliases::Aliases;
use super::head::Acts;
use crate::components::prelude::*;
use crate::pages::models::{ServedLinks, TagList};
use contract::views::version::{DatasetLine, VersionView};

/// Facts that have a line of their own here, with something to copy.
const SHOWN: [&str; 4] = ["sha-256", "hash", "address", "registered"];

#[component]
pub fn AboutVersion(view: VersionView, acts: Acts) -> impl IntoView {
    let VersionView { model, version, about, aliases, serving, datasets, snippets, .. } = view;
    let facts = about.facts.into_iter().filter(|fact| !SHOWN.contains(&fact.name.to_lowercase().as_str()));
    let facts = facts.map(|fact| view! { <Def name=fact.name>{fact.value}</Def> }).collect_view();
    let tags = about.tags;
    view! {
        <Section title="About" id="about">
            <Defs>
                <Def name="Aliases"><Aliases model=model.clone() version aliases acts/></Def>
                <Def name="Serves"><ServedLinks served=serving/></Def>
                <Def name="Registered">{format!("{} by {}", about.registered.words, about.registered_by)}</Def>
                <Def name="SHA-256"><span class="small"><Copyable text=about.hash.0 what="SHA-256"/></span></Def>
                <Def name="Address"><span class="small"><Copyable text=about.address what="address"/></span></Def>
                {facts}
                {(!tags.is_empty()).then(|| view! { <Def name="Tags"><TagList tags/></Def> })}
                {(!about.notes.is_empty()).then(|| view! { <Def name="What is new">{about.notes}</Def> })}
            </Defs>
        </Section>
        <Section title="Data" id="data"><Datasets datasets/></Section>
        {(!snippets.is_empty()).then(|| view! { <Section title="Ask it" id="ask"><Snippets label="Ask this version" snippets/></Section> })}
    }
}

#[component]
fn Datasets(datasets: Vec<DatasetLine>) -> impl IntoView {
    if datasets.is_empty() {
        return view! { <p class="soft">"No data was given: there is no baseline for drift, and the gates cannot judge it."</p> }
            .into_any();
    }
    view! {
        <Defs>
            {datasets
                .into_iter()
                .map(|data| {
                    let name = if data.role == "heldback" { "Held back".to_string() } else { "Reference".to_string() };
                    let size = format!("{} × {}", words::plural(data.rows, "row", "rows"), words::plural(data.columns.into(), "column", "columns"));
                    let what = format!("hash of {}", data.file_name);
                    view! {
                        <Def name>
                            {data.file_name.clone()}<br/>
                            <span class="soft">{size}</span><br/>
                            <span class="small"><Copyable shown=words::short_hash(&data.hash.0) text=data.hash.0 what/></span>
                        </Def>
                    }
                })
                .collect_view()}
        </Defs>
    }
    .into_any()
}
