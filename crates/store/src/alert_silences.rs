//! Rows of silences.

use crate::{Db, Result, Tx, args};
use contract::{Millis, SilenceId};

#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct SilenceRow {
    pub id: String,
    pub deployment: String,
    pub kind: String,
    pub subject: String,
    pub until: i64,
    pub reason: String,
    pub author: String,
    pub author_name: String,
    pub created_at: i64,
    pub ended_at: Option<i64>,
    pub ended_by: Option<String>,
}

const ACTIVE: &str = "select * from alert_silences where until > $1 and ended_at is null order by until, id";

impl Db {
    /// Those that hold at `now`, the one that ends first first.
    pub async fn silences(&self, now: Millis) -> Result<Vec<SilenceRow>> {
        self.all(ACTIVE, args![now]).await
    }
}

impl Tx {
    pub async fn silences(&mut self, now: Millis) -> Result<Vec<SilenceRow>> {
        self.all(ACTIVE, args![now]).await
    }

    pub async fn silence_insert(&mut self, row: &SilenceRow) -> Result<()> {
        self.run(
            "insert into alert_silences (id, deployment, kind, subject, until, reason, author, author_name, created_at, ended_at, ended_by)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, null, null)",
            args![
                &row.id, &row.deployment, &row.kind, &row.subject, row.until, &row.reason, &row.author, &row.author_name, row.created_at
            ],
        )
        .await?;
        Ok(())
    }

    /// Reads the row and holds it until the transaction ends.
    pub async fn silence_held(&mut self, id: &SilenceId) -> Result<Option<SilenceRow>> {
        self.first("update alert_silences set until = until where id = $1 returning *", args![id]).await
    }

    pub async fn silence_end(&mut self, id: &SilenceId, at: Millis, by: &str) -> Result<()> {
        self.run("update alert_silences set ended_at = $2, ended_by = $3 where id = $1", args![id, at, by]).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[tokio::test]
    async fn a_silence_holds_until_its_time_or_until_it_is_ended() {
        for db in testing::databases().await {
            let row = |id: &str, until| SilenceRow {
                id: id.into(),
                deployment: "churn".into(),
                kind: String::new(),
                subject: String::new(),
                until,
                reason: "a migration".into(),
                author: "u1".into(),
                author_name: "Ada".into(),
                created_at: 1,
                ended_at: None,
                ended_by: None,
            };
            let mut tx = db.begin().await.unwrap();
            tx.silence_insert(&row("s1", 100)).await.unwrap();
            tx.silence_insert(&row("s2", 50)).await.unwrap();
            tx.commit().await.unwrap();
            let ids = async |now| db.silences(Millis(now)).await.unwrap().into_iter().map(|row| row.id).collect::<Vec<_>>();
            assert_eq!(ids(10).await, ["s2", "s1"]);
            assert_eq!(ids(50).await, ["s1"]);
            let mut tx = db.begin().await.unwrap();
            assert!(tx.silence_held(&"s1".into()).await.unwrap().is_some());
            tx.silence_end(&"s1".into(), Millis(60), "Ada").await.unwrap();
            tx.commit().await.unwrap();
            assert!(ids(60).await.is_empty());
        }
    }
}
