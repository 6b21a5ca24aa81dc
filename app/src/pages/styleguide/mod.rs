//! The styleguide: every part in every state, in both themes. Names and numbers here are examples and say so.

mod basics;
mod controls;
mod data;
mod documents;
mod figures;

use crate::components::prelude::*;
use crate::theme::ThemeButton;

const PARTS: [(&str, &str); 17] = [
    ("colour", "Colour"),
    ("type", "Type"),
    ("icons", "Icons"),
    ("state", "State and badge"),
    ("button", "Button"),
    ("answers", "Answer"),
    ("stat", "Stat"),
    ("tabs", "Tabs, range"),
    ("tables", "Data table"),
    ("empty", "Empty and error"),
    ("field", "Field"),
    ("dialog", "Dialog, toast"),
    ("stepper", "Stepper"),
    ("evidence", "Evidence, inbox, log"),
    ("snippet", "Snippet"),
    ("figure", "Figure"),
    ("tile", "Tile"),
];

#[component]
pub fn StyleguidePage() -> impl IntoView {
    view! {
        <Page title="Styleguide" tools=|| view! { <ThemeButton/> }>
            <p class="soft">"The parts that pages are made of. Names and numbers on this page are examples."</p>
            <nav class="row gap small" aria-label="Parts">
                {PARTS.map(|(id, words)| view! { <a href=format!("#{id}") rel="external">{words}</a> })}
            </nav>
            <basics::Colour/>
            <basics::Type/>
            <basics::Icons/>
            <basics::States/>
            <controls::Buttons/>
            <basics::Answers/>
            <data::StatsPart/>
            <controls::TabsPart/>
            <data::Tables/>
            <documents::Empties/>
            <controls::Fields/>
            <controls::Dialogs/>
            <data::Steps/>
            <documents::EvidencePart/>
            <documents::SnippetPart/>
            <figures::Figures/>
            <figures::TilesPart/>
        </Page>
    }
}
