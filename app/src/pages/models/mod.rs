//! Models: the list, one model with its versions, a new model, a new version.

mod list;
pub mod load;
mod model;
mod new_model;
mod parts;
mod upload;

pub use list::ModelsPage;
pub use model::ModelPage;
pub use new_model::NewModelPage;
pub use parts::{GatesMark, ServedLinks, TagList, model_param, version_param};
pub use upload::UploadPage;
