//! What the product decides: one folder per room. No SQL text, no HTTP, no HTML.

mod ctx;
mod problem;

pub use ctx::{Actor, Clock, Ctx, SystemClock, TestClock};
pub use problem::{IntoProblem, Outcome};
