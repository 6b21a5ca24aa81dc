//! What the product decides: one folder per room. No SQL text, no HTTP, no HTML.

mod ctx;
mod problem;
pub mod identity;
pub mod audit;
#[cfg(test)]
mod testing;

pub use ctx::{Actor, Clock, Ctx, Site, SystemClock, TestClock};
pub use problem::{IntoProblem, Outcome};
