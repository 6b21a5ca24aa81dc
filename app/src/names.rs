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
    let named = |kind, words: String, href| Named { kind, words, href };
    let deployments = control::deployments::list(&cx, &who)
        .await?
        .into_iter()
        .map(|it| named(Kind::Deployment, it.name.to_string(), urls::deployment(&it.name, "")));
    let models = control::registry::list_models(&cx, &who)
        .await?
        .models
        .into_iter()
        .map(|it| named(Kind::Model, it.name.to_string(), urls::model(&it.name)));
    let rollouts = control::rollouts::releases(&cx, &who).await?.rollouts.into_iter().map(|it| {
        named(Kind::Rollout, format!("{}: version {} replaces {}", it.deployment, it.canary, it.stable), urls::rollout(&it.id))
    });
    Ok(deployments.chain(models).chain(rollouts).collect())
}
