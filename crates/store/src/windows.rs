//! Rows of mergeable statistics. Every process writes its own rows and replaces them whole; readers add them up.

use crate::{Db, Result, Tx, args};
use contract::{DeploymentName, Millis, VersionNo};

#[derive(Clone, Debug, PartialEq)]
pub struct WindowRow {
    pub deployment: String,
    pub version: i64,
    pub arm: String,
    pub start: i64,
    pub span: i64,
    pub writer: String,
    pub operations: String,
    pub features: String,
    pub sums: Sums,
}

/// What is summed up in columns of its own. `requests` is `None` in a row of before there were any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Sums {
    pub requests: Option<i64>,
    pub failed: i64,
    pub fallback: i64,
    pub slow: i64,
    pub rows: i64,
    pub dropped: i64,
}

/// The sums of one window.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct SumsRow {
    pub version: i64,
    pub arm: String,
    pub start: i64,
    #[sqlx(flatten)]
    pub sums: Sums,
}

/// The sums of a stretch, of one version in all arms but the shadow's.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct StretchRow {
    pub deployment: String,
    pub version: i64,
    pub start: i64,
    #[sqlx(flatten)]
    pub sums: Sums,
}

/// Both texts of a window.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct WholeRow {
    pub version: i64,
    pub arm: String,
    pub start: i64,
    pub operations: String,
    pub features: String,
}

/// How much is kept of one span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct KeptRow {
    pub span: i64,
    pub windows: i64,
    pub bytes: i64,
    /// Start of the oldest window.
    pub oldest: i64,
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

    /// Windows of before their sums had columns.
    pub async fn operations_unsummed(
        &self,
        deployment: &DeploymentName,
        span: i64,
        from: Millis,
        to: Millis,
    ) -> Result<Vec<OperationsRow>> {
        self.all(
            "select deployment, version, arm, start, span, operations from windows
             where deployment = $1 and span = $2 and start >= $3 and start < $4 and requests is null order by start",
            args![deployment, span, from, to],
        )
        .await
    }

    /// The sums of every window that starts in `[from, to)`.
    pub async fn sums(&self, deployment: &DeploymentName, span: i64, from: Millis, to: Millis) -> Result<Vec<SumsRow>> {
        self.all(
            "select version, arm, start, requests, coalesce(failed, 0) as failed, coalesce(fallback, 0) as fallback,
                    coalesce(slow, 0) as slow, coalesce(rows, 0) as rows, coalesce(dropped, 0) as dropped
             from windows where deployment = $1 and span = $2 and start >= $3 and start < $4 order by start",
            args![deployment, span, from, to],
        )
        .await
    }

    /// The sums of all deployments by stretches of `bucket` milliseconds, and per version; the copies that a shadow answered are left
    /// out. `requests` is `None` where a stretch has a window of before the sums had columns.
    pub async fn sums_of_all(&self, span: i64, bucket: i64, from: Millis, to: Millis) -> Result<Vec<StretchRow>> {
        self.all(
            "select w.deployment, w.version, w.start - w.start % $2 as start,
                    case when count(*) = count(w.requests) then cast(sum(w.requests) as bigint) end as requests,
                    cast(coalesce(sum(w.failed), 0) as bigint) as failed, cast(coalesce(sum(w.fallback), 0) as bigint) as fallback,
                    cast(coalesce(sum(w.slow), 0) as bigint) as slow, cast(coalesce(sum(w.rows), 0) as bigint) as rows,
                    cast(coalesce(sum(w.dropped), 0) as bigint) as dropped
             from deployments d cross join windows w
             where w.deployment = d.name and w.span = $1 and w.start >= $3 and w.start < $4 and w.arm <> 'shadow'
             group by w.deployment, w.version, w.start - w.start % $2 order by w.deployment, w.start - w.start % $2",
            args![span, bucket, from, to],
        )
        .await
    }

    /// Deployments of which a live request failed or was slow, in windows that start since `from`; those of before the sums had columns
    /// count as if one was.
    pub async fn deployments_with_bad(&self, span: i64, from: Millis) -> Result<Vec<(String,)>> {
        self.all(
            "select d.name from deployments d cross join windows w
             where w.deployment = d.name and w.span = $1 and w.start >= $2 and w.arm in ('stable', 'canary')
               and (w.requests is null or w.failed > 0 or w.slow > 0) group by d.name",
            args![span, from],
        )
        .await
    }

    /// The live windows of a version, whole.
    pub async fn windows_whole(
        &self,
        deployment: &DeploymentName,
        version: VersionNo,
        span: i64,
        from: Millis,
        to: Millis,
    ) -> Result<Vec<WholeRow>> {
        self.all(
            "select version, arm, start, operations, features from windows
             where deployment = $1 and span = $2 and start >= $3 and start < $4 and version = $5 and arm in ('stable', 'canary')
             order by start",
            args![deployment, span, from, to, version],
        )
        .await
    }

    /// How many windows are kept of a deployment, and their bytes, by span; those of before their bytes were noted count as empty.
    pub async fn windows_kept(&self, deployment: &DeploymentName) -> Result<Vec<KeptRow>> {
        self.all(
            "select span, cast(count(*) as bigint) as windows, cast(coalesce(sum(bytes), 0) as bigint) as bytes, min(start) as oldest
             from windows where deployment = $1 group by span order by span",
            args![deployment],
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
}

impl Tx {
    pub async fn window_replace(&mut self, row: &WindowRow) -> Result<()> {
        let sums = row.sums;
        self.run(
            "insert into windows (deployment, version, arm, start, span, writer, operations, features,
                                  requests, failed, fallback, slow, rows, dropped, bytes)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
             on conflict (deployment, version, arm, start, span, writer) do update set
                 operations = excluded.operations, features = excluded.features, requests = excluded.requests, failed = excluded.failed,
                 fallback = excluded.fallback, slow = excluded.slow, rows = excluded.rows, dropped = excluded.dropped, bytes = excluded.bytes",
            args![
                &row.deployment,
                row.version,
                &row.arm,
                row.start,
                row.span,
                &row.writer,
                &row.operations,
                &row.features,
                sums.requests,
                sums.failed,
                sums.fallback,
                sums.slow,
                sums.rows,
                sums.dropped,
                row.operations.len() + row.features.len(),
            ],
        )
        .await?;
        Ok(())
    }

    /// Deployment by deployment: an index by time alone would be taken for other reads too, which it makes slow.
    pub async fn windows_forget(&mut self, span: i64, before: Millis) -> Result<u64> {
        self.run(
            "delete from windows where deployment in (select name from deployments) and span = $1 and start < $2",
            args![span, before],
        )
        .await
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::databases;
    use crate::{Db, args};

    /// With an index by time alone, SQLite read the windows of all deployments to find those of one.
    #[tokio::test]
    async fn every_index_begins_with_the_deployment() {
        for db in databases().await.into_iter().filter(|db| matches!(db, Db::Sqlite { .. })) {
            let all: Vec<(String,)> = db
                .all("select sql from sqlite_master where type = 'index' and tbl_name = 'windows' and sql is not null", args![])
                .await
                .unwrap();
            assert!(!all.is_empty());
            for (sql,) in all {
                assert!(sql.contains("on windows (deployment,"), "{sql}");
            }
        }
    }
}
