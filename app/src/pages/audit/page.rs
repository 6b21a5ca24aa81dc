//! The audit page: whether the chain holds, then who did what, newest first.

use super::table::AuditTable;
use crate::components::prelude::*;
use contract::urls;
use contract::views::audit::AuditView;
use contract::views::parts;

#[server]
pub async fn load_audit(before: Option<i64>, filter: String) -> Outcome<AuditView> {
    let (cx, who) = crate::session::reader().await?;
    Ok(control::audit::page(&cx, &who, before, &filter).await?)
}

#[component]
pub fn AuditPage() -> impl IntoView {
    let here = here();
    let asked = Memo::new(move |_| (here.get("before").and_then(|text| text.parse().ok()), here.get("q").unwrap_or_default()));
    let res = Resource::new_blocking(move || asked.get(), |(before, filter)| load_audit(before, filter));
    view! { <Loaded res let:view><Audit view/></Loaded> }
}

/// Address of the whole filtered log as a file.
fn export(format: &str, filter: &str) -> String {
    format!("/api/v1/audit/export?format={format}&q={}", urls::encode(filter))
}

#[component]
fn Audit(view: AuditView) -> impl IntoView {
    let AuditView { entries, next, filter, verified } = view;
    let here = here();
    let state = if verified.intact { State::Ok } else { State::Bad };
    let paged = Memo::new(move |_| here.get("before").is_some());
    let nothing = entries.is_empty();
    let (csv, json) = (export("csv", &filter), export("ndjson", &filter));
    let headline =
        if verified.intact { "The audit log is intact".to_string() } else { "The audit log does not verify".to_string() };
    let head = verified.head.clone();
    let value = filter.clone();
    view! {
        <Page title="Audit">
            <Answer answer=parts::Answer::new(state, headline, verified.sentence)/>
            {(!head.is_empty())
                .then(|| view! {
                    <p class="small quiet">"Newest hash "<Copyable text=head what="newest hash"/>" kept elsewhere, it proves later that nothing before it was changed."</p>
                })}
            <Section title="Entries" id="entries" hidden_title=true>
                <div class="filters">
                    <SearchBox name="q" label="Search the log" value placeholder="who, what, which object"/>
                    {(!filter.is_empty()).then(|| view! { <a href=urls::AUDIT>"All entries"</a> })}
                    <span class="row exports">
                        <ButtonLink href=csv label="CSV" icon=Icon::Download small=true download=true/>
                        <ButtonLink href=json label="JSON" icon=Icon::Download small=true download=true/>
                    </span>
                </div>
                {if nothing {
                    let hint = if filter.is_empty() { "What changes state is written here, in the same transaction." } else { "Search for a person, an action such as approval.approved, or an object such as churn." };
                    view! { <Empty icon=Icon::Audit title="No entry fits" hint/> }.into_any()
                } else {
                    view! { <AuditTable entries/> }.into_any()
                }}
                <p class="row">
                    {move || paged.get().then(|| view! { <a class="btn" href=move || here.with(&[("before", None)])>"Newest"</a> })}
                    {next.map(|next| view! { <a class="btn" href=move || here.with(&[("before", Some(&next.to_string()))])>"Older"</a> })}
                </p>
            </Section>
        </Page>
    }
}
