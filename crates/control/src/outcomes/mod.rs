//! The truth that arrives later: taken in, joined to predictions, counted as realised quality.

mod concept;
mod join;
mod labels;
mod offline;
mod page;
mod patience;
mod post;
mod quality;
mod trust;
mod watch;
mod worse;

pub(crate) use concept::{Concept, Shift};
pub(crate) use labels::{Labels, REACH, labels, outcomes_counted, sums};
pub(crate) use offline::offline;
pub use page::quality;
pub(crate) use post::WAITS;
pub use post::{MOST, join_waiting, post};
pub use quality::{Quality, primary_key, primary_name};
pub(crate) use trust::{look as look_at_trust, trust};
pub(crate) use watch::{concept, offline_error};
pub(crate) use worse::{Group, Worse, level, primary_p, worse, worse_groups};

#[cfg(test)]
mod tests;
