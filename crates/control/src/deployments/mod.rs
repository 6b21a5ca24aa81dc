//! Deployments: the served names, which version is stable under each, and what of them is loaded.

mod book;
mod create;
mod golden;
mod list;
mod load;
mod reload;
mod room;
mod settings;
mod snippets;
mod stable;
mod view;

pub use crate::monitoring::fleet;
pub use book::{Book, Known, KnownRollout, KnownVersion};
pub use create::{create, update};
pub use golden::Checked;
pub use list::{Brief, brief, brief_one, get, list};
pub(crate) use list::{settings_of, unknown, version_no};
pub(crate) use load::trained_at;
pub(crate) use reload::{drop_canary, ensure_loadable};
pub use reload::{reload, reload_one, sync};
pub(crate) use room::Waking;
pub use room::{make_room, put_to_sleep, wake, wake_within};
pub(crate) use settings::check as check_settings;
pub(crate) use snippets::of_version as snippets_of;
pub use stable::{roll_back, set_stable};
pub use view::view;

#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod tests;
