//! Models, versions, aliases, datasets.

use crate::{Db, Result, Tx, args};
use contract::{ModelName, VersionNo};

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ModelRow {
    pub name: String,
    pub description: String,
    pub owner_team: String,
    pub purpose: String,
    pub not_for: String,
    pub tags: String,
    pub created_at: i64,
    pub created_by: String,
    pub created_by_name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct VersionRow {
    pub model: String,
    pub version: i64,
    pub hash: String,
    pub file_bytes: i64,
    pub onnx: String,
    pub contract: String,
    pub baseline_hash: Option<String>,
    pub notes: String,
    pub tags: String,
    pub lineage: String,
    pub registered_at: i64,
    pub registered_by: String,
    pub registered_by_name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct AliasRow {
    pub model: String,
    pub alias: String,
    pub version: i64,
    pub set_at: i64,
    pub set_by: String,
    pub set_by_name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct DatasetRow {
    pub id: String,
    pub model: String,
    pub version: i64,
    pub role: String,
    pub file_name: String,
    pub hash: String,
    pub file_bytes: i64,
    pub row_count: i64,
    pub column_count: i64,
    pub profile: String,
    pub added_at: i64,
    pub added_by: String,
}

const MODEL: &str = "select name, description, owner_team, purpose, not_for, tags, created_at, created_by, created_by_name from models where name = $1";
const VERSION: &str = "select * from versions where model = $1 and version = $2";

impl Db {
    pub async fn models(&self) -> Result<Vec<ModelRow>> {
        self.all(
            "select name, description, owner_team, purpose, not_for, tags, created_at, created_by, created_by_name from models order by name",
            args![],
        )
        .await
    }

    pub async fn model(&self, name: &ModelName) -> Result<Option<ModelRow>> {
        self.first(MODEL, args![name]).await
    }

    /// Newest first.
    pub async fn versions(&self, model: &ModelName) -> Result<Vec<VersionRow>> {
        self.all("select * from versions where model = $1 order by version desc", args![model]).await
    }

    /// Model, number, time and hash of every version, newest first: enough for lists.
    pub async fn version_heads(&self) -> Result<Vec<(String, i64, i64, String)>> {
        self.all("select model, version, registered_at, hash from versions order by model, version desc", args![]).await
    }

    pub async fn version(&self, model: &ModelName, version: VersionNo) -> Result<Option<VersionRow>> {
        self.first(VERSION, args![model, version]).await
    }

    pub async fn version_by_hash(&self, model: &ModelName, hash: &str) -> Result<Option<VersionRow>> {
        self.first("select * from versions where model = $1 and hash = $2", args![model, hash]).await
    }

    /// Aliases of one model, or of all.
    pub async fn aliases(&self, model: Option<&ModelName>) -> Result<Vec<AliasRow>> {
        match model {
            Some(model) => self.all("select * from aliases where model = $1 order by alias", args![model]).await,
            None => self.all("select * from aliases order by model, alias", args![]).await,
        }
    }

    pub async fn alias(&self, model: &ModelName, alias: &str) -> Result<Option<AliasRow>> {
        self.first("select * from aliases where model = $1 and alias = $2", args![model, alias]).await
    }

    pub async fn dataset(&self, id: &str) -> Result<Option<DatasetRow>> {
        self.first("select * from datasets where id = $1", args![id]).await
    }

    pub async fn datasets_of(&self, model: &ModelName, version: VersionNo) -> Result<Vec<DatasetRow>> {
        self.all("select * from datasets where model = $1 and version = $2 order by role desc", args![model, version]).await
    }

    pub async fn datasets(&self, model: Option<&ModelName>) -> Result<Vec<DatasetRow>> {
        match model {
            Some(model) => {
                self.all("select * from datasets where model = $1 order by added_at desc, id desc", args![model]).await
            }
            None => self.all("select * from datasets order by added_at desc, id desc", args![]).await,
        }
    }
}

impl Tx {
    pub async fn model(&mut self, name: &ModelName) -> Result<Option<ModelRow>> {
        self.first(MODEL, args![name]).await
    }

    /// `false` if there is one of that name already.
    pub async fn insert_model(&mut self, model: &ModelRow) -> Result<bool> {
        let made = self
            .run(
                "insert into models (name, description, owner_team, purpose, not_for, tags, next_version, created_at, created_by, created_by_name)
                 values ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9) on conflict (name) do nothing",
                args![
                    &model.name, &model.description, &model.owner_team, &model.purpose, &model.not_for, &model.tags, model.created_at,
                    &model.created_by, &model.created_by_name
                ],
            )
            .await?;
        Ok(made == 1)
    }

    pub async fn update_model(&mut self, model: &ModelRow) -> Result<()> {
        self.run(
            "update models set description = $2, owner_team = $3, purpose = $4, not_for = $5, tags = $6 where name = $1",
            args![&model.name, &model.description, &model.owner_team, &model.purpose, &model.not_for, &model.tags],
        )
        .await?;
        Ok(())
    }

    /// The number for the next version. Whoever registers at the same time waits for this transaction to end.
    pub async fn take_version_no(&mut self, model: &ModelName) -> Result<i64> {
        let (next,): (i64,) = self
            .one("update models set next_version = next_version + 1 where name = $1 returning next_version", args![model])
            .await?;
        Ok(next - 1)
    }

    pub async fn version(&mut self, model: &ModelName, version: VersionNo) -> Result<Option<VersionRow>> {
        self.first(VERSION, args![model, version]).await
    }

    pub async fn version_by_hash(&mut self, model: &ModelName, hash: &str) -> Result<Option<VersionRow>> {
        self.first("select * from versions where model = $1 and hash = $2", args![model, hash]).await
    }

    pub async fn insert_version(&mut self, v: &VersionRow) -> Result<()> {
        self.run(
            "insert into versions (model, version, hash, file_bytes, onnx, contract, baseline_hash, notes, tags, lineage, registered_at, registered_by, registered_by_name)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            args![
                &v.model, v.version, &v.hash, v.file_bytes, &v.onnx, &v.contract, v.baseline_hash.clone(), &v.notes, &v.tags, &v.lineage,
                v.registered_at, &v.registered_by, &v.registered_by_name
            ],
        )
        .await?;
        Ok(())
    }

    /// Replaces what people may edit of a version: notes, tags, contract. The file never changes.
    pub async fn update_version(&mut self, v: &VersionRow) -> Result<()> {
        self.run(
            "update versions set notes = $3, tags = $4, contract = $5, baseline_hash = $6 where model = $1 and version = $2",
            args![&v.model, v.version, &v.notes, &v.tags, &v.contract, v.baseline_hash.clone()],
        )
        .await?;
        Ok(())
    }

    pub async fn alias(&mut self, model: &ModelName, alias: &str) -> Result<Option<AliasRow>> {
        self.first("select * from aliases where model = $1 and alias = $2", args![model, alias]).await
    }

    /// Sets or moves an alias.
    pub async fn put_alias(&mut self, row: &AliasRow) -> Result<()> {
        self.run(
            "insert into aliases (model, alias, version, set_at, set_by, set_by_name) values ($1, $2, $3, $4, $5, $6)
             on conflict (model, alias) do update set version = excluded.version, set_at = excluded.set_at, set_by = excluded.set_by,
                 set_by_name = excluded.set_by_name",
            args![&row.model, &row.alias, row.version, row.set_at, &row.set_by, &row.set_by_name],
        )
        .await?;
        Ok(())
    }

    /// `false` if there was none.
    pub async fn delete_alias(&mut self, model: &ModelName, alias: &str) -> Result<bool> {
        Ok(self.run("delete from aliases where model = $1 and alias = $2", args![model, alias]).await? == 1)
    }

    pub async fn insert_dataset(&mut self, d: &DatasetRow) -> Result<()> {
        self.run(
            "insert into datasets (id, model, version, role, file_name, hash, file_bytes, row_count, column_count, profile, added_at, added_by)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            args![
                &d.id, &d.model, d.version, &d.role, &d.file_name, &d.hash, d.file_bytes, d.row_count, d.column_count, &d.profile, d.added_at,
                &d.added_by
            ],
        )
        .await?;
        Ok(())
    }
}
