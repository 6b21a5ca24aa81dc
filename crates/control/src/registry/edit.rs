//! What people may change about a model or a version: words, tags, and the judgements in the contract. Never the file.

use super::baseline::VersionBaseline;
use super::model::{ModelInfo, check_tags, check_text, info};
use super::version::{keep, kept};
use crate::audit::entry;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::inputs::CreateModel;
use contract::live::Topic;
use contract::role::Act;
use contract::{BlobHash, Contract, FeatureKind, ModelName, Problem, VersionNo};
use serde_json::json;
use std::collections::BTreeMap;
use store::registry::VersionRow;

/// Replaces description, owner, purpose, limits and tags of a model. The name stays.
pub async fn edit_model(cx: &Ctx, who: &Actor, name: &ModelName, input: CreateModel) -> Outcome<ModelInfo> {
    who.must(Act::Register)?;
    let doing = "Changing the model";
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    let before =
        tx.model(name).await.or_problem(doing)?.ok_or_else(|| Problem::not_found(format!("There is no model “{name}”.")))?;
    let wanted = super::model::row(cx, who, CreateModel { name: name.0.clone(), ..input })?;
    let after = store::registry::ModelRow {
        created_at: before.created_at,
        created_by: before.created_by.clone(),
        created_by_name: before.created_by_name.clone(),
        ..wanted
    };
    if after == before {
        return info(after);
    }
    tx.update_model(&after).await.or_problem(doing)?;
    let detail = json!({"before": {"description": before.description, "owner_team": before.owner_team, "purpose": before.purpose, "not_for": before.not_for, "tags": before.tags}});
    tx.audit(entry(cx, who, "model.changed", ("model", name.0.clone()), format!("Changed what is said about {name}"), detail))
        .await
        .or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    info(after)
}

/// Sets a tag of a version.
pub async fn set_tag(cx: &Ctx, who: &Actor, model: &ModelName, version: VersionNo, key: &str, value: &str) -> Outcome<()> {
    change_tags(cx, who, model, version, |tags| {
        tags.insert(key.to_owned(), value.to_owned());
        format!("Set the tag {key} of version {version} of {model}")
    })
    .await
}

/// Removes a tag of a version; none is as good as removed.
pub async fn delete_tag(cx: &Ctx, who: &Actor, model: &ModelName, version: VersionNo, key: &str) -> Outcome<()> {
    change_tags(cx, who, model, version, |tags| {
        tags.remove(key);
        format!("Removed the tag {key} of version {version} of {model}")
    })
    .await
}

async fn change_tags(
    cx: &Ctx,
    who: &Actor,
    model: &ModelName,
    no: VersionNo,
    change: impl FnOnce(&mut BTreeMap<String, String>) -> String,
) -> Outcome<()> {
    who.must(Act::Register)?;
    let doing = "Changing the tags";
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    let mut row = tx.version(model, no).await.or_problem(doing)?.ok_or_else(|| gone(model, no))?;
    let before: BTreeMap<String, String> = kept(&row.tags)?;
    let mut after = before.clone();
    let summary = change(&mut after);
    check_tags("tags", &after)?;
    if after == before {
        return Ok(());
    }
    row.tags = keep(&after)?;
    tx.update_version(&row).await.or_problem(doing)?;
    let detail = json!({"before": before, "after": after});
    tx.audit(entry(cx, who, "version.tagged", ("version", format!("{model}/{no}")), summary, detail)).await.or_problem(doing)?;
    tx.commit().await.or_problem(doing)
}

/// Replaces the notes of a version.
pub async fn edit_notes(cx: &Ctx, who: &Actor, model: &ModelName, no: VersionNo, notes: &str) -> Outcome<()> {
    who.must(Act::Register)?;
    let doing = "Changing the notes";
    check_text("notes", notes)?;
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    let mut row = tx.version(model, no).await.or_problem(doing)?.ok_or_else(|| gone(model, no))?;
    let before = std::mem::replace(&mut row.notes, notes.trim().to_owned());
    tx.update_version(&row).await.or_problem(doing)?;
    let summary = format!("Changed the notes of version {no} of {model}");
    tx.audit(entry(cx, who, "version.noted", ("version", format!("{model}/{no}")), summary, json!({"before": before})))
        .await
        .or_problem(doing)?;
    tx.commit().await.or_problem(doing)
}

/// Replaces the judgements in a contract: ranges, categories, nullability, personal data, segments, the positive class.
/// What follows from the file (layout, inputs, outputs, feature names and types) stays.
pub async fn set_contract(cx: &Ctx, who: &Actor, model: &ModelName, no: VersionNo, wanted: Contract) -> Outcome<Contract> {
    who.must(Act::Register)?;
    let doing = "Changing the contract";
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    let mut row = tx.version(model, no).await.or_problem(doing)?.ok_or_else(|| gone(model, no))?;
    let before: Contract = kept(&row.contract)?;
    check_contract(&before, &wanted)?;
    let changed: Vec<&str> =
        before.features.iter().zip(&wanted.features).filter(|(a, b)| a != b).map(|(a, _)| a.name.as_str()).collect();
    row.contract = keep(&wanted)?;
    if let Some(hidden) = hidden(cx, &row, &wanted).await? {
        row.baseline_hash = Some(hidden.0);
    }
    tx.update_version(&row).await.or_problem(doing)?;
    let summary = format!("Changed the contract of version {no} of {model}");
    let detail = json!({"features": changed, "before": before});
    tx.audit(entry(cx, who, "contract.changed", ("version", format!("{model}/{no}")), summary, detail))
        .await
        .or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    cx.announce(Topic::Version { model: model.clone(), version: no });
    Ok(wanted)
}

/// The baseline as it must be stored now that the contract calls more of it personal; `None` if it stays.
async fn hidden(cx: &Ctx, row: &VersionRow, wanted: &Contract) -> Outcome<Option<BlobHash>> {
    let doing = "Changing the baseline";
    let Some(hash) = row.baseline_hash.clone().map(BlobHash) else { return Ok(None) };
    let bytes = cx.store.blobs.get(&hash).await.or_problem(doing)?;
    let mut baseline: VersionBaseline = kept(std::str::from_utf8(&bytes).unwrap_or_default())?;
    if !baseline.hide(wanted) {
        return Ok(None);
    }
    cx.store.blobs.put(keep(&baseline)?.into()).await.or_problem(doing).map(Some)
}

/// What of a contract people may change, and what a sensible change is.
pub(super) fn check_contract(before: &Contract, wanted: &Contract) -> Outcome<()> {
    let fixed = |c: &Contract| {
        (
            c.task,
            c.layout.clone(),
            c.inputs.clone(),
            c.outputs.clone(),
            c.label_output.clone(),
            c.score_output.clone(),
            c.batched,
            c.classes.len(),
        )
    };
    if fixed(before) != fixed(wanted) {
        return Err(Problem::field("contract", "Task, layout, inputs and outputs follow from the file and cannot be changed."));
    }
    if before.features.len() != wanted.features.len() {
        return Err(Problem::field(
            "features",
            format!("The version has {} features, and {} came.", before.features.len(), wanted.features.len()),
        ));
    }
    for (old, new) in before.features.iter().zip(&wanted.features) {
        let text = |kind| matches!(kind, FeatureKind::Category | FeatureKind::Text);
        let field = format!("features.{}", old.name);
        if old.name != new.name || (old.kind != new.kind && !(text(old.kind) && text(new.kind))) {
            return Err(Problem::field(
                field,
                format!("“{}”: name, order and type follow from the file and cannot be changed.", old.name),
            ));
        }
        if new.min.is_some_and(f64::is_nan)
            || new.max.is_some_and(f64::is_nan)
            || matches!((new.min, new.max), (Some(min), Some(max)) if min > max)
        {
            return Err(Problem::field(field, format!("“{}”: the smallest value is larger than the largest.", old.name)));
        }
    }
    if wanted.positive.as_ref().is_some_and(|positive| !wanted.classes.contains(positive)) {
        return Err(Problem::field("positive", "The positive class is none of the classes."));
    }
    Ok(())
}

fn gone(model: &ModelName, no: VersionNo) -> Problem {
    Problem::not_found(format!("There is no version {no} of a model “{model}”."))
}
