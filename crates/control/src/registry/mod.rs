//! Models and their immutable versions: registering, reading, naming.

mod aliases;
mod attach;
mod baseline;
mod edit;
pub(crate) mod estimator;
pub(crate) mod expected;
pub(crate) mod groups;
mod held;
mod infer;
mod model;
mod register;
pub(crate) mod usual;
mod version;
mod views;

pub use aliases::{CHAMPION, champion, champion_in, delete_alias, set_alias};
pub use attach::attach_dataset;
pub use baseline::{VersionBaseline, baseline};
pub use edit::{delete_tag, edit_model, edit_notes, set_contract, set_tag};
pub use model::{ModelInfo, create_model, model_info};
pub use register::{Registered, Registration, register_version};
pub use version::{Version, onnx_bytes, served, version};
pub use views::{get_model, get_version, list_models};

#[cfg(test)]
mod tests;
