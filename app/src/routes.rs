//! Every page on one page: addresses, frames, rendering mode.

use crate::frame::{Framed, Sheet};
use crate::live::provide_live;
use crate::pages::*;
use crate::query::provide_here;
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{ParentRoute, Redirect, Route, Router, Routes};
use leptos_router::{SsrMode::Async, path};

/// The application. Every route renders in one piece, so that a page without script is complete.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_live();
    view! {
        <Title formatter=|title: String| if title.is_empty() { "Slipway".to_string() } else { format!("{title} · Slipway") }/>
        <Router>
            {provide_here()}
            <Routes fallback=NotFound>
                <Route path=path!("/sign-in") view=SignInPage ssr=Async/>
                <Route path=path!("/report/:key") view=ReportPage ssr=Async/>
                <ParentRoute path=path!("/inbox") view=Sheet ssr=Async>
                    <Route path=path!("/:id") view=ApprovalPage ssr=Async/>
                </ParentRoute>
                <ParentRoute path=path!("") view=Framed ssr=Async>
                    <Route path=path!("/") view=|| view! { <Redirect path=contract::urls::FLEET/> } ssr=Async/>
                    <Route path=path!("/inbox") view=InboxPage ssr=Async/>
                    <Route path=path!("/fleet") view=FleetPage ssr=Async/>
                    <Route path=path!("/fleet/:name") view=DeploymentPage ssr=Async/>
                    <Route path=path!("/fleet/:name/drift") view=DriftPage ssr=Async/>
                    <Route path=path!("/fleet/:name/quality") view=QualityPage ssr=Async/>
                    <Route path=path!("/fleet/:name/latency") view=LatencyPage ssr=Async/>
                    <Route path=path!("/fleet/:name/resources") view=DeploymentResourcesPage ssr=Async/>
                    <Route path=path!("/resources") view=ResourcesPage ssr=Async/>
                    <Route path=path!("/fleet/:name/alerts") view=DeploymentAlertsPage ssr=Async/>
                    <Route path=path!("/models") view=ModelsPage ssr=Async/>
                    <Route path=path!("/models/new") view=NewModelPage ssr=Async/>
                    <Route path=path!("/models/:model") view=ModelPage ssr=Async/>
                    <Route path=path!("/models/:model/new") view=UploadPage ssr=Async/>
                    <Route path=path!("/models/:model/:version/:tab?") view=VersionPage ssr=Async/>
                    <Route path=path!("/releases") view=ReleasesPage ssr=Async/>
                    <Route path=path!("/releases/:id") view=RolloutPage ssr=Async/>
                    <Route path=path!("/alerts") view=AlertsPage ssr=Async/>
                    <Route path=path!("/incidents") view=IncidentsPage ssr=Async/>
                    <Route path=path!("/incidents/:id") view=IncidentPage ssr=Async/>
                    <Route path=path!("/alerts/channels") view=ChannelsPage ssr=Async/>
                    <Route path=path!("/alerts/channels/:id") view=ChannelPage ssr=Async/>
                    <Route path=path!("/audit") view=AuditPage ssr=Async/>
                    <Route path=path!("/styleguide") view=StyleguidePage ssr=Async/>
                </ParentRoute>
                <ParentRoute path=path!("/sheet") view=Sheet ssr=Async>
                    <Route path=path!("/styleguide") view=StyleguidePage ssr=Async/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}
