//! Buttons and links that look like them. One primary per view; a disabled one says why and stays focusable.

use super::icon::{Draw, Icon};
use leptos::prelude::*;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Plain,
    Primary,
    /// Leads to something that cannot be undone.
    Danger,
    /// Does it: the last button in a dialog.
    DangerSolid,
    Quiet,
}

impl Tone {
    pub fn class(self) -> &'static str {
        match self {
            Tone::Plain => "btn",
            Tone::Primary => "btn btn-primary",
            Tone::Danger => "btn btn-danger",
            Tone::DangerSolid => "btn btn-danger solid",
            Tone::Quiet => "btn btn-quiet",
        }
    }
}

/// A link in the shape of a button: it leads somewhere, it does not act.
#[component]
pub fn ButtonLink(
    #[prop(into)] href: String,
    #[prop(into)] label: String,
    #[prop(optional)] tone: Tone,
    #[prop(optional_no_strip, into)] icon: Option<Icon>,
    #[prop(optional)] small: bool,
    /// A file that is handed out by the server, not a page of this application.
    #[prop(optional)]
    download: bool,
) -> impl IntoView {
    let class = format!("{}{}", tone.class(), if small { " btn-small" } else { "" });
    view! {
        <a class=class href=href rel=download.then_some("external") download=download>
            {icon.map(|icon| view! { <Draw icon/> })}
            {label}
        </a>
    }
}

/// A control that is off: it says why, to the eye and to a reader.
#[component]
pub fn OffButton(
    #[prop(into)] label: String,
    /// A sentence: what it waits for, or which role may.
    #[prop(into)]
    why: String,
    #[prop(optional_no_strip, into)] icon: Option<Icon>,
    /// Name of the reason in the page; unique on it.
    #[prop(into)]
    id: String,
) -> impl IntoView {
    let described = id.clone();
    view! {
        <button class="btn" type="button" aria-disabled="true" aria-describedby=described>
            {icon.map(|icon| view! { <Draw icon/> })}
            {label}
        </button>
        <span class="why" id=id>{why}</span>
    }
}

/// A choice of few, each a link.
#[component]
pub fn LinkGroup(
    #[prop(into)] label: String,
    /// Words, address, whether it is the current one.
    links: Vec<(String, String, bool)>,
) -> impl IntoView {
    view! {
        <div class="btn-group" role="group" aria-label=label>
            {links
                .into_iter()
                .map(|(words, href, current)| view! { <a class="btn" href=href aria-current=current.then_some("true")>{words}</a> })
                .collect_view()}
        </div>
    }
}
