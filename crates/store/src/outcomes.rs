//! Outcomes as they were posted, the corrections of them, and the quality counted from them.

use crate::{Db, Result, Tx, args};
use contract::{DeploymentName, Millis, PredictionId, VersionNo};

#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct OutcomeRow {
    pub prediction_id: String,
    pub label: String,
    pub at: i64,
    pub received_at: i64,
    pub joined: i64,
}

#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct QualityRow {
    pub deployment: String,
    pub version: i64,
    pub arm: String,
    pub start: i64,
    pub segment: String,
    pub segment_value: String,
    pub quality: String,
}

impl Db {
    /// Quality over all rows (`segment` = "") or of the values of one segment, for windows that start in `[from, to)`.
    pub async fn quality(&self, deployment: &DeploymentName, segment: &str, from: Millis, to: Millis) -> Result<Vec<QualityRow>> {
        self.all(
            "select * from quality_windows where deployment = $1 and segment = $2 and start >= $3 and start < $4 order by start",
            args![deployment, segment, from, to],
        )
        .await
    }

    /// Quality of a version over all rows, of the newest minutes since `from`, the newest first.
    pub async fn quality_newest(
        &self,
        deployment: &DeploymentName,
        version: VersionNo,
        from: Millis,
        limit: i64,
    ) -> Result<Vec<QualityRow>> {
        self.all(
            "select * from quality_windows where deployment = $1 and version = $2 and segment = '' and start >= $3 order by start desc limit $4",
            args![deployment, version, from, limit],
        )
        .await
    }

    /// Quality of a version over all rows, of the first minutes that start in `[from, to)`; all arms of a minute count once.
    pub async fn quality_after(
        &self,
        deployment: &DeploymentName,
        version: VersionNo,
        from: Millis,
        to: Millis,
        limit: i64,
    ) -> Result<Vec<QualityRow>> {
        self.all(
            "select * from quality_windows where deployment = $1 and version = $2 and segment = '' and start >= $3 and start < $4
               and start in (select distinct start from quality_windows
                             where deployment = $1 and version = $2 and segment = '' and start >= $3 and start < $4
                             order by start limit $5)
             order by start, arm",
            args![deployment, version, from, to, limit],
        )
        .await
    }

    /// Start of the first window that labels were counted in.
    pub async fn quality_first(&self, deployment: &DeploymentName) -> Result<Option<i64>> {
        let (first,): (Option<i64>,) =
            self.one("select min(start) from quality_windows where deployment = $1 and segment = ''", args![deployment]).await?;
        Ok(first)
    }

    /// When the last label came; where its prediction is no longer in the log, the start of the newest window that labels were counted in.
    pub async fn label_last(&self, deployment: &DeploymentName) -> Result<Option<i64>> {
        let (came, counted): (Option<i64>, Option<i64>) = self
            .one(
                "select (select max(outcome_at) from predictions where deployment = $1 and outcome_at is not null),
                        (select max(start) from quality_windows where deployment = $1 and segment = '')",
                args![deployment],
            )
            .await?;
        Ok(came.max(counted))
    }

    /// Outcomes whose prediction is not in the log.
    pub async fn outcomes_waiting(&self) -> Result<u64> {
        let (n,): (i64,) = self.one("select cast(count(*) as bigint) from outcomes where joined = 0", args![]).await?;
        Ok(u64::try_from(n).unwrap_or(0))
    }

    /// Outcomes that were received after `after` and are waiting, whose prediction has arrived in the log since.
    pub async fn outcomes_joinable(&self, after: Millis, limit: i64) -> Result<Vec<OutcomeRow>> {
        self.all(
            "select o.* from outcomes o join predictions p on p.id = o.prediction_id
             where o.joined = 0 and o.received_at >= $1 order by o.received_at limit $2",
            args![after, limit],
        )
        .await
    }
}

impl Tx {
    /// Ids in `[first, last]` whose outcome was received after `after` and waits for them.
    pub async fn outcomes_waiting_for(&mut self, first: &str, last: &str, after: Millis) -> Result<Vec<(String,)>> {
        self.all(
            "select prediction_id from outcomes where joined = 0 and received_at >= $3 and prediction_id >= $1 and prediction_id <= $2",
            args![first, last, after],
        )
        .await
    }

    pub async fn outcome(&mut self, id: &PredictionId) -> Result<Option<OutcomeRow>> {
        self.first("select * from outcomes where prediction_id = $1", args![id]).await
    }

    /// The last one wins.
    pub async fn outcome_put(&mut self, row: &OutcomeRow) -> Result<()> {
        self.run(
            "insert into outcomes (prediction_id, label, at, received_at, joined) values ($1, $2, $3, $4, $5)
             on conflict (prediction_id) do update set label = excluded.label, at = excluded.at, received_at = excluded.received_at, joined = excluded.joined",
            args![&row.prediction_id, &row.label, row.at, row.received_at, row.joined],
        )
        .await?;
        Ok(())
    }

    pub async fn outcome_changed(
        &mut self,
        id: &str,
        prediction: &PredictionId,
        before: &str,
        after: &str,
        at: Millis,
        actor: &str,
    ) -> Result<()> {
        self.run(
            "insert into outcome_changes (id, prediction_id, before, after, at, actor) values ($1, $2, $3, $4, $5, $6)",
            args![id, prediction, before, after, at, actor],
        )
        .await?;
        Ok(())
    }

    /// The quality row of a window and segment, held until the transaction ends.
    pub async fn quality_held(&mut self, row: &QualityRow) -> Result<Option<QualityRow>> {
        self.first(
            "update quality_windows set quality = quality
             where deployment = $1 and version = $2 and arm = $3 and start = $4 and segment = $5 and segment_value = $6 returning *",
            args![&row.deployment, row.version, &row.arm, row.start, &row.segment, &row.segment_value],
        )
        .await
    }

    pub async fn quality_put(&mut self, row: &QualityRow) -> Result<()> {
        self.run(
            "insert into quality_windows (deployment, version, arm, start, segment, segment_value, quality) values ($1, $2, $3, $4, $5, $6, $7)
             on conflict (deployment, version, arm, start, segment, segment_value) do update set quality = excluded.quality",
            args![&row.deployment, row.version, &row.arm, row.start, &row.segment, &row.segment_value, &row.quality],
        )
        .await?;
        Ok(())
    }

    /// Forgets the quality of windows that start before `before`; how many rows went.
    pub async fn quality_forget(&mut self, before: Millis) -> Result<u64> {
        self.run("delete from quality_windows where start < $1", args![before]).await
    }

    /// Forgets the quality of one window in all segments, before it is counted again.
    pub async fn quality_clear(&mut self, deployment: &str, version: i64, arm: &str, start: Millis) -> Result<()> {
        self.run(
            "delete from quality_windows where deployment = $1 and version = $2 and arm = $3 and start = $4",
            args![deployment, version, arm, start],
        )
        .await?;
        Ok(())
    }
}
