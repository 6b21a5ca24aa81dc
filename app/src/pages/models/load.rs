//! What the pages of models load and do: each a few lines over `control::registry`.

use crate::page_error::Outcome;
use crate::session::Refused;
use contract::ModelName;
use contract::spec::Contract;
use contract::views::models::{ModelView, ModelsView};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[server]
pub async fn load_models() -> Outcome<ModelsView> {
    let (cx, who) = crate::session::reader().await?;
    Ok(control::registry::list_models(&cx, &who).await?)
}

#[server]
pub async fn load_model(model: ModelName) -> Outcome<ModelView> {
    let (cx, who) = crate::session::reader().await?;
    Ok(control::registry::get_model(&cx, &who, &model).await?)
}

/// What the form of a new version starts from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewVersion {
    pub model: ModelView,
    /// Contract of the newest version: its label, positive class and segments are offered again.
    pub before: Option<Contract>,
    /// The last upload of this session that was refused.
    pub refused: Option<Refused>,
}

#[server]
pub async fn load_new_version(model: ModelName) -> Outcome<NewVersion> {
    let (cx, who) = crate::session::reader().await?;
    let view = control::registry::get_model(&cx, &who, &model).await?;
    let before = match view.versions.first() {
        Some(newest) => Some(control::registry::get_version(&cx, &who, &model, newest.version).await?.contract.contract),
        None => None,
    };
    // A session that cannot be read has no refused upload to show; the form itself works without.
    let refused = crate::session::session()?.get::<Refused>(crate::session::REFUSED).await.ok().flatten();
    Ok(NewVersion { model: view, before, refused })
}

/// Makes a model and goes on to its first version.
#[server]
pub async fn create_model(
    csrf: String,
    name: String,
    description: String,
    owner_team: String,
    purpose: String,
    not_for: String,
) -> Outcome<()> {
    let (cx, who) = crate::session::act(&csrf).await?;
    let input = contract::inputs::CreateModel { name, description, owner_team, purpose, not_for, ..Default::default() };
    let model = control::registry::create_model(&cx, &who, input).await?;
    leptos_axum::redirect(&contract::urls::new_version(&model.name));
    Ok(())
}
