//! The automated tests of a version: each with its number, its threshold, its verdict and its evidence.

mod bootstrap;
mod checks;
mod compute;
mod declared;
mod flips;
mod measure;
mod policy;
mod queue;
mod report;
mod rule;
mod run;
mod subject;
mod view;
mod weights;

pub use measure::Metric;
pub use queue::{enqueue, run_queued};
pub use report::{Compare, Report};
pub use run::run;
pub use view::{HeldbackMetrics, ended, heldback_metrics, report, view, words};

#[cfg(test)]
mod tests;
