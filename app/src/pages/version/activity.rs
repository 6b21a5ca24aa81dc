//! Everything that happened to a version, newest first.

use crate::components::prelude::*;
use contract::urls;
use contract::views::audit::AuditLine;
use contract::views::version::VersionView;

#[component]
pub fn Activity(view: VersionView) -> impl IntoView {
    let audit = format!("{}?q={}", urls::AUDIT, urls::encode(&format!("{}/{}", view.model, view.version)));
    let entries: Vec<Entry> = view.activity.into_iter().map(entry).collect();
    let none = entries.is_empty();
    view! {
        <Section title="Activity" id="activity" hint="From the audit log, newest first." link=("In the audit log".to_string(), audit)>
            {if none {
                view! { <Empty icon=Icon::Clock title="Nothing has happened to it yet"/> }.into_any()
            } else {
                view! { <Log entries/> }.into_any()
            }}
        </Section>
    }
}

fn entry(line: AuditLine) -> Entry {
    let (room, act) = line.action.split_once('.').unwrap_or((line.action.as_str(), ""));
    let (icon, state) = match (room, act) {
        (_, "approved") => (Icon::Pen, Some(State::Ok)),
        (_, "rejected" | "rolled_back" | "aborted" | "failed") => (Icon::Bad, Some(State::Bad)),
        ("approval", _) => (Icon::Pen, None),
        ("version" | "model", _) => (Icon::Models, None),
        ("gates", _) => (Icon::Check, None),
        ("rollout" | "deployment", _) => (Icon::Releases, None),
        ("report" | "explain", _) => (Icon::Doc, None),
        ("dataset", _) => (Icon::Data, None),
        ("alias", _) => (Icon::Flag, None),
        _ => (Icon::Audit, None),
    };
    Entry {
        when: line.at.words,
        at: line.at.at,
        icon,
        state,
        title: line.summary,
        detail: format!("{}, entry {}", line.actor, line.seq),
        href: line.href,
    }
}
