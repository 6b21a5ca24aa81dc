//! What the product decides: one folder per room. No SQL text, no HTTP, no HTML.

pub mod alerts;
pub mod approvals;
pub mod audit;
mod blocking;
pub mod compare;
mod ctx;
pub mod datasets;
pub mod deployments;
pub mod events;
pub mod explain;
pub mod gates;
pub mod identity;
pub mod incidents;
pub(crate) mod jobs;
pub mod monitoring;
pub mod outcomes;
mod personal;
mod problem;
pub mod registry;
pub mod resources;
pub mod rollouts;
#[cfg(test)]
mod testbed;
#[cfg(test)]
mod testing;
mod words;

use blocking::blocking;
pub use ctx::{Actor, Clock, Ctx, Site, SystemClock, TestClock};
pub use problem::{IntoProblem, Outcome};
