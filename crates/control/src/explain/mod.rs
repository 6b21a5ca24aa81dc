//! Explanations: the report that a stakeholder reads, and the reasons of one decision. Works for any model as a black box.

mod build;
mod cases;
mod counterfactual;
mod dependence;
mod importance;
mod one;
mod open;
mod report;
mod segments;
mod sentences;
mod shapley;
mod share;
mod source;
#[cfg(test)]
mod tests;
mod view;

pub use build::{build, run_jobs};
pub use one::one;
pub use open::open;
pub use share::share;
pub use view::view;
