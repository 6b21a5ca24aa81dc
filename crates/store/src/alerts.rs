//! Rows of alerts: one open row per deployment, kind and subject.

use crate::{Db, Result, Tx, args};
use contract::{AlertId, Millis};

#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct AlertRow {
    pub id: String,
    pub deployment: String,
    pub kind: String,
    pub subject: String,
    pub severity: String,
    pub headline: String,
    pub sentence: String,
    pub numbers: String,
    pub changed_before: Option<String>,
    pub url: String,
    pub since: i64,
    pub seen_at: i64,
    pub clear_looks: i64,
    pub resolved_at: Option<i64>,
    pub acknowledged_by: Option<String>,
    pub acknowledged_at: Option<i64>,
    pub note: String,
}

impl Db {
    pub async fn alerts_open(&self) -> Result<Vec<AlertRow>> {
        self.all("select * from alerts where resolved_at is null order by since desc", args![]).await
    }

    pub async fn alerts_resolved(&self, after: Millis, limit: i64) -> Result<Vec<AlertRow>> {
        self.all("select * from alerts where resolved_at >= $1 order by resolved_at desc limit $2", args![after, limit]).await
    }
}

impl Tx {
    pub async fn alerts_open_of(&mut self, deployment: &str) -> Result<Vec<AlertRow>> {
        self.all("select * from alerts where resolved_at is null and deployment = $1", args![deployment]).await
    }

    /// Alerts of the same kind that ended at `after` or later, the last first.
    pub async fn alerts_ended(&mut self, deployment: &str, kind: &str, after: Millis) -> Result<Vec<AlertRow>> {
        self.all(
            "select * from alerts where deployment = $1 and kind = $2 and resolved_at >= $3 order by resolved_at desc, id",
            args![deployment, kind, after],
        )
        .await
    }

    /// Reads the row and holds it until the transaction ends.
    pub async fn alert_held(&mut self, id: &AlertId) -> Result<Option<AlertRow>> {
        self.first("update alerts set seen_at = seen_at where id = $1 returning *", args![id]).await
    }

    /// Conflict if the same thing is firing already.
    pub async fn alert_insert(&mut self, row: &AlertRow) -> Result<()> {
        self.run(
            "insert into alerts (id, deployment, kind, subject, severity, headline, sentence, numbers, changed_before, url, since, seen_at,
                                 clear_looks, resolved_at, acknowledged_by, acknowledged_at, note)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
            args![
                &row.id, &row.deployment, &row.kind, &row.subject, &row.severity, &row.headline, &row.sentence, &row.numbers,
                row.changed_before.clone(), &row.url, row.since, row.seen_at, row.clear_looks, row.resolved_at, row.acknowledged_by.clone(),
                row.acknowledged_at, &row.note
            ],
        )
        .await?;
        Ok(())
    }

    pub async fn alert_update(&mut self, row: &AlertRow) -> Result<()> {
        self.run(
            "update alerts set severity = $2, headline = $3, sentence = $4, numbers = $5, seen_at = $6, clear_looks = $7, resolved_at = $8,
                               acknowledged_by = $9, acknowledged_at = $10, note = $11, url = $12 where id = $1",
            args![
                &row.id, &row.severity, &row.headline, &row.sentence, &row.numbers, row.seen_at, row.clear_looks, row.resolved_at,
                row.acknowledged_by.clone(), row.acknowledged_at, &row.note, &row.url
            ],
        )
        .await?;
        Ok(())
    }
}
