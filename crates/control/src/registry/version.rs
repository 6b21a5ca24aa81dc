//! One version as the other rooms see it.

use super::model::{ModelInfo, info};
use crate::{Ctx, IntoProblem, Outcome, blocking};
use bytes::Bytes;
use contract::{BlobHash, Contract, Millis, ModelName, Problem, UserId, VersionNo};
use serving::{LoadOptions, OnnxInfo, Served};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::registry::VersionRow;

/// A version with what is known of it. The file and the baseline are read on demand.
#[derive(Clone, Debug)]
pub struct Version {
    pub model: ModelInfo,
    pub version: VersionNo,
    pub hash: BlobHash,
    pub file_bytes: u64,
    pub onnx: OnnxInfo,
    pub contract: Contract,
    pub baseline_hash: Option<BlobHash>,
    pub notes: String,
    pub tags: BTreeMap<String, String>,
    pub lineage: BTreeMap<String, String>,
    pub registered_at: Millis,
    pub registered_by: UserId,
    pub registered_by_name: String,
}

/// The version, for other rooms: no role is asked for.
pub async fn version(cx: &Ctx, model: &ModelName, version: VersionNo) -> Outcome<Version> {
    let doing = "Reading the version";
    let row = cx.store.db.version(model, version).await.or_problem(doing)?;
    let row = row.ok_or_else(|| Problem::not_found(format!("There is no version {version} of a model “{model}”.")))?;
    let of = cx
        .store
        .db
        .model(model)
        .await
        .or_problem(doing)?
        .ok_or_else(|| Problem::not_found(format!("There is no model “{model}”.")))?;
    from_row(row, info(of)?)
}

/// The ONNX file, checked against its hash.
pub async fn onnx_bytes(cx: &Ctx, version: &Version) -> Outcome<Bytes> {
    cx.store.blobs.get(&version.hash).await.or_problem("Reading the model file")
}

/// The version loaded into the runtime, for computing with it here: one session of its own, away from live traffic.
pub async fn served(cx: &Ctx, version: &Version) -> Outcome<Arc<Served>> {
    let (runtime, bytes) = (cx.runtime()?, onnx_bytes(cx, version).await?);
    let (model, no, contract) = (version.model.name.clone(), version.version, version.contract.clone());
    blocking(move || {
        let onnx = runtime.load(&bytes, LoadOptions { sessions: 1, ..LoadOptions::default() });
        let onnx = onnx.map_err(|error| Problem::conflict(format!("Version {no} of {model} could not be loaded: {error}")))?;
        Ok(Arc::new(Served::new(model, no, contract, onnx)))
    })
    .await?
}

pub(super) fn from_row(row: VersionRow, model: ModelInfo) -> Outcome<Version> {
    Ok(Version {
        model,
        version: VersionNo(u32::try_from(row.version).unwrap_or(0)),
        hash: BlobHash(row.hash),
        file_bytes: row.file_bytes.unsigned_abs(),
        onnx: kept(&row.onnx)?,
        contract: kept(&row.contract)?,
        baseline_hash: row.baseline_hash.map(BlobHash),
        notes: row.notes,
        tags: kept(&row.tags)?,
        lineage: kept(&row.lineage)?,
        registered_at: Millis(row.registered_at),
        registered_by: UserId(row.registered_by),
        registered_by_name: row.registered_by_name,
    })
}

/// JSON that this program wrote.
pub(super) fn kept<T: serde::de::DeserializeOwned>(json: &str) -> Outcome<T> {
    serde_json::from_str(json).map_err(|error| {
        tracing::error!(%error, "stored JSON cannot be read");
        Problem::internal("What is stored about this cannot be read.")
    })
}

/// JSON to keep. What is serialised here are maps with text keys and plain structs, which always succeed.
pub(super) fn keep<T: serde::Serialize>(value: &T) -> Outcome<String> {
    serde_json::to_string(value).map_err(|error| {
        tracing::error!(%error, "a value cannot be written as JSON");
        Problem::internal("This cannot be stored.")
    })
}
