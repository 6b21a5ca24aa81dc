//! Releases: every rollout in a list, and one rollout with what it waits for and what decides it.

mod list;
mod rollout;
mod acts;
mod tiles;

pub use list::ReleasesPage;
pub use rollout::RolloutPage;
