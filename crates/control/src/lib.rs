//! What the product decides: one folder per room. No SQL text, no HTTP, no HTML.

mod ctx;
mod problem;
mod blocking;
mod words;
pub mod identity;
pub mod audit;
pub mod datasets;
pub mod registry;
pub mod gates;
pub mod approvals;
pub mod deployments;
pub mod monitoring;
pub mod outcomes;
pub mod rollouts;
pub mod alerts;
pub mod explain;
pub(crate) mod jobs;
#[cfg(test)]
mod testbed;
#[cfg(test)]
mod testing;

pub use ctx::{Actor, Clock, Ctx, Site, SystemClock, TestClock};
pub use problem::{IntoProblem, Outcome};
use blocking::blocking;
