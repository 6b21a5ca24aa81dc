//! What is remembered from one look at outcomes to the next.

use crate::{Db, Result, Tx, args};
use contract::{DeploymentName, Millis, VersionNo};

#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct WatchRow {
    pub deployment: String,
    pub version: i64,
    pub kind: String,
    pub state: String,
    pub updated_at: i64,
}

impl Db {
    pub async fn watch_state(&self, deployment: &DeploymentName, version: VersionNo, kind: &str) -> Result<Option<WatchRow>> {
        self.first(
            "select * from watch_states where deployment = $1 and version = $2 and kind = $3",
            args![deployment, version, kind],
        )
        .await
    }
}

impl Tx {
    /// The row, made with `first` if it is not there, held until the transaction ends.
    pub async fn watch_held(
        &mut self,
        deployment: &DeploymentName,
        version: VersionNo,
        kind: &str,
        first: &str,
        now: Millis,
    ) -> Result<WatchRow> {
        self.run(
            "insert into watch_states (deployment, version, kind, state, updated_at) values ($1, $2, $3, $4, $5)
             on conflict (deployment, version, kind) do nothing",
            args![deployment, version, kind, first, now],
        )
        .await?;
        self.one(
            "update watch_states set updated_at = $4 where deployment = $1 and version = $2 and kind = $3 returning *",
            args![deployment, version, kind, now],
        )
        .await
    }

    pub async fn watch_put(&mut self, deployment: &DeploymentName, version: VersionNo, kind: &str, state: &str) -> Result<()> {
        self.run(
            "update watch_states set state = $4 where deployment = $1 and version = $2 and kind = $3",
            args![deployment, version, kind, state],
        )
        .await?;
        Ok(())
    }
}
