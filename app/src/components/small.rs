//! Charts the size of a word, as components.

use crate::charts;
use leptos::prelude::*;

/// A line of 64 by 20; `says` is what it shows, with the last value.
#[component]
pub fn Sparkline(values: Vec<Option<f64>>, #[prop(into)] says: String) -> impl IntoView {
    view! { <span inner_html=charts::sparkline(&values, &says)></span> }
}

/// A value against its limit; the numbers stand beside it in words.
#[component]
pub fn Bullet(value: f64, limit: f64) -> impl IntoView {
    view! { <span inner_html=charts::bullet(value, limit)></span> }
}
