//! Palette: everything that has a name or a key. Ctrl K, or the field in the rail; never the only way to anything.

use super::dialog::Dialog;
use super::icon::{Draw, Icon};
use super::rail::ENTRIES;
use crate::names::{Named, names};
use crate::query::here;
use contract::urls;
use leptos::prelude::*;

/// One line of the palette.
#[derive(Clone, PartialEq)]
struct Choice {
    icon: Icon,
    words: String,
    href: String,
    key: Option<String>,
}

/// Pages first, then things by name.
fn choices(things: &[Named]) -> Vec<Choice> {
    let pages = ENTRIES.into_iter().map(|(icon, word, href, key)| Choice {
        icon,
        words: word.into(),
        href: href.into(),
        key: Some(format!("g {key}")),
    });
    let more = [(Icon::Plus, "Register a model or version", urls::NEW_MODEL), (Icon::Doc, "Styleguide", urls::STYLEGUIDE)];
    let more = more.into_iter().map(|(icon, words, href)| Choice { icon, words: words.into(), href: href.into(), key: None });
    let things =
        things.iter().map(|thing| Choice { icon: thing.icon(), words: thing.words.clone(), href: thing.href.clone(), key: None });
    pages.chain(more).chain(things).collect()
}

/// Those that hold every word that was typed, in any order.
fn matching(choices: Vec<Choice>, typed: &str) -> Vec<Choice> {
    let words: Vec<String> = typed.to_lowercase().split_whitespace().map(str::to_string).collect();
    choices.into_iter().filter(|choice| words.iter().all(|word| choice.words.to_lowercase().contains(word))).take(12).collect()
}

#[component]
pub fn Palette() -> impl IntoView {
    let here = here();
    let open = Memo::new(move |_| here.get("dialog").as_deref() == Some("find"));
    let things = RwSignal::new(Vec::new());
    // Without script the pages are listed; the names of things come when there is something to type into.
    Effect::new(move |_| {
        if open.get() {
            leptos::task::spawn_local(async move {
                if let Ok(names) = names().await {
                    things.set(names);
                }
            });
        }
    });
    let typed = RwSignal::new(String::new());
    let at = RwSignal::new(0_usize);
    let found = Memo::new(move |_| matching(choices(&things.get()), &typed.get()));
    view! {
        <Dialog name="find" title="Find or do" hidden_title=true>
            <div class="palette">
                <div class="palette-in">
                    <Draw icon=Icon::Search/>
                    <input
                        type="text" aria-label="Find or do" role="combobox" aria-expanded="true" aria-controls="found" autocomplete="off" autofocus
                        aria-activedescendant=move || format!("found-{}", at.get())
                        on:input=move |event| { typed.set(event_target_value(&event)); at.set(0); }
                        on:keydown=move |event| keys(&event, at, found)
                    />
                    <kbd>"Esc"</kbd>
                </div>
                <ul role="listbox" id="found" aria-label="Results">
                    {move || found.get().into_iter().enumerate().map(|(i, choice)| view! { <Found i choice at/> }).collect_view()}
                </ul>
            </div>
        </Dialog>
    }
}

#[component]
fn Found(i: usize, choice: Choice, at: RwSignal<usize>) -> impl IntoView {
    view! {
        <li role="option" id=format!("found-{i}") aria-selected=move || if at.get() == i { "true" } else { "false" }>
            <a href=choice.href tabindex="-1"><Draw icon=choice.icon/><span>{choice.words}</span>{choice.key.map(|key| view! { <kbd>{key}</kbd> })}</a>
        </li>
    }
}

#[cfg(feature = "hydrate")]
fn keys(event: &web_sys::KeyboardEvent, at: RwSignal<usize>, found: Memo<Vec<Choice>>) {
    let last = found.with_untracked(Vec::len).saturating_sub(1);
    match event.key().as_str() {
        "ArrowDown" => at.update(|at| *at = (*at + 1).min(last)),
        "ArrowUp" => at.update(|at| *at = at.saturating_sub(1)),
        "Enter" => {
            if let Some(choice) = found.with_untracked(|found| found.get(at.get_untracked()).cloned()) {
                crate::query::go(&choice.href);
            }
        }
        _ => return,
    }
    event.prevent_default();
}

#[cfg(not(feature = "hydrate"))]
fn keys(_event: &leptos::web_sys::KeyboardEvent, _at: RwSignal<usize>, _found: Memo<Vec<Choice>>) {}

/// What the keys do, for those who press `?`.
#[component]
pub fn KeyHelp() -> impl IntoView {
    let rows = [("Ctrl K", "Find or do"), ("?", "This list"), ("← →", "Move inside a chart"), ("Esc", "Close")]
        .map(|(key, words)| (key.to_string(), words.to_string()));
    let pages = ENTRIES.map(|(_, word, _, key)| (format!("g {key}"), word.to_string()));
    view! {
        <Dialog name="keys" title="Keys">
            <div class="dialog-body">
                <dl class="defs">
                    {pages.into_iter().chain(rows).map(|(key, words)| view! { <dt><kbd>{key}</kbd></dt><dd>{words}</dd> }).collect_view()}
                </dl>
            </div>
        </Dialog>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_by_all_words_in_any_order() {
        let things = [Named {
            kind: crate::names::Kind::Model,
            words: "retail-churn, version 15".into(),
            href: "/models/retail-churn/15".into(),
        }];
        let found = |typed: &str| matching(choices(&things), typed).into_iter().map(|choice| choice.words).collect::<Vec<_>>();
        assert_eq!(found("15 churn"), ["retail-churn, version 15"]);
        assert_eq!(found("fle"), ["Fleet"]);
        assert!(found("nothing such").is_empty());
    }
}
