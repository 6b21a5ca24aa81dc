//! Tabs: views of one object; each is a link.

use leptos::prelude::*;

/// One tab.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tab {
    pub label: String,
    pub href: String,
    pub current: bool,
    /// How many there are behind it.
    pub count: Option<u64>,
    /// The count needs someone.
    pub bad: bool,
}

impl Tab {
    pub fn new(label: impl Into<String>, href: impl Into<String>, current: bool) -> Self {
        Self { label: label.into(), href: href.into(), current, ..Self::default() }
    }

    pub fn count(mut self, count: u64) -> Self {
        self.count = Some(count);
        self
    }

    pub fn bad(mut self, bad: bool) -> Self {
        self.bad = bad;
        self
    }
}

#[component]
pub fn Tabs(#[prop(into)] label: String, tabs: Vec<Tab>) -> impl IntoView {
    view! {
        <nav class="tabs" aria-label=label>
            {tabs
                .into_iter()
                .map(|tab| {
                    view! {
                        <a href=tab.href aria-current=tab.current.then_some("page")>
                            {tab.label}
                            {tab.count.map(|n| view! { <span class="count" data-state=tab.bad.then_some("bad")>{n}</span> })}
                        </a>
                    }
                })
                .collect_view()}
        </nav>
    }
}
