//! Packed rows of the prediction log. What is in a page is its writer's business.

use crate::{Db, Result, Tx, args};
use contract::{DeploymentName, PredictionId};

#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct PageRow {
    pub id: String,
    pub deployment: String,
    pub version: i64,
    pub arm: String,
    pub first_id: String,
    pub last_id: String,
    pub first_at: i64,
    pub last_at: i64,
    pub rows: i64,
    pub body: Vec<u8>,
}

impl Db {
    /// Rows and bytes that a deployment has in pages.
    pub async fn pages_size(&self, deployment: &DeploymentName) -> Result<(i64, i64)> {
        self.one(
            "select cast(coalesce(sum(rows), 0) as bigint), cast(coalesce(sum(length(body)), 0) as bigint) from prediction_pages where deployment = $1",
            args![deployment],
        )
        .await
    }
}

impl Tx {
    /// Keeps a page; one that is there already stays as it is.
    pub async fn page_append(&mut self, page: PageRow) -> Result<()> {
        self.run(
            "insert into prediction_pages (id, deployment, version, arm, first_id, last_id, first_at, last_at, rows, body)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (id) do nothing",
            args![
                page.id,
                page.deployment,
                page.version,
                page.arm,
                page.first_id,
                page.last_id,
                page.first_at,
                page.last_at,
                page.rows,
                page.body
            ],
        )
        .await?;
        Ok(())
    }

    /// The pages that may hold this id, by their own ids; few, because ids ascend with time.
    pub async fn pages_around(&mut self, id: &PredictionId) -> Result<Vec<(String,)>> {
        self.all("select id from prediction_pages where last_id >= $1 and first_id <= $1 order by last_id", args![id]).await
    }

    pub async fn page(&mut self, id: &str) -> Result<Option<PageRow>> {
        self.first("select * from prediction_pages where id = $1", args![id]).await
    }

    /// Forgets the oldest pages until no more than `cap` bytes are left; how many went.
    pub async fn pages_prune(&mut self, cap: i64) -> Result<u64> {
        self.run(
            "delete from prediction_pages where id in (
               select id from (select id, sum(length(body)) over (order by last_at desc, id) as upto from prediction_pages) sized where upto > $1)",
            args![cap],
        )
        .await
    }
}
