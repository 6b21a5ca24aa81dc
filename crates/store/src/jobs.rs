//! Jobs: work that follows from a change, enqueued with it, leased to one process at a time, retried, idempotent.

use crate::{Db, Result, Tx, args};
use contract::{JobId, Millis};

#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct JobRow {
    pub id: String,
    pub kind: String,
    pub payload: String,
    pub run_at: i64,
    pub attempts: i64,
    pub leased_until: Option<i64>,
    pub last_error: Option<String>,
    pub created_at: i64,
}

impl Tx {
    pub async fn job_enqueue(&mut self, id: &JobId, kind: &'static str, payload: &str, at: Millis) -> Result<()> {
        self.run(
            "insert into jobs (id, kind, payload, run_at, attempts, leased_until, last_error, created_at) values ($1, $2, $3, $4, 0, null, null, $4)",
            args![id, kind, payload, at],
        )
        .await?;
        Ok(())
    }

    /// Takes the oldest due job of a kind until `until`; nobody else gets it before then. An expired lease is taken over.
    pub async fn job_claim(&mut self, kind: &'static str, now: Millis, until: Millis) -> Result<Option<JobRow>> {
        let sql = if self.is_postgres() {
            "update jobs set leased_until = $3, attempts = attempts + 1 where id = (
                 select id from jobs where kind = $1 and run_at <= $2 and (leased_until is null or leased_until < $2)
                 order by run_at limit 1 for update skip locked) returning *"
        } else {
            "update jobs set leased_until = $3, attempts = attempts + 1 where id = (
                 select id from jobs where kind = $1 and run_at <= $2 and (leased_until is null or leased_until < $2)
                 order by run_at limit 1) returning *"
        };
        self.first(sql, args![kind, now, until]).await
    }

    pub async fn job_done(&mut self, id: &JobId) -> Result<()> {
        self.run("delete from jobs where id = $1", args![id]).await?;
        Ok(())
    }

    /// Gives the job back, to be tried again at `run_at` (`None`: never; it is kept with its error).
    pub async fn job_failed(&mut self, id: &JobId, error: &str, run_at: Option<Millis>) -> Result<()> {
        self.run(
            "update jobs set leased_until = null, last_error = $2, run_at = $3 where id = $1",
            args![id, error, run_at.unwrap_or(Millis(i64::MAX))],
        )
        .await?;
        Ok(())
    }
}

impl Db {
    /// Jobs of a kind with this payload that are waiting, running or given up, newest first.
    pub async fn jobs_like(&self, kind: &'static str, payload: &str) -> Result<Vec<JobRow>> {
        self.all("select * from jobs where kind = $1 and payload = $2 order by created_at desc limit 10", args![kind, payload])
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[tokio::test]
    async fn one_lease_at_a_time_and_an_expired_one_is_taken_over() {
        for db in testing::databases().await {
            let id = JobId::from("j1");
            let mut tx = db.begin().await.unwrap();
            tx.job_enqueue(&id, "report", "{}", Millis(10)).await.unwrap();
            assert_eq!(tx.job_claim("report", Millis(9), Millis(100)).await.unwrap(), None, "not due yet");
            assert_eq!(tx.job_claim("report", Millis(20), Millis(100)).await.unwrap().map(|job| job.attempts), Some(1));
            assert_eq!(tx.job_claim("report", Millis(50), Millis(100)).await.unwrap(), None, "leased");
            assert_eq!(tx.job_claim("other", Millis(200), Millis(300)).await.unwrap(), None, "another kind");
            assert_eq!(tx.job_claim("report", Millis(200), Millis(300)).await.unwrap().map(|job| job.attempts), Some(2));
            tx.job_failed(&id, "broke", Some(Millis(400))).await.unwrap();
            assert_eq!(tx.job_claim("report", Millis(399), Millis(500)).await.unwrap(), None);
            tx.job_failed(&id, "broke for good", None).await.unwrap();
            assert_eq!(tx.job_claim("report", Millis(1_000_000), Millis(2_000_000)).await.unwrap(), None);
            tx.commit().await.unwrap();
            assert_eq!(db.jobs_like("report", "{}").await.unwrap()[0].last_error.as_deref(), Some("broke for good"));
            let mut tx = db.begin().await.unwrap();
            tx.job_done(&id).await.unwrap();
            tx.commit().await.unwrap();
            assert!(db.jobs_like("report", "{}").await.unwrap().is_empty());
        }
    }
}
