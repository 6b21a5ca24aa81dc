//! Names of things, for the palette.

use crate::components::icon::Icon;
use crate::page_error::Outcome;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    Deployment,
    Model,
    Rollout,
}

/// A thing that has a name and a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    pub kind: Kind,
    pub words: String,
    pub href: String,
}

impl Named {
    pub fn icon(&self) -> Icon {
        match self.kind {
            Kind::Deployment => Icon::Fleet,
            Kind::Model => Icon::Models,
            Kind::Rollout => Icon::Releases,
        }
    }
}

/// Deployments, models and the latest rollouts.
#[server]
pub async fn names() -> Outcome<Vec<Named>> {
    use contract::urls;
    let (cx, who) = crate::session::reader().await?;
    let models = control::registry::list_models(&cx, &who).await?;
    let mut names: Vec<Named> =
        models.models.into_iter().map(|model| Named { kind: Kind::Model, href: urls::model(&model.name), words: model.name.to_string() }).collect();
    names.sort_by(|a, b| a.words.cmp(&b.words));
    Ok(names)
}
