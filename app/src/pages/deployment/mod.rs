//! One deployment: overview, drift, quality, latency, alerts. Every tab carries the same head.

mod alerts;
mod backtest;
mod calls;
mod drift;
mod expected;
mod feature;
mod head;
mod latency;
pub(crate) mod over_time;
mod overview;
mod parts;
mod quality;
mod resources;
mod route;
mod slo;

pub use alerts::DeploymentAlertsPage;
pub use drift::DriftPage;
pub use latency::LatencyPage;
pub use overview::DeploymentPage;
pub use quality::QualityPage;
pub use resources::{DeploymentResourcesPage, ResourcesPage};

use contract::DeploymentName;
use contract::live::Topic;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// The deployment that the address names.
fn use_name() -> Memo<DeploymentName> {
    let params = use_params_map();
    Memo::new(move |_| DeploymentName(params.read().get("name").unwrap_or_default()))
}

/// Grows when the server speaks of this deployment.
fn use_tick(name: Memo<DeploymentName>) -> Memo<u64> {
    crate::live::use_live(move |topic| match topic {
        Topic::Metrics { deployment }
        | Topic::Alert { deployment, .. }
        | Topic::Rollout { deployment, .. }
        | Topic::Deployment { deployment } => *deployment == name.get_untracked(),
        _ => false,
    })
}
