//! The report page: opened by a link that is the right to read, or by somebody whose role may read it.

use super::document::Document;
use crate::components::loaded::Failed;
use crate::components::prelude::*;
use contract::views::report::ReportView;
use leptos_router::hooks::use_params_map;

/// `key` is the token of a shared link, or the id of a report.
#[server]
pub async fn load_report(key: String) -> Outcome<ReportView> {
    let who = crate::session::visitor().await?.map(|(who, _)| who);
    Ok(control::explain::open(&crate::session::cx()?, who.as_ref(), &key).await?)
}

#[component]
pub fn ReportPage() -> impl IntoView {
    let params = use_params_map();
    let key = Memo::new(move |_| params.read().get("key").unwrap_or_default());
    let res = Resource::new_blocking(move || key.get(), load_report);
    view! {
        <a class="skip" href="#main">"Skip to content"</a>
        <Suspense fallback=|| view! { <main id="main" class="report"><Skeleton/></main> }>
            {move || Suspend::new(async move {
                match res.await {
                    Ok(report) => view! { <Document report/> }.into_any(),
                    Err(error) => view! { <Failed problem=error.0/> }.into_any(),
                }
            })}
        </Suspense>
    }
}
