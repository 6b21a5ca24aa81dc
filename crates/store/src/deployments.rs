//! Rows of deployments: the served names and which version is stable under each.

use crate::{Db, Result, Tx, args};
use contract::{DeploymentName, Millis, ModelName, VersionNo};

#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct DeploymentRow {
    pub name: String,
    pub model: String,
    pub stable: Option<i64>,
    pub previous: Option<i64>,
    pub settings: String,
    pub created_at: i64,
    pub updated_at: i64,
}

impl Db {
    pub async fn deployments(&self) -> Result<Vec<DeploymentRow>> {
        self.all("select * from deployments order by name", args![]).await
    }

    pub async fn deployment(&self, name: &DeploymentName) -> Result<Option<DeploymentRow>> {
        self.first("select * from deployments where name = $1", args![name]).await
    }
}

impl Tx {
    pub async fn deployment_insert(
        &mut self,
        name: &DeploymentName,
        model: &ModelName,
        settings: &str,
        at: Millis,
    ) -> Result<()> {
        self.run(
            "insert into deployments (name, model, stable, previous, settings, created_at, updated_at) values ($1, $2, null, null, $3, $4, $4)",
            args![name, model, settings, at],
        )
        .await?;
        Ok(())
    }

    /// Reads the row and holds it until the transaction ends, so that two writers of one deployment queue.
    pub async fn deployment_held(&mut self, name: &DeploymentName) -> Result<Option<DeploymentRow>> {
        self.first("update deployments set updated_at = updated_at where name = $1 returning *", args![name]).await
    }

    pub async fn deployment_settings(&mut self, name: &DeploymentName, settings: &str, at: Millis) -> Result<()> {
        self.run("update deployments set settings = $2, updated_at = $3 where name = $1", args![name, settings, at]).await?;
        Ok(())
    }

    /// Makes a version stable; the one that was becomes the previous one.
    pub async fn deployment_stable(&mut self, name: &DeploymentName, stable: VersionNo, at: Millis) -> Result<()> {
        self.run(
            "update deployments set previous = case when stable = $2 then previous else stable end, stable = $2, updated_at = $3 where name = $1",
            args![name, stable, at],
        )
        .await?;
        Ok(())
    }
}

/// What happened to a deployment and its rollouts, newest first.
const CHANGES: &str = "select * from audit_entries where at >= $2 and at < $3 and (
         (object_kind = 'deployment' and object_id = $1)
         or (object_kind = 'rollout' and object_id in (select id from rollouts where deployment = $1)))
     order by seq desc limit $4";

impl Db {
    /// Audit entries of a deployment and its rollouts in `[from, to)`, newest first.
    pub async fn deployment_changes(
        &self,
        name: &DeploymentName,
        from: Millis,
        to: Millis,
        limit: i64,
    ) -> Result<Vec<crate::audit::Kept>> {
        self.all(CHANGES, args![name, from, to, limit]).await
    }

    /// How many changes there were by kind of act, over everything.
    pub async fn changes_by_action(&self, from: Millis) -> Result<Vec<(String, i64)>> {
        self.all(
            "select action, cast(count(*) as bigint) from audit_entries
             where at >= $1 and object_kind in ('deployment', 'rollout', 'version', 'approval', 'model') group by action order by action",
            args![from],
        )
        .await
    }
}

impl Tx {
    /// The same inside a transaction.
    pub async fn deployment_changes(
        &mut self,
        name: &DeploymentName,
        from: Millis,
        to: Millis,
        limit: i64,
    ) -> Result<Vec<crate::audit::Kept>> {
        self.all(CHANGES, args![name, from, to, limit]).await
    }
}
