//! Reading a stored data file back.

use super::{Table, parse};
use crate::{Ctx, IntoProblem, Outcome};
use contract::inputs::DatasetRole;
use contract::{BlobHash, DatasetId, ModelName, Problem, VersionNo};

/// The table behind an id.
pub async fn load(cx: &Ctx, id: &DatasetId) -> Outcome<Table> {
    let row = cx.store.db.dataset(id.as_str()).await.or_problem("Looking up the dataset")?;
    let row = row.ok_or_else(|| Problem::not_found(format!("There is no dataset {id}.")))?;
    read(cx, &BlobHash(row.hash)).await
}

/// The table of a version in a role; `None` if it came without.
pub async fn of_version(cx: &Ctx, model: &ModelName, version: VersionNo, role: DatasetRole) -> Outcome<Option<Table>> {
    let rows = cx.store.db.datasets_of(model, version).await.or_problem("Looking up the version's data")?;
    match rows.into_iter().find(|row| row.role == role.word()) {
        Some(row) => Ok(Some(read(cx, &BlobHash(row.hash)).await?)),
        None => Ok(None),
    }
}

async fn read(cx: &Ctx, hash: &BlobHash) -> Outcome<Table> {
    let bytes = cx.store.blobs.get(hash).await.or_problem("Reading the data file")?;
    let parsed = crate::blocking(move || parse(&bytes)).await?;
    parsed.map_err(|why| {
        tracing::error!(%hash, why, "a stored data file is not readable any more");
        Problem::internal("The stored data file cannot be read.")
    })
}
