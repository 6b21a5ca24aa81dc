//! Time range: relative or absolute, UTC, in the address, shared by all charts of a page.

use super::icon::{Draw, Icon};
use crate::query::{KeepQuery, here};
use contract::inputs::TimeRange;
use contract::time::{DAY, HOUR, MINUTE, Millis};
use leptos::html;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the address says: `?range=24h`, or `?from=…&to=…` as RFC 3339. Resolved on the server, whose clock counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Asked {
    Last(i64),
    Between(Millis, Millis),
}

const CHOICES: [(&str, &str, i64); 6] = [
    ("15m", "Last 15 minutes", 15 * MINUTE),
    ("1h", "Last hour", HOUR),
    ("6h", "Last 6 hours", 6 * HOUR),
    ("24h", "Last 24 hours", DAY),
    ("7d", "Last 7 days", 7 * DAY),
    ("30d", "Last 30 days", 30 * DAY),
];

impl Asked {
    fn parse(range: Option<&str>, from: Option<&str>, to: Option<&str>, otherwise: &str) -> Asked {
        // A form sends minutes without a zone; they are UTC, as the page says.
        let moment = |text: &str| Millis::parse(text).or_else(|| Millis::parse(&format!("{text}:00Z")));
        if let (Some(from), Some(to)) = (from.and_then(moment), to.and_then(moment)) {
            if from < to {
                return Asked::Between(from, to);
            }
        }
        let span = |word: &str| CHOICES.into_iter().find(|(choice, ..)| *choice == word).map(|(.., span)| span);
        Asked::Last(range.and_then(span).or_else(|| span(otherwise)).unwrap_or(DAY))
    }

    pub fn words(&self) -> String {
        match self {
            Asked::Last(span) => CHOICES
                .into_iter()
                .find(|(.., choice)| choice == span)
                .map_or_else(|| format!("Last {}", contract::time::span_words(*span)), |(_, words, _)| words.into()),
            Asked::Between(from, to) => format!("{} to {}", stamp(*from), stamp(*to)),
        }
    }

    /// From and to, at the server's time.
    pub fn at(&self, now: Millis) -> TimeRange {
        match self {
            Asked::Last(span) => TimeRange { from: Millis(now.0 - span), to: now },
            Asked::Between(from, to) => TimeRange { from: *from, to: *to },
        }
    }
}

fn stamp(at: Millis) -> String {
    format!("{} {}", crate::charts::ticks::short_date(at), at.hm())
}

/// The range that the address asks for; `otherwise` is a word like `24h`.
pub fn use_range(otherwise: &'static str) -> Memo<Asked> {
    let here = here();
    Memo::new(move |_| {
        Asked::parse(here.get("range").as_deref(), here.get("from").as_deref(), here.get("to").as_deref(), otherwise)
    })
}

/// The picker. Every choice is a link; the absolute one is a form with GET.
#[component]
pub fn RangePicker(asked: Memo<Asked>) -> impl IntoView {
    let here = here();
    let choices = CHOICES
        .into_iter()
        .map(|(word, words, span)| {
            let current = move || (asked.get() == Asked::Last(span)).then_some("true");
            let href = move || here.with(&[("range", Some(word)), ("from", None), ("to", None)]);
            view! { <li><a href=href aria-current=current>{words}</a></li> }
        })
        .collect_view();
    let menu = NodeRef::<html::Details>::new();
    let edge = move |second: bool| match asked.get() {
        Asked::Between(from, to) => (if second { to } else { from }).rfc3339().get(..16).unwrap_or_default().to_string(),
        Asked::Last(_) => String::new(),
    };
    view! {
        <details class="menu range" node_ref=menu>
            <summary class="btn"><Draw icon=Icon::Calendar/><span>{move || asked.get().words()}</span><Draw icon=Icon::Down/></summary>
            <div class="menu-body">
                <ul on:click=move |_| close(menu)>{choices}</ul>
                <form method="get" class="form">
                    <KeepQuery except=vec!["range", "from", "to"]/>
                    <div class="field"><label for="range-from">"From, UTC"</label><input class="input" id="range-from" type="datetime-local" name="from" required value=move || edge(false)/></div>
                    <div class="field"><label for="range-to">"To, UTC"</label><input class="input" id="range-to" type="datetime-local" name="to" required value=move || edge(true)/></div>
                    <button class="btn" type="submit">"Show"</button>
                </form>
            </div>
        </details>
    }
}

/// The menu has done its work.
fn close(menu: NodeRef<html::Details>) {
    if let Some(menu) = menu.get_untracked() {
        menu.set_open(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_from_the_address() {
        assert_eq!(Asked::parse(Some("7d"), None, None, "24h"), Asked::Last(7 * DAY));
        assert_eq!(Asked::parse(Some("junk"), None, None, "1h"), Asked::Last(HOUR));
        let between = Asked::parse(None, Some("2026-03-16T10:00"), Some("2026-03-17T10:00:00Z"), "1h");
        assert_eq!(between.words(), "16 Mar 10:00 to 17 Mar 10:00");
        assert_eq!(Asked::parse(None, Some("2026-03-17T10:00"), Some("2026-03-16T10:00"), "1h"), Asked::Last(HOUR));
    }
}
