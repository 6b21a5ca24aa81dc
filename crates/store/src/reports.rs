//! Rows of reports and of the links that share them.

use crate::{Db, Result, Tx, args};
use contract::{Millis, ModelName, ReportId, VersionNo};

#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct ReportRow {
    pub id: String,
    pub model: String,
    pub version: i64,
    pub made_at: i64,
    pub made_by: String,
    pub blob: String,
}

impl Db {
    pub async fn report(&self, id: &ReportId) -> Result<Option<ReportRow>> {
        self.first("select * from reports where id = $1", args![id]).await
    }

    /// Newest first.
    pub async fn reports_of(&self, model: &ModelName, version: VersionNo) -> Result<Vec<ReportRow>> {
        self.all("select * from reports where model = $1 and version = $2 order by made_at desc limit 20", args![model, version])
            .await
    }

    /// The report that a valid link opens.
    pub async fn report_shared(&self, token_hash: &str, now: Millis) -> Result<Option<ReportRow>> {
        self.first(
            "select r.* from reports r join report_shares s on s.report = r.id where s.token_hash = $1 and s.expires_at > $2",
            args![token_hash, now],
        )
        .await
    }

    /// Reports of a version that some valid link opens.
    pub async fn reports_with_links(&self, model: &ModelName, version: VersionNo, now: Millis) -> Result<Vec<(String,)>> {
        self.all(
            "select distinct r.id from reports r join report_shares s on s.report = r.id where r.model = $1 and r.version = $2 and s.expires_at > $3",
            args![model, version, now],
        )
        .await
    }
}

impl Tx {
    pub async fn report_insert(&mut self, row: &ReportRow) -> Result<()> {
        self.run(
            "insert into reports (id, model, version, made_at, made_by, blob) values ($1, $2, $3, $4, $5, $6)",
            args![&row.id, &row.model, row.version, row.made_at, &row.made_by, &row.blob],
        )
        .await?;
        Ok(())
    }

    pub async fn report_share(
        &mut self,
        token_hash: &str,
        report: &ReportId,
        by: &str,
        at: Millis,
        expires_at: Millis,
    ) -> Result<()> {
        self.run(
            "insert into report_shares (token_hash, report, created_at, created_by, expires_at) values ($1, $2, $3, $4, $5)",
            args![token_hash, report, at, by, expires_at],
        )
        .await?;
        Ok(())
    }
}
