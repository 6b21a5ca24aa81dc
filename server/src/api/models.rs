//! Models and their aliases.

use super::list::{List, Paging};
use super::take::{Ask, At, Take};
use crate::web::refused::Answer;
use crate::web::who::Who;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use contract::inputs::CreateModel;
use contract::views::models::{ModelLine, ModelView};
use contract::{ModelName, VersionNo};
use control::{Ctx, registry};
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Deserialize)]
pub struct Filter {
    #[serde(default)]
    q: String,
}

pub async fn list_models(
    State(cx): State<Ctx>,
    Who(who): Who,
    Ask(Filter { q }): Ask<Filter>,
    Ask(paging): Ask<Paging>,
) -> Answer<Json<List<ModelLine>>> {
    let mut models = registry::list_models(&cx, &who).await?.models;
    let q = q.to_lowercase();
    models.retain(|model| model.name.as_str().to_lowercase().contains(&q) || model.description.to_lowercase().contains(&q));
    Ok(paging.page(models)?)
}

pub async fn create_model(State(cx): State<Ctx>, Who(who): Who, Take(input): Take<CreateModel>) -> Answer<impl IntoResponse> {
    let model = registry::create_model(&cx, &who, input).await?;
    let location = format!("/api/v1/models/{}", model.name);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(json!({ "name": model.name }))))
}

pub async fn show_model(State(cx): State<Ctx>, Who(who): Who, At(model): At<ModelName>) -> Answer<Json<ModelView>> {
    Ok(Json(registry::get_model(&cx, &who, &model).await?))
}

/// An alias and the version it stands for.
#[derive(Serialize)]
pub struct Alias {
    alias: String,
    version: VersionNo,
}

#[derive(Deserialize)]
pub struct SetAlias {
    version: VersionNo,
}

pub async fn list_aliases(
    State(cx): State<Ctx>,
    Who(who): Who,
    At(model): At<ModelName>,
    Ask(paging): Ask<Paging>,
) -> Answer<Json<List<Alias>>> {
    let versions = registry::get_model(&cx, &who, &model).await?.versions;
    let aliases =
        versions.into_iter().flat_map(|line| line.aliases.into_iter().map(move |alias| Alias { alias, version: line.version }));
    Ok(paging.page(aliases.collect())?)
}

pub async fn set_alias(
    State(cx): State<Ctx>,
    Who(who): Who,
    At((model, alias)): At<(ModelName, String)>,
    Take(SetAlias { version }): Take<SetAlias>,
) -> Answer<Json<Alias>> {
    registry::set_alias(&cx, &who, &model, &alias, version).await?;
    Ok(Json(Alias { alias, version }))
}

pub async fn delete_alias(
    State(cx): State<Ctx>,
    Who(who): Who,
    At((model, alias)): At<(ModelName, String)>,
) -> Answer<StatusCode> {
    registry::delete_alias(&cx, &who, &model, &alias).await?;
    Ok(StatusCode::NO_CONTENT)
}
