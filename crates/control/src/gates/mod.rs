//! The automated tests of a version: each with its number, its threshold, its verdict and its evidence.

mod run;
mod queue;
mod view;
mod report;
mod policy;
mod compute;
mod subject;
mod measure;
mod bootstrap;
mod rule;
mod weights;
mod flips;
mod checks;

pub use queue::{enqueue, run_queued};
pub use measure::Metric;
pub use report::{Compare, Report};
pub use run::run;
pub use view::{HeldbackMetrics, heldback_metrics, report, view, words};

#[cfg(test)]
mod tests;
