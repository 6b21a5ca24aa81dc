//! Models: the list, one model with its versions, a new model, a new version.

pub mod load;
mod list;
mod model;
mod new_model;
mod upload;
mod parts;

pub use list::ModelsPage;
pub use model::ModelPage;
pub use new_model::NewModelPage;
pub use parts::{GatesMark, ServedLinks, TagList, model_param, version_param};
pub use upload::UploadPage;
