//! Rows of mergeable statistics. Every process writes its own rows and replaces them whole; readers add them up.

use crate::{Db, Result, Tx, args};
use contract::{DeploymentName, Millis};

#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct WindowRow {
    pub deployment: String,
    pub version: i64,
    pub arm: String,
    pub start: i64,
    pub span: i64,
    pub writer: String,
    pub operations: String,
    pub features: String,
}

/// A window without its features: a tenth of the size.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct OperationsRow {
    pub deployment: String,
    pub version: i64,
    pub arm: String,
    pub start: i64,
    pub span: i64,
    pub operations: String,
}

/// The features of a window.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct FeaturesRow {
    pub version: i64,
    pub arm: String,
    pub start: i64,
    pub span: i64,
    pub features: String,
}

impl Db {
    /// Windows of all deployments that start in `[from, to)`.
    pub async fn operations_of_all(&self, span: i64, from: Millis, to: Millis) -> Result<Vec<OperationsRow>> {
        self.all(
            "select deployment, version, arm, start, span, operations from windows where span = $1 and start >= $2 and start < $3 order by start",
            args![span, from, to],
        )
        .await
    }

    pub async fn operations(
        &self,
        deployment: &DeploymentName,
        span: i64,
        from: Millis,
        to: Millis,
    ) -> Result<Vec<OperationsRow>> {
        self.all(
            "select deployment, version, arm, start, span, operations from windows
             where deployment = $1 and span = $2 and start >= $3 and start < $4 order by start",
            args![deployment, span, from, to],
        )
        .await
    }

    pub async fn features(&self, deployment: &DeploymentName, span: i64, from: Millis, to: Millis) -> Result<Vec<FeaturesRow>> {
        self.all(
            "select version, arm, start, span, features from windows
             where deployment = $1 and span = $2 and start >= $3 and start < $4 order by start",
            args![deployment, span, from, to],
        )
        .await
    }

    /// When each deployment was last asked, to within a window.
    pub async fn last_asked(&self) -> Result<Vec<(String, i64)>> {
        self.all("select deployment, max(start) from windows group by deployment", args![]).await
    }

    /// End of the last stretch that has been merged to rows of `span`, and the start of the oldest row of `fine`.
    pub async fn merged_until(&self, span: i64, fine: i64) -> Result<(Option<i64>, Option<i64>)> {
        self.one(
            "select (select max(start) + $1 from windows where span = $1), (select min(start) from windows where span = $2)",
            args![span, fine],
        )
        .await
    }
}

impl Tx {
    pub async fn window_replace(&mut self, row: &WindowRow) -> Result<()> {
        self.run(
            "insert into windows (deployment, version, arm, start, span, writer, operations, features) values ($1, $2, $3, $4, $5, $6, $7, $8)
             on conflict (deployment, version, arm, start, span, writer) do update set operations = excluded.operations, features = excluded.features",
            args![&row.deployment, row.version, &row.arm, row.start, row.span, &row.writer, &row.operations, &row.features],
        )
        .await?;
        Ok(())
    }

    /// All columns of the windows that start in `[from, to)`.
    pub async fn windows_between(&mut self, span: i64, from: Millis, to: Millis) -> Result<Vec<WindowRow>> {
        self.all(
            "select * from windows where span = $1 and start >= $2 and start < $3 order by deployment, version, arm, start",
            args![span, from, to],
        )
        .await
    }

    pub async fn windows_forget(&mut self, span: i64, before: Millis) -> Result<u64> {
        self.run("delete from windows where span = $1 and start < $2", args![span, before]).await
    }
}
