//! The data files of a version: those that were sent, and those taken over from the version before.

use super::field;
use crate::datasets::{Table, Upload, parse, profile};
use crate::registry::version::{keep, kept};
use crate::{Ctx, IntoProblem, Outcome, words};
use bytes::Bytes;
use contract::inputs::DatasetRole;
use contract::{BlobHash, Contract, ModelName, Problem};

/// A parsed data file with where it comes from.
#[derive(Clone, Debug)]
pub struct Data {
    pub role: DatasetRole,
    pub file_name: String,
    pub bytes: Bytes,
    pub table: Table,
    /// JSON of the column profiles.
    pub profile: String,
    /// The version that it was taken over from.
    pub from: Option<i64>,
}

/// What the version before leaves: its number, its contract, its files.
#[derive(Clone, Debug, Default)]
pub struct Before {
    pub version: i64,
    pub contract: Option<Contract>,
    pub files: Vec<(DatasetRole, Upload)>,
}

impl Data {
    pub fn read(role: DatasetRole, upload: Upload, from: Option<i64>) -> Outcome<Data> {
        let table = parse(&upload.bytes).map_err(|why| {
            Problem::field(field(role), format!("{} data, {}: {why}", words::capital(field(role)), upload.file_name))
        })?;
        let profile = keep(&profile(&table))?;
        Ok(Data { role, file_name: upload.file_name, bytes: upload.bytes, table, profile, from })
    }
}

/// Contract and files of the newest version, read before anything is computed.
pub async fn before(cx: &Ctx, model: &ModelName) -> Outcome<Before> {
    let doing = "Reading the version before";
    let Some(newest) = cx.store.db.versions(model).await.or_problem(doing)?.into_iter().next() else {
        return Ok(Before::default());
    };
    let no = contract::VersionNo(u32::try_from(newest.version).unwrap_or(0));
    let mut files = Vec::new();
    for row in cx.store.db.datasets_of(model, no).await.or_problem(doing)? {
        let Some(role) = DatasetRole::parse(&row.role) else { continue };
        let bytes = cx.store.blobs.get(&BlobHash(row.hash)).await.or_problem(doing)?;
        files.push((role, Upload { file_name: row.file_name, bytes }));
    }
    Ok(Before { version: newest.version, contract: Some(kept(&newest.contract)?), files })
}

/// Whether held-back data can judge this version: every feature and the label are there.
pub fn check_heldback(contract: &Contract, table: &Table) -> Outcome<()> {
    let missing: Vec<String> = contract
        .features
        .iter()
        .map(|feature| &feature.name)
        .chain(&contract.label_column)
        .filter(|name| table.column(name).is_none())
        .map(|name| format!("“{name}”"))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Problem::field(
        "heldback",
        format!("The held-back data lacks {}. It needs every feature and the label.", words::listed(&missing)),
    ))
}
