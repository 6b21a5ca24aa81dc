//! State and badge: an icon, a word and a colour, always together.

use super::icon::{Draw, Icon, state_word};
use contract::verdict::{State, Verdict};
use leptos::prelude::*;

/// A state in rows and headers.
#[component]
pub fn StateMark(state: State, #[prop(into)] word: String) -> impl IntoView {
    view! { <span class="state" data-state=state_word(state)><Draw icon=state/><span>{word}</span></span> }
}

/// A state where the word must stay on one line.
#[component]
pub fn Badge(state: State, #[prop(into)] word: String) -> impl IntoView {
    view! { <span class="badge" data-state=state_word(state)><Draw icon=state/>{word}</span> }
}

/// A name without a state: an alias, a PII class.
#[component]
pub fn Tag(#[prop(into)] word: String, #[prop(optional_no_strip, into)] icon: Option<Icon>) -> impl IntoView {
    view! { <span class="badge line">{icon.map(|icon| view! { <Draw icon/> })}{word}</span> }
}

/// A verdict as a badge: passed, failed, not enough data.
#[component]
pub fn VerdictBadge(verdict: Verdict) -> impl IntoView {
    let word = match verdict {
        Verdict::Pass => "Passed",
        Verdict::Fail => "Failed",
        Verdict::Insufficient => "Not enough data",
    };
    view! { <Badge state=verdict.into() word/> }
}
