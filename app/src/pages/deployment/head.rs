//! What every tab of a deployment carries: where one is, the tabs, the range.

use crate::charts::ChartEvent;
use crate::components::prelude::*;
use contract::urls;
use contract::views::deployment::Head;
use contract::views::parts::Change;

/// The page around a tab. The answer and the content go in as children.
#[component]
pub fn DeploymentFrame(
    head: Head,
    /// `""`, `drift`, `quality`, `latency` or `alerts`.
    tab: &'static str,
    asked: Memo<Asked>,
    children: Children,
) -> impl IntoView {
    let crumbs = vec![("Fleet".to_string(), urls::FLEET.to_string())];
    view! {
        <Page title=head.name.0.clone() crumbs wide=true tools=move || view! { <Updated/> <RangePicker asked/> }.into_any()>
            {children()}
            <Facts head tab/>
        </Page>
    }
}

/// The tabs; they stand under the answer.
#[component]
pub fn DeploymentTabs(head: Head, tab: &'static str) -> impl IntoView {
    let here = here();
    let range: Vec<(&str, Option<String>)> = ["range", "from", "to"].into_iter().map(|key| (key, here.get(key))).collect();
    let query: Vec<String> =
        range.into_iter().filter_map(|(key, value)| value.map(|value| format!("{key}={}", urls::encode(&value)))).collect();
    let tabs = [
        ("", "Overview"),
        ("drift", "Drift"),
        ("quality", "Quality"),
        ("latency", "Latency"),
        ("resources", "Resources"),
        ("alerts", "Alerts"),
    ]
    .into_iter()
    .map(|(word, label)| {
        let address = urls::deployment(&head.name, word);
        let href = if query.is_empty() { address } else { format!("{address}?{}", query.join("&")) };
        Tab::new(label, href, word == tab)
    })
    .collect();
    view! { <Tabs label=format!("Views of {}", head.name) tabs/> }
}

/// The quiet line of facts at the end of each tab.
#[component]
fn Facts(head: Head, tab: &'static str) -> impl IntoView {
    let stable = head
        .stable
        .map(|version| view! { ", version " <a href=urls::version(&head.model, version, "")>{version.to_string()}</a> });
    let owner = if head.owner.is_empty() { "nobody yet".to_string() } else { head.owner.clone() };
    let from = format!("{} to {} UTC", head.from.words(head.updated_at), head.to.words(head.updated_at));
    view! {
        <p class="small quiet" data-tab=tab>
            "Serves " <a href=urls::model(&head.model)>{head.model.0.clone()}</a> {stable} ". Owned by " {owner} ". Shown: " {from} "."
        </p>
    }
}

/// What happened, as pins on charts.
pub fn events(changes: &[Change], head: &Head) -> Vec<ChartEvent> {
    ChartEvent::of(changes).into_iter().filter(|event| event.at >= head.from && event.at <= head.to).collect()
}

/// What the pins stand for.
#[component]
pub fn Changes(changes: Vec<Change>, head: Head) -> impl IntoView {
    let events = events(&changes, &head);
    view! {
        <Section title="Changes on these charts" id="changes">
            {if events.is_empty() {
                view! { <p class="soft">"Nothing was changed in this time."</p> }.into_any()
            } else {
                view! { <PinList events/> }.into_any()
            }}
        </Section>
    }
}
