//! The truth that arrives later: taken in, joined to predictions, counted as realised quality.

mod join;
mod offline;
mod page;
mod post;
mod quality;
mod segments;

pub(crate) use offline::offline;
pub use page::quality;
pub use post::{MOST, join_waiting, post};
pub use quality::{Quality, primary_key, primary_name};

#[cfg(test)]
mod tests;
