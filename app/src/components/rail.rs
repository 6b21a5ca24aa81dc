//! Rail: seven entries at most, find, settings at the foot.

use super::dialog::Dialog;
use super::icon::{Draw, Icon};
use crate::live::use_live;
use crate::query::here;
use crate::session::SignOut;
use crate::theme::ThemeButton;
use contract::live::Topic;
use contract::urls;
use contract::views::shell::Me;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// Where the top level leads.
pub const ENTRIES: [(Icon, &str, &str, &str); 7] = [
    (Icon::Inbox, "Inbox", urls::INBOX, "i"),
    (Icon::Fleet, "Fleet", urls::FLEET, "f"),
    (Icon::Models, "Models", urls::MODELS, "m"),
    (Icon::Releases, "Releases", urls::RELEASES, "r"),
    (Icon::Incidents, "Alerts", urls::ALERTS, "a"),
    (Icon::Flag, "Incidents", urls::INCIDENTS, "n"),
    (Icon::Audit, "Audit", urls::AUDIT, "u"),
];

#[component]
pub fn Rail(me: Me) -> impl IntoView {
    let counts = counts(&me);
    let here = here();
    let entries = ENTRIES
        .into_iter()
        .map(|(icon, word, href, _)| {
            let current = move || {
                let path = here.path();
                (path == href || path.strip_prefix(href).is_some_and(|rest| rest.starts_with('/'))).then_some("page")
            };
            let count = move || {
                let (inbox, alerts) = counts.get();
                match href {
                    urls::INBOX if inbox > 0 => {
                        Some(view! { <span class="count" data-state="">{inbox}<span class="vh">" waiting"</span></span> })
                    }
                    urls::ALERTS if alerts > 0 => {
                        Some(view! { <span class="count" data-state="bad">{alerts}<span class="vh">" firing"</span></span> })
                    }
                    _ => None,
                }
            };
            view! { <li><a class="rail-link" href=href aria-current=current><Draw icon/><span>{word}</span>{count}</a></li> }
        })
        .collect_view();
    view! {
        <nav class="rail" aria-label="Main">
            <a class="rail-brand" href=urls::FLEET><Draw icon=Icon::Logo large=true/><span>"Slipway"</span><span class="env">{me.environment.clone()}</span></a>
            <a class="rail-find" href=move || here.with(&[("dialog", Some("find"))]) role="button" aria-haspopup="dialog">
                <Draw icon=Icon::Search/><span>"Find or do"</span><kbd>"Ctrl K"</kbd>
            </a>
            <ul>
                {entries}
                <li class="rail-more">
                    <a class="rail-link" href=move || here.with(&[("dialog", Some("me"))]) role="button" aria-haspopup="dialog">
                        <Draw icon=Icon::User/><span>"You"</span>
                    </a>
                </li>
            </ul>
            <div class="rail-foot"><Foot me=me.clone()/></div>
        </nav>
    }
}

/// Who one is, and what concerns oneself: at the foot of the rail, and in a dialog on phones.
#[component]
fn Foot(me: Me) -> impl IntoView {
    view! {
        <a class="rail-link" href=urls::STYLEGUIDE><Draw icon=Icon::Doc/><span>"Styleguide"</span></a>
        <ThemeButton rail=true/>
        <form method="post" action=SignOut::url()>
            <input type="hidden" name="csrf" value=me.csrf/>
            <button class="rail-link"><Draw icon=Icon::Key/><span>"Sign out"</span></button>
        </form>
        <p class="rail-me"><span class="strong">{me.name}</span>{me.role.word()}</p>
    }
}

/// The foot of the rail where there is no room for it.
#[component]
pub fn MeDialog(me: Me) -> impl IntoView {
    let here = here();
    view! {
        <Dialog name="me" title="You">
            <div class="dialog-body rail-dialog">
                <a class="rail-link" href=move || here.with(&[("dialog", Some("find"))])><Draw icon=Icon::Search/><span>"Find or do"</span></a>
                <Foot me/>
            </div>
            <div class="dialog-acts"><a class="btn" href=move || here.with(&[("dialog", None)])>"Close"</a></div>
        </Dialog>
    }
}

/// How many things wait and how many alerts fire: first as the page came, then as the stream says.
fn counts(me: &Me) -> RwSignal<(u32, u32)> {
    let counts = RwSignal::new((me.inbox_count, me.alerts_count));
    let tick = use_live(|topic| matches!(topic, Topic::Alert { .. } | Topic::Approval { .. } | Topic::Rollout { .. }));
    Effect::new(move |before: Option<u64>| {
        let now = tick.get();
        if before.is_some_and(|before| before != now) {
            leptos::task::spawn_local(async move {
                // Counts that could not be read stay as they were; the page itself says what is wrong.
                if let Ok(Some(me)) = crate::session::whoami().await {
                    counts.set((me.inbox_count, me.alerts_count));
                }
            });
        }
        now
    });
    counts
}
