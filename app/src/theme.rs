//! Light, dark, or as the system says: a cookie that the server reads before it writes the first byte.

use crate::components::icon::{Draw, Icon};
use crate::page_error::Outcome;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// Name of the cookie.
pub const COOKIE: &str = "slipway_theme";

/// Turns the theme over. Without script the reader's system is not known, so that the first turn leads to dark.
#[server]
pub async fn turn_theme(now: Option<String>) -> Outcome<()> {
    let kept = crate::session::cookie(COOKIE);
    let dark = now.filter(|now| !now.is_empty()).or(kept).as_deref() == Some("dark");
    let next = if dark { "light" } else { "dark" };
    crate::session::set_cookie(&format!("{COOKIE}={next}; Path=/; Max-Age=31536000; SameSite=Lax"));
    leptos_axum::redirect(&crate::session::came_from().unwrap_or_else(|| "/".into()));
    Ok(())
}

/// What the cookie says: `light`, `dark`, or nothing.
#[cfg(feature = "ssr")]
pub fn chosen() -> Option<&'static str> {
    match crate::session::cookie(COOKIE).as_deref() {
        Some("light") => Some("light"),
        Some("dark") => Some("dark"),
        _ => None,
    }
}

/// The button; in the rail with its words, elsewhere as an icon.
#[component]
pub fn ThemeButton(#[prop(optional)] rail: bool) -> impl IntoView {
    view! {
        <form method="post" action=TurnTheme::url() on:submit=turn class="no-print">
            {if rail {
                view! { <button class="rail-link" type="submit"><Draw icon=Icon::Theme/><span>"Light or dark"</span></button> }.into_any()
            } else {
                view! { <button class="btn btn-quiet btn-icon" type="submit" aria-label="Light or dark"><Draw icon=Icon::Theme/></button> }.into_any()
            }}
        </form>
    }
}

/// With script: at once, and the cookie for the next page.
#[cfg(feature = "hydrate")]
fn turn(event: leptos::ev::SubmitEvent) {
    use leptos::wasm_bindgen::{JsCast, JsValue};
    let Some(root) = document().document_element() else { return };
    event.prevent_default();
    let system = window().match_media("(prefers-color-scheme: dark)").ok().flatten().is_some_and(|query| query.matches());
    let dark = root.get_attribute("data-theme").map_or(system, |theme| theme == "dark");
    let next = if dark { "light" } else { "dark" };
    // The name and the value are plain words.
    let _ = root.set_attribute("data-theme", next);
    let cookie = format!("{COOKIE}={next}; Path=/; Max-Age=31536000; SameSite=Lax");
    let _ = js_sys::Reflect::set(document().unchecked_ref::<JsValue>(), &"cookie".into(), &cookie.into());
}

#[cfg(not(feature = "hydrate"))]
fn turn(_event: leptos::ev::SubmitEvent) {}
