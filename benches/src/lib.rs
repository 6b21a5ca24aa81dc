//! What the load generator and the floors share: the requests of the benchmark, made from a formula, and their right answers.

pub mod cases;
pub mod dialect;
