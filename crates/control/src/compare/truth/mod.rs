//! Predictions and their outcomes: quality as it was, quality as it is expected, and whether the two agree.

mod classes;
mod concept;
mod labels;
mod reference;
mod window;

pub use classes::{Classes, problem};
pub use concept::Concept;
pub use labels::Labels;
pub use reference::{Answers, Truth};
pub use window::TruthWindow;
