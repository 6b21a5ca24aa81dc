//! Does a stretch of rows look like the reference, given how much stretches of the reference itself differ?
//!
//! Random rows vary less than real hours do: hours differ from one another, nights from days. The reference, cut into the
//! same stretches as will be judged, tells by how much: each stretch is held back and compared with all others. What they
//! differ by beyond chance becomes part of the null, per cell of each feature; and where the time of the day (or the week)
//! explains it, stretches are compared with those of the same time instead.
//!
//! Effect sizes are the business of [`crate::distance`]; this is the evidence.

mod dispersion;
mod evidence;
mod fit;
mod season;
mod shape;
mod stretch;

pub use evidence::Evidence;
pub use fit::{At, Usual};
pub use season::Season;
pub use shape::Shape;
pub use stretch::Stretch;
