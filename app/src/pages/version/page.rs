//! The version page: what stays the same on every tab, and the tab itself.

use super::activity::Activity;
use super::contract_tab::ContractTab;
use super::explain::Explain;
use super::gates::GatesTab;
use super::head::{Acts, Head};
use super::load::{Explained, load_explained, load_version};
use super::overview::Overview;
use crate::components::prelude::*;
use crate::pages::models::{model_param, version_param};
use contract::live::Topic;
use contract::urls;
use contract::views::version::VersionView;
use leptos_router::hooks::use_params_map;

/// The views of a version: word in the address, label.
pub const TABS: [(&str, &str); 5] =
    [("", "Overview"), ("contract", "Contract"), ("gates", "Gates"), ("explain", "Explain"), ("activity", "Activity")];

#[component]
pub fn VersionPage() -> impl IntoView {
    let (model, version) = (model_param(), version_param());
    let params = use_params_map();
    let tab = Memo::new(move |_| params.read().get("tab").unwrap_or_default());
    let here = here();
    let dialog = Memo::new(move |_| here.get("dialog"));
    let tick = use_live(move |topic| match topic {
        Topic::Version { model: changed, version: number } => {
            *changed == model.get_untracked() && *number == version.get_untracked()
        }
        Topic::Approval { model: changed, .. } => *changed == model.get_untracked(),
        // Where nobody can be typing: a page that is fetched again is drawn again.
        Topic::Rollout { .. } | Topic::Deployment { .. } => tab.get_untracked().is_empty() && dialog.get_untracked().is_none(),
        _ => false,
    });
    let res = Resource::new_blocking(
        move || (model.get(), version.get(), tick.get()),
        |(model, version, _)| load_version(model, version),
    );
    // Only where it is looked at: the newest report is large.
    let wanted = move || (tab.get() == "explain").then(|| (model.get(), version.get(), here.get("record"), tick.get()));
    let explained = Resource::new_blocking(wanted, |wanted| async move {
        match wanted {
            Some((model, version, record, _)) => load_explained(model, version, record).await.map(Some),
            None => Ok(None),
        }
    });
    let acts = Acts::new();
    view! { <Loaded res let:view><Version view acts tab explained/></Loaded> }
}

#[component]
fn Version(view: VersionView, acts: Acts, tab: Memo<String>, explained: Resource<Outcome<Option<Explained>>>) -> impl IntoView {
    let title = format!("Version {}", view.version);
    let crumbs = vec![("Models".into(), urls::MODELS.into()), (view.model.0.clone(), urls::model(&view.model))];
    let switch = {
        let view = view.clone();
        move || {
            let view = view.clone();
            let links = move || {
                let tab = tab.get();
                let links = view.versions.iter().take(5).rev();
                let links =
                    links.map(|other| (other.to_string(), urls::version(&view.model, *other, &tab), *other == view.version));
                view! { <LinkGroup label="Versions of this model" links=links.collect()/> }
            };
            view! { <Updated/>{links} }
        }
    };
    let (shown, head) = (view.clone(), view.clone());
    view! {
        <Page title crumbs tools=switch>
            <Head view=head acts tab/>
            {move || {
                let view = shown.clone();
                match tab.get().as_str() {
                    "" => view! { <Overview view acts/> }.into_any(),
                    "contract" => view! { <ContractTab view/> }.into_any(),
                    "gates" => view! { <GatesTab view acts/> }.into_any(),
                    "explain" => view! { <Explain view acts explained/> }.into_any(),
                    "activity" => view! { <Activity view/> }.into_any(),
                    _ => view! { <NoSuchTab view/> }.into_any(),
                }
            }}
        </Page>
    }
}

#[component]
fn NoSuchTab(view: VersionView) -> impl IntoView {
    view! {
        <Empty title="There is no such view of a version" hint="Its views are overview, contract, gates, explain and activity.">
            <a href=urls::version(&view.model, view.version, "")>"To the overview"</a>
        </Empty>
    }
}
