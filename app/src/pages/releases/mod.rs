//! Releases: every rollout in a list, and one rollout with what it waits for and what decides it.

mod acts;
mod list;
mod rollout;
mod tiles;

pub use list::ReleasesPage;
pub use rollout::RolloutPage;
