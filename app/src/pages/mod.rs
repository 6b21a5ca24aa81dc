//! The pages, in the order in which the navigation lists them.

mod sign_in;
pub mod approvals;
mod fleet;
mod deployment;
pub mod models;
pub mod version;
mod releases;
mod alerts;
mod audit;
mod report;
mod not_found;
mod styleguide;

pub use alerts::AlertsPage;
pub use approvals::{ApprovalPage, InboxPage};
pub use audit::AuditPage;
pub use deployment::{DeploymentPage, DriftPage, LatencyPage, QualityPage};
pub use fleet::FleetPage;
pub use models::{ModelPage, ModelsPage, NewModelPage, UploadPage};
pub use not_found::NotFound;
pub use releases::{ReleasesPage, RolloutPage};
pub use report::ReportPage;
pub use sign_in::SignInPage;
pub use styleguide::StyleguidePage;
pub use version::VersionPage;
