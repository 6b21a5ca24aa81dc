//! The pages, in the order in which the navigation lists them.

mod sign_in;
mod fleet;
mod deployment;
mod releases;
mod alerts;
mod not_found;
mod styleguide;

pub use alerts::AlertsPage;
pub use deployment::{DeploymentPage, DriftPage, LatencyPage, QualityPage};
pub use fleet::FleetPage;
pub use not_found::NotFound;
pub use releases::{ReleasesPage, RolloutPage};
pub use sign_in::SignInPage;
pub use styleguide::StyleguidePage;
