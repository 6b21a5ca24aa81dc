//! Changes outside of Slipway that other teams tell of: they stand on the axes of charts and in the timelines of incidents.

mod list;
mod post;

pub use list::{get, list};
pub use post::post;

#[cfg(test)]
mod tests;
