//! Asking for a promotion, the evidence that is frozen for it, and the signatures under it.

mod line;

pub use line::{latest, line};
