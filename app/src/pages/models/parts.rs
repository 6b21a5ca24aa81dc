//! Parts that pages of models and versions share.

use crate::components::prelude::*;
use contract::urls;
use contract::views::models::{GatesWord, Served};
use contract::{ModelName, VersionNo};
use leptos_router::hooks::use_params_map;

/// The model that the address names.
pub fn model_param() -> Memo<ModelName> {
    let params = use_params_map();
    Memo::new(move |_| ModelName(params.read().get("model").unwrap_or_default()))
}

/// The version that the address names. What is no number is version 0, which no model has.
pub fn version_param() -> Memo<VersionNo> {
    let params = use_params_map();
    Memo::new(move |_| VersionNo(params.read().get("version").and_then(|text| text.parse().ok()).unwrap_or_default()))
}

/// State of a version's gates.
#[component]
pub fn GatesMark(gates: GatesWord) -> impl IntoView {
    view! { <StateMark state=gates.state word=gates.words/> }
}

/// Where versions answer, each a link to its deployment.
#[component]
pub fn ServedLinks(
    served: Vec<Served>,
    /// Say which version: where rows are models.
    #[prop(optional)]
    versions: bool,
) -> impl IntoView {
    if served.is_empty() {
        return view! { <span class="quiet">"nowhere"</span> }.into_any();
    }
    served
        .into_iter()
        .map(|served| {
            let href = urls::deployment(&served.deployment, "");
            let words = if versions { format!("version {}, {}", served.version, served.words) } else { served.words };
            view! { <span class="serves"><a href=href>{served.deployment.0}</a>" "<span class="quiet">{words}</span></span> }
        })
        .collect_view()
        .into_any()
}

/// Tags as badges.
#[component]
pub fn TagList(tags: Vec<(String, String)>) -> impl IntoView {
    tags.into_iter()
        .map(|(key, value)| {
            let word = if value.is_empty() { key } else { format!("{key} {value}") };
            view! { <Tag word/>" " }
        })
        .collect_view()
}
