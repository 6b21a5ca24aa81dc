//! Snippets and copy buttons: the real server, the real name, ready to paste.

use super::icon::{Draw, Icon};
use crate::query::here;
use contract::views::common;
use leptos::prelude::*;

/// One or several ways to do the same; which one is seen stands in the address (`?how=`).
#[component]
pub fn Snippets(
    /// What they do, for readers: `Call it`.
    #[prop(into)]
    label: String,
    snippets: Vec<common::Snippet>,
) -> impl IntoView {
    let here = here();
    let several = snippets.len() > 1;
    let words: Vec<String> = snippets.iter().map(|snippet| snippet.label.to_lowercase()).collect();
    let index = Memo::new({
        let words = words.clone();
        move |_| here.get("how").and_then(|how| words.iter().position(|word| *word == how)).unwrap_or_default()
    });
    let codes = StoredValue::new(snippets.iter().map(|snippet| snippet.code.clone()).collect::<Vec<_>>());
    let code = move || codes.with_value(|codes| codes.get(index.get()).cloned().unwrap_or_default());
    let heads = snippets
        .into_iter()
        .zip(words)
        .enumerate()
        .map(|(i, (snippet, word))| {
            if several {
                let href = move || here.with(&[("how", Some(&word))]);
                let current = move || (i == index.get()).then_some("true");
                view! { <a href=href aria-current=current>{snippet.label}</a> }.into_any()
            } else {
                view! { <span>{snippet.label}</span> }.into_any()
            }
        })
        .collect_view();
    view! {
        <div class="snippet">
            <div class="snippet-head">
                {heads}
                <CopyButton text=Signal::derive(code)/>
            </div>
            <pre tabindex="0" role="group" aria-label=label><code>{code}</code></pre>
        </div>
    }
}

/// Copies a text. Without script there is nothing to press, and the text can be marked by hand.
#[component]
pub fn CopyButton(#[prop(into)] text: Signal<String>) -> impl IntoView {
    let done = RwSignal::new(false);
    view! {
        <button class="btn btn-quiet scripted" type="button" on:click=move |_| copy(&text.get_untracked(), done)>
            <Draw icon=Icon::Copy/>
            <span aria-live="polite">{move || if done.get() { "Copied" } else { "Copy" }}</span>
        </button>
    }
}

/// A hash, id or address with its copy button.
#[component]
pub fn Copyable(
    /// What is copied.
    #[prop(into)]
    text: String,
    /// What is shown, if that is shorter.
    #[prop(optional, into)]
    shown: String,
    /// What it is, for readers: `hash`.
    #[prop(into)]
    what: String,
) -> impl IntoView {
    let done = RwSignal::new(false);
    let shown = if shown.is_empty() { text.clone() } else { shown };
    let full = text.clone();
    view! {
        <span class="copy">
            <code title=full>{shown}</code>
            <button type="button" class="scripted" aria-label=format!("Copy {what}") on:click=move |_| copy(&text, done)>
                {move || if done.get() { view! { <Draw icon=Icon::Check/> } } else { view! { <Draw icon=Icon::Copy/> } }}
            </button>
        </span>
    }
}

#[cfg(feature = "hydrate")]
fn copy(text: &str, done: RwSignal<bool>) {
    if let Some(window) = web_sys::window() {
        // The answer only says whether the browser let us; the label follows what we asked for.
        let _ = window.navigator().clipboard().write_text(text);
        done.set(true);
        set_timeout(move || done.set(false), std::time::Duration::from_secs(2));
    }
}

#[cfg(not(feature = "hydrate"))]
fn copy(_text: &str, _done: RwSignal<bool>) {}
