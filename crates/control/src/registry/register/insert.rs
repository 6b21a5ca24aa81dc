//! The one transaction of a registration: model, number, version, data, audit, the job that runs the gates.

use super::prepare::Prepared;
use super::{Data, Registered, Registration, same_file};
use crate::audit::entry;
use crate::registry::model;
use crate::registry::version::keep;
use crate::{Actor, Ctx, IntoProblem, Outcome, words};
use contract::inputs::{CreateModel, DatasetRole};
use contract::time::DAY;
use contract::{BlobHash, JobId, ModelName, Problem, VersionNo};
use serde_json::json;
use store::registry::{DatasetRow, VersionRow};
use store::{Blobs, Tx};

pub async fn insert(
    cx: &Ctx,
    who: &Actor,
    input: &Registration,
    hash: &BlobHash,
    baseline_hash: Option<BlobHash>,
    prepared: Prepared,
    asked: &str,
) -> Outcome<Registered> {
    let doing = "Registering the version";
    let (now, model) = (cx.now(), &input.model);
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    let fresh = model::row(cx, who, CreateModel { name: model.0.clone(), ..CreateModel::default() })?;
    if tx.insert_model(&fresh).await.or_problem(doing)? {
        let summary = format!("Made the model {model} with its first version");
        tx.audit(entry(cx, who, "model.made", ("model", model.0.clone()), summary, json!({}))).await.or_problem(doing)?;
    }
    // Whoever registers another version of this model now waits here.
    let number = tx.take_version_no(model).await.or_problem(doing)?;
    if let Some(same) = tx.version_by_hash(model, hash.as_str()).await.or_problem(doing)? {
        return Err(same_file(model, same.version));
    }
    let version = VersionNo(u32::try_from(number).map_err(|_| Problem::conflict("This model has too many versions."))?);
    let id = format!("{model}/{version}");
    let row = VersionRow {
        model: model.0.clone(),
        version: number,
        hash: hash.0.clone(),
        file_bytes: i64::try_from(input.onnx.len()).unwrap_or(i64::MAX),
        onnx: keep(&prepared.onnx)?,
        contract: keep(&prepared.contract)?,
        baseline_hash: baseline_hash.map(|hash| hash.0),
        notes: input.meta.notes.trim().to_owned(),
        tags: keep(&input.meta.tags)?,
        lineage: keep(&input.meta.lineage)?,
        registered_at: now.0,
        registered_by: who.id.clone(),
        registered_by_name: who.name.clone(),
    };
    tx.insert_version(&row).await.or_problem(doing)?;
    let mut files = Vec::new();
    for data in &prepared.data {
        let row = dataset_row(cx, who, model, version, data);
        tx.insert_dataset(&row).await.or_problem(doing)?;
        files.push(json!({"role": row.role, "file": row.file_name, "sha256": row.hash, "rows": row.row_count, "from_version": data.from}));
    }
    let gates_queued = prepared.data.iter().any(|data| data.role == DatasetRole::Heldback);
    if gates_queued {
        enqueue_gates(cx, &mut tx, who, model, version).await?;
    }
    let summary = format!(
        "Registered version {version} of {model}: {}, {}",
        words::bytes(input.onnx.len() as u64),
        words::counted(prepared.contract.features.len() as u64, "feature")
    );
    let detail = json!({
        "sha256": hash, "opsets": prepared.onnx.opsets, "producer": prepared.onnx.producer, "task": prepared.contract.task,
        "data": files, "warnings": prepared.warnings,
    });
    tx.audit(entry(cx, who, "version.registered", ("version", id), summary, detail)).await.or_problem(doing)?;
    let registered = Registered { model: model.clone(), version, hash: hash.clone(), warnings: prepared.warnings, gates_queued };
    if let Some(key) = &input.idempotency_key {
        tx.keep_answer(&who.id, key, asked, &keep(&registered)?, now, now + -DAY).await.or_problem(doing)?;
    }
    tx.commit().await.or_problem(doing)?;
    Ok(registered)
}

/// Queues the gates in the transaction that makes them worth running.
pub async fn enqueue_gates(cx: &Ctx, tx: &mut Tx, who: &Actor, model: &ModelName, version: VersionNo) -> Outcome<()> {
    let payload = json!({"model": model, "version": version, "by": who.id, "by_name": who.name}).to_string();
    tx.job_enqueue(&JobId(cx.new_id()), "gates.run", &payload, cx.now()).await.or_problem("Queueing the gates")
}

/// A data file as a row of its version.
pub fn dataset_row(cx: &Ctx, who: &Actor, model: &ModelName, version: VersionNo, data: &Data) -> DatasetRow {
    DatasetRow {
        id: cx.new_id(),
        model: model.0.clone(),
        version: i64::from(version.0),
        role: data.role.word().into(),
        file_name: data.file_name.chars().take(200).collect(),
        hash: Blobs::hash(&data.bytes).0,
        file_bytes: i64::try_from(data.bytes.len()).unwrap_or(i64::MAX),
        row_count: i64::try_from(data.table.rows).unwrap_or(i64::MAX),
        column_count: i64::try_from(data.table.columns.len()).unwrap_or(i64::MAX),
        profile: data.profile.clone(),
        added_at: cx.now().0,
        added_by: who.id.clone(),
    }
}
