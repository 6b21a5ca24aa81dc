//! Objectives: how fast the error budget goes, over several windows at once.

mod read;
pub(crate) mod rule;
mod view;

pub(super) use read::firing;
pub(super) use rule::LONGEST;
pub use view::view;

#[cfg(test)]
mod tests;
