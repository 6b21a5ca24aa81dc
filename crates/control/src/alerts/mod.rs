//! What needs somebody: rules over what monitoring sees, alerts that open once and resolve themselves.

mod acknowledge;
mod grouped;
mod happening;
mod list;
mod look;
mod rolled_back;
pub(crate) mod rules;
mod tick;
mod unloadable;
mod watching;

pub use acknowledge::acknowledge;
pub use happening::happening;
pub(crate) use list::line;
pub use list::{firing, list};
pub(crate) use rolled_back::rolled_back_in;
pub use tick::tick;

#[cfg(test)]
mod watch_tests;
