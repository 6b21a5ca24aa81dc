//! Explanations: the report that a stakeholder reads, and the reasons of one decision. Works for any model as a black box.

mod source;
mod importance;
mod dependence;
mod shapley;
mod counterfactual;
mod cases;
mod segments;
mod sentences;
mod report;
mod build;
mod share;
mod open;
mod view;
mod one;
#[cfg(test)]
mod tests;

pub use build::{build, run_jobs};
pub use one::one;
pub use open::open;
pub use share::share;
pub use view::view;
