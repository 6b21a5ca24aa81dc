//! Did the model's errors change? Detectors that read outcomes one by one, in the order in which labels arrive.
//!
//! Feed them errors (1 = wrong, or the magnitude of the error), so that `Up` is worse and only `Up` acts. Their state is
//! small and serialises, but it does not merge: one stream, one detector. They reproduce River's detectors, defaults
//! included (checked against River 0.26 in the tests).
//!
//! Which one: [`Adwin`] unless there is a reason (no false alarm in 50,000 steady outcomes, finds 10 % → 20 % errors
//! within about 400). [`Ddm`] only with a warm start of 200 or more. [`PageHinkley`]'s threshold depends on the scale of
//! the values: 50 suits zeros and ones.

mod adwin;
mod ddm;
mod page_hinkley;

pub use adwin::Adwin;
pub use ddm::{Ddm, DdmState};
pub use page_hinkley::PageHinkley;

use serde::{Deserialize, Serialize};

/// Which way the mean moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Up,
    Down,
}
