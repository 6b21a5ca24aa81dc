//! What needs somebody: rules over what monitoring sees, alerts that open once and resolve themselves.

mod acknowledge;
mod happening;
mod list;
mod look;
pub(crate) mod resources;
mod rolled_back;
pub(crate) mod rules;
pub mod slo;
pub(crate) mod stale;
mod tick;

pub use acknowledge::acknowledge;
pub use happening::happening;
pub(crate) use list::line;
pub use list::{firing, list};
pub(crate) use rolled_back::rolled_back_in;
pub use tick::tick;
