//! Log: what happened, newest first; and the list of changes that the pins on a chart stand for.

use super::icon::{Draw, Icon, state_word};
use crate::charts::{ChartEvent, pins, ticks::short_date};
use contract::time::Millis;
use contract::verdict::State;
use leptos::prelude::*;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// `14:20`, `16 Mar`
    pub when: String,
    pub at: Millis,
    pub icon: Icon,
    pub state: Option<State>,
    pub title: String,
    /// Who, and with which numbers.
    pub detail: String,
    pub href: Option<String>,
}

#[component]
pub fn Log(entries: Vec<Entry>) -> impl IntoView {
    view! {
        <ol class="log">
            {entries
                .into_iter()
                .map(|entry| {
                    let title = match entry.href {
                        Some(href) => view! { <a href=href>{entry.title}</a> }.into_any(),
                        None => entry.title.into_any(),
                    };
                    view! {
                        <li data-state=entry.state.map(state_word)>
                            <time datetime=entry.at.rfc3339()>{entry.when}</time>
                            <Draw icon=entry.icon/>
                            <div>
                                <p>{title}</p>
                                {(!entry.detail.is_empty()).then(|| view! { <p>{entry.detail}</p> })}
                            </div>
                        </li>
                    }
                })
                .collect_view()}
        </ol>
    }
}

/// What the pins on a page's charts stand for, in the order of time.
#[component]
pub fn PinList(events: Vec<ChartEvent>) -> impl IntoView {
    view! {
        <ol class="log pins">
            {pins(&events)
                .into_iter()
                .map(|(name, event)| {
                    view! {
                        <li>
                            <span class="pin-no">{name}</span>
                            <div>
                                <p>{event.label}</p>
                                <p><time datetime=event.at.rfc3339()>{format!("{} {}", short_date(event.at), event.at.hm())}</time></p>
                            </div>
                        </li>
                    }
                })
                .collect_view()}
        </ol>
    }
}
