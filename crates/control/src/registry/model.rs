//! A named line of versions: making one, reading what it is for.

use super::version::{keep, kept};
use crate::audit::entry;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::inputs::CreateModel;
use contract::role::Act;
use contract::{Millis, ModelName, Problem, ids};
use serde_json::json;
use std::collections::BTreeMap;
use store::registry::ModelRow;

#[derive(Clone, Debug, PartialEq)]
pub struct ModelInfo {
    pub name: ModelName,
    pub description: String,
    pub owner_team: String,
    pub purpose: String,
    pub not_for: String,
    pub tags: BTreeMap<String, String>,
    pub created_at: Millis,
    pub created_by_name: String,
}

/// The model, for other rooms: no role is asked for.
pub async fn model_info(cx: &Ctx, name: &ModelName) -> Outcome<ModelInfo> {
    let row = cx.store.db.model(name).await.or_problem("Reading the model")?;
    info(row.ok_or_else(|| Problem::not_found(format!("There is no model “{name}”.")))?)
}

/// Makes a model without versions. `Conflict` if there is one of that name.
pub async fn create_model(cx: &Ctx, who: &Actor, input: CreateModel) -> Outcome<ModelInfo> {
    who.must(Act::Register)?;
    let doing = "Making the model";
    let row = row(cx, who, input)?;
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    if !tx.insert_model(&row).await.or_problem(doing)? {
        return Err(Problem::conflict(format!("There is a model “{}” already.", row.name)));
    }
    let detail = json!({"owner_team": row.owner_team, "description": row.description});
    let summary = format!("Made the model {}", row.name);
    tx.audit(entry(cx, who, "model.made", ("model", row.name.clone()), summary, detail)).await.or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    info(row)
}

/// The checked input as a row.
pub(super) fn row(cx: &Ctx, who: &Actor, input: CreateModel) -> Outcome<ModelRow> {
    let name = input.name.trim().to_owned();
    ids::check_name(&name).map_err(|why| Problem::field("name", why))?;
    for (field, text) in [
        ("description", &input.description),
        ("purpose", &input.purpose),
        ("not_for", &input.not_for),
        ("owner_team", &input.owner_team),
    ] {
        check_text(field, text)?;
    }
    check_tags("tags", &input.tags)?;
    Ok(ModelRow {
        name,
        description: input.description.trim().into(),
        owner_team: input.owner_team.trim().into(),
        purpose: input.purpose.trim().into(),
        not_for: input.not_for.trim().into(),
        tags: keep(&input.tags)?,
        created_at: cx.now().0,
        created_by: who.id.clone(),
        created_by_name: who.name.clone(),
    })
}

pub(super) fn info(row: ModelRow) -> Outcome<ModelInfo> {
    Ok(ModelInfo {
        name: ModelName(row.name),
        description: row.description,
        owner_team: row.owner_team,
        purpose: row.purpose,
        not_for: row.not_for,
        tags: kept(&row.tags)?,
        created_at: Millis(row.created_at),
        created_by_name: row.created_by_name,
    })
}

pub(super) fn check_text(field: &str, text: &str) -> Outcome<()> {
    let n = text.chars().count();
    if n > 5_000 { Err(Problem::field(field, format!("This text has {n} characters; the limit is 5,000."))) } else { Ok(()) }
}

pub(super) fn check_tags(field: &str, tags: &BTreeMap<String, String>) -> Outcome<()> {
    if tags.len() > 100 {
        return Err(Problem::field(field, "At most 100 of these."));
    }
    match tags.iter().find(|(key, value)| key.trim().is_empty() || key.len() > 250 || value.len() > 5_000) {
        Some((key, _)) => Err(Problem::field(field, format!("“{key}”: a key has 1 to 250 characters, a value at most 5,000."))),
        None => Ok(()),
    }
}
