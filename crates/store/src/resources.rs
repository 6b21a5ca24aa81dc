//! Rows of what the machine and the process use. Every process writes its own rows and replaces them whole; readers add them up.

use crate::{Db, Result, Tx, args};
use contract::Millis;

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ResourceRow {
    pub node: String,
    pub start: i64,
    pub span: i64,
    pub writer: String,
    /// JSON: sums per measure.
    pub stats: String,
}

impl Db {
    /// Windows of all nodes that start in `[from, to)`, oldest first.
    pub async fn resources(&self, span: i64, from: Millis, to: Millis) -> Result<Vec<ResourceRow>> {
        self.all(
            "select * from resource_windows where span = $1 and start >= $2 and start < $3 order by start, node, writer",
            args![span, from, to],
        )
        .await
    }
}

impl Tx {
    pub async fn resources_replace(&mut self, row: &ResourceRow) -> Result<()> {
        self.run(
            "insert into resource_windows (node, start, span, writer, stats) values ($1, $2, $3, $4, $5)
             on conflict (span, start, node, writer) do update set stats = excluded.stats",
            args![&row.node, row.start, row.span, &row.writer, &row.stats],
        )
        .await?;
        Ok(())
    }

    pub async fn resources_forget(&mut self, span: i64, before: Millis) -> Result<u64> {
        self.run("delete from resource_windows where span = $1 and start < $2", args![span, before]).await
    }
}
