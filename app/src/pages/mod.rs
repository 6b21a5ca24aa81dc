//! The pages, in the order in which the navigation lists them.

mod alerts;
pub mod approvals;
mod audit;
pub(crate) mod deployment;
mod fleet;
mod incidents;
pub mod models;
mod not_found;
mod releases;
mod report;
mod sign_in;
mod styleguide;
pub mod version;

pub use alerts::{AlertsPage, ChannelPage, ChannelsPage};
pub use approvals::{ApprovalPage, InboxPage};
pub use audit::AuditPage;
pub use deployment::{
    DeploymentAlertsPage, DeploymentPage, DeploymentResourcesPage, DriftPage, LatencyPage, QualityPage, ResourcesPage,
};
pub use fleet::FleetPage;
pub use incidents::{IncidentPage, IncidentsPage};
pub use models::{ModelPage, ModelsPage, NewModelPage, UploadPage};
pub use not_found::NotFound;
pub use releases::{ReleasesPage, RolloutPage};
pub use report::ReportPage;
pub use sign_in::SignInPage;
pub use styleguide::StyleguidePage;
pub use version::VersionPage;
