//! Adding a data file to a version that came without one.

use super::baseline::{VersionBaseline, freeze};
use super::held::held;
use super::register::{Data, answers, check_heldback, dataset_row, enqueue_gates, estimator};
use super::version::keep;
use super::{baseline, infer, onnx_bytes, version};
use crate::audit::entry;
use crate::datasets::{Upload, of_version};
use crate::{Actor, Ctx, IntoProblem, Outcome, blocking, words};
use contract::inputs::{DatasetRole, RegisterVersion};
use contract::live::Topic;
use contract::role::Act;
use contract::{Contract, DatasetId, ModelName, Problem, VersionNo};
use serde_json::json;
use serving::LoadOptions;

/// Adds reference or held-back data. `Conflict` if the version has data in that role: what was judged on stays.
///
/// Reference data settles what of the contract was open, and makes the baseline; held-back data has the gates run, and teaches what
/// estimates begin with.
pub async fn attach_dataset(
    cx: &Ctx,
    who: &Actor,
    model: &ModelName,
    no: VersionNo,
    role: DatasetRole,
    upload: Upload,
) -> Outcome<DatasetId> {
    who.must(Act::Register)?;
    let doing = "Adding the data";
    let of = version(cx, model, no).await?;
    let taken = || {
        Problem::conflict(format!(
            "Version {no} of {model} has {} data already. Register a new version to judge it on other data.",
            role.word()
        ))
    };
    if cx.store.db.datasets_of(model, no).await.or_problem(doing)?.iter().any(|row| row.role == role.word()) {
        return Err(taken());
    }
    let (runtime, bytes, before) = (cx.runtime()?, onnx_bytes(cx, &of).await?, of.contract.clone());
    let frozen = baseline(cx, &of).await?;
    let heldback = match role {
        DatasetRole::Reference => of_version(cx, model, no, DatasetRole::Heldback).await?,
        _ => None,
    };
    let (data, settled) = blocking(move || -> Outcome<_> {
        let data = Data::read(role, upload, None)?;
        if role == DatasetRole::Heldback {
            check_heldback(&before, &data.table)?;
        }
        if role == DatasetRole::Heldback && frozen.is_none() {
            return Ok((data, None));
        }
        let loaded = runtime.load(&bytes, LoadOptions { sessions: 1, ..LoadOptions::default() });
        let loaded = loaded.map_err(|error| Problem::conflict(format!("The version could not be loaded: {error}")))?;
        if let Some(frozen) = frozen.filter(|_| role == DatasetRole::Heldback) {
            let estimator = estimator(&loaded, &before, &frozen, Some(&data.table), None).or(frozen.estimator.clone());
            let frozen = keep(&VersionBaseline { estimator, ..frozen })?;
            return Ok((data, Some((None, frozen.into()))));
        }
        let inferred = infer::infer(&infer::Known {
            inputs: loaded.inputs(),
            outputs: loaded.outputs(),
            classes: &loaded.info().classes,
            batched: loaded.batched(),
            said: &RegisterVersion::default(),
            reference: Some(&data.table),
            previous: Some(&before),
        })?;
        let table = held(&inferred.contract, &data.table);
        let answers = answers(&loaded, &inferred.contract, &table)?;
        let mut frozen = freeze(&inferred.contract, &table, &answers);
        frozen.estimator = estimator(&loaded, &inferred.contract, &frozen, heldback.as_ref(), Some(&table));
        Ok((data, Some((Some(inferred.contract), keep(&frozen)?.into()))))
    })
    .await??;

    cx.store.blobs.put(data.bytes.clone()).await.or_problem(doing)?;
    let settled: Option<(Option<Contract>, _)> = match settled {
        Some((contract, baseline)) => Some((contract, cx.store.blobs.put(baseline).await.or_problem(doing)?)),
        None => None,
    };
    let row = dataset_row(cx, who, model, no, &data);
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    match tx.insert_dataset(&row).await {
        Err(store::Error::Conflict(_)) => return Err(taken()),
        other => other.or_problem(doing)?,
    }
    if let Some((contract, baseline)) = settled {
        let mut row = tx.version(model, no).await.or_problem(doing)?.ok_or_else(|| Problem::not_found("The version is gone."))?;
        row.baseline_hash = Some(baseline.0);
        if let Some(contract) = contract {
            row.contract = keep(&contract)?;
        }
        tx.update_version(&row).await.or_problem(doing)?;
    }
    if role == DatasetRole::Heldback {
        enqueue_gates(cx, &mut tx, who, model, no).await?;
    }
    let summary =
        format!("Added {} data to version {no} of {model}: {}", role.word(), words::counted(data.table.rows as u64, "row"));
    let detail = json!({"role": role, "file": row.file_name, "sha256": row.hash, "rows": row.row_count});
    tx.audit(entry(cx, who, "dataset.added", ("version", format!("{model}/{no}")), summary, detail)).await.or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    cx.announce(Topic::Version { model: model.clone(), version: no });
    Ok(DatasetId(row.id))
}
