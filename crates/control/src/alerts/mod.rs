//! What needs somebody: rules over what monitoring sees, alerts that open once and resolve themselves, and whoever is told of them.

mod acknowledge;
pub mod channels;
mod grouped;
mod happening;
mod lasting;
mod list;
mod look;
mod message;
pub mod monitors;
mod outbox;
pub(crate) mod resources;
mod rolled_back;
mod round;
pub mod routes;
pub(crate) mod rules;
mod runbook;
mod send;
pub mod silences;
pub mod slo;
pub(crate) mod stale;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod tick;
mod unloadable;
mod unwritten;
mod watching;

pub use acknowledge::acknowledge;
pub use happening::happening;
pub(crate) use list::line;
pub use list::{firing, list};
pub use outbox::{deliver, escalate, forget, redeliver};
pub(crate) use rolled_back::rolled_back_in;
pub use send::Outbound;
pub use tick::tick;

#[cfg(test)]
mod lasting_tests;
#[cfg(test)]
mod season_tests;
#[cfg(test)]
mod small_tests;
#[cfg(test)]
mod watch_tests;
