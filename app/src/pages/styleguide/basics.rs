//! Colour, type, icons, states, answers.

use crate::components::prelude::*;

const SURFACES: [&str; 12] = [
    "bg",
    "bg-rail",
    "bg-sunken",
    "bg-raised",
    "bg-hover",
    "bg-selected",
    "line",
    "line-strong",
    "line-control",
    "ink",
    "ink-2",
    "ink-3",
];
const STATES: [&str; 12] = [
    "accent",
    "accent-hover",
    "focus",
    "ok",
    "ok-tint",
    "watch",
    "watch-tint",
    "bad",
    "bad-tint",
    "bad-fill",
    "unknown",
    "unknown-tint",
];
const CHARTS: [&str; 12] =
    ["c-1", "c-2", "c-3", "c-4", "c-5", "c-6", "c-reference", "c-limit", "heat-0", "heat-1", "heat-2", "heat-over"];

#[component]
fn Swatches(names: [&'static str; 12]) -> impl IntoView {
    view! {
        <div class="sw">
            {names.map(|name| view! { <div><span class=format!("sw-{name}")></span><code>{name}</code></div> })}
        </div>
    }
}

#[component]
pub fn Colour() -> impl IntoView {
    view! {
        <Section id="colour" title="Colour" hint="Swatches are drawn from the tokens; style/README.md has the contrasts.">
            <h3>"Surfaces, lines, ink"</h3>
            <Swatches names=SURFACES/>
            <h3>"Accent and states"</h3>
            <Swatches names=STATES/>
            <h3>"Charts"</h3>
            <Swatches names=CHARTS/>
        </Section>
    }
}

#[component]
pub fn Type() -> impl IntoView {
    view! {
        <Section id="type" title="Type" hint="Five sizes, two weights, tabular numbers everywhere.">
            <div class="types">
                <p class="t-answer strong">"The answer, 24 on 32, strong"</p>
                <p class="t-value">"42.2 M  A stat value, 20 on 28"</p>
                <p class="t-read strong">"A section title or reading text, 16 on 24"</p>
                <p>"Everything else, 14 on 20. "<b>"Strong where it names"</b>", 1234567890."</p>
                <p class="small quiet">"Labels, units, axis text, 12 on 16"</p>
                <p class="mono">"be67028b1793 hashes, addresses, code, 13"</p>
            </div>
        </Section>
    }
}

#[component]
pub fn Icons() -> impl IntoView {
    view! {
        <Section id="icons" title="Icons" hint="One stroke of 1.5 on a 20 grid, drawn at 16 and 20. State icons differ in outline, so they hold without colour.">
            <ul class="icons">
                {Icon::ALL.iter().map(|icon| view! { <li><Draw icon=*icon large=true/><code>{icon.name()}</code></li> }).collect_view()}
            </ul>
        </Section>
    }
}

#[component]
pub fn States() -> impl IntoView {
    let words = [
        (State::Ok, "Steady", "Passed"),
        (State::Watch, "Drift rising", "Passed, close"),
        (State::Bad, "p99 above its limit", "Failed"),
        (State::Unknown, "Not enough data", "Not enough data"),
        (State::Info, "Waits for you", "Canary 5%"),
        (State::Run, "Running, 41%", "Running"),
    ];
    view! {
        <Section id="state" title="State and badge" hint="State stands in tables and headers; a badge only where a word must stay on one line.">
            <div class="row gap">{words.map(|(state, word, _)| view! { <StateMark state word/> })}</div>
            <div class="row gap">
                {words.map(|(state, _, word)| view! { <Badge state word/> })}
                <Tag word="champion"/>
                <Tag word="Personal" icon=Icon::Lock/>
            </div>
        </Section>
    }
}

#[component]
pub fn Answers() -> impl IntoView {
    let examples = [
        (State::Ok, "All ten deployments are steady", "Last change 16 March 10:12. Nothing has fired for four days."),
        (State::Watch, "mortgage-affordability is older than its limit", "212 of 180 days; retraining failed on 15 March."),
        (
            State::Bad,
            "Version 16 may not be promoted: 2 of 12 gates failed",
            "Worst slice 31.0% of at least 40.0%; p99 74 of at most 60 ms.",
        ),
        (State::Unknown, "Too early to say", "2,140 of about 4,800 requests; expected at 14:55."),
    ];
    view! {
        <Section id="answers" title="Answer" hint="First on every page: one sentence that ends the search, then why, then what one can do.">
            {examples.map(|(state, headline, sentence)| view! {
                <div class="answer" data-state=state_word(state)>
                    <Draw icon=state/>
                    <p class="line">{headline}</p>
                    <p>{sentence}</p>
                </div>
            })}
        </Section>
    }
}
