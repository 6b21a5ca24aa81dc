//! What pages and programs read of the registry.

mod contract;
mod gates_words;
mod list;
mod model;
mod served;
mod snippets;
mod version;

pub use list::list_models;
pub use model::get_model;
pub use version::get_version;
