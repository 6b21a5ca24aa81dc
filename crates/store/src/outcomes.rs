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

/// Quality in sums: answers whose outcome is known; how many of them are right, or the sum of the absolute errors; the sum of the
/// squared errors.
#[derive(Clone, Copy, Debug, Default, PartialEq, sqlx::FromRow)]
pub struct QualitySums {
    pub n: i64,
    pub good: f64,
    pub squares: f64,
}

/// The sums of a version over all rows, and how many of its windows are of before they had any.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct VersionQuality {
    pub deployment: String,
    pub version: i64,
    #[sqlx(flatten)]
    pub sums: QualitySums,
    pub unsummed: i64,
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

    /// How many windows of quality are kept of a deployment, segments included, the mean bytes of the newest of them, and the start of the
    /// oldest.
    pub async fn quality_size(&self, deployment: &DeploymentName) -> Result<(i64, f64, Option<i64>)> {
        self.one(
            "select cast(count(*) as bigint),
                    (select cast(coalesce(avg(length(newest.quality) + 100), 0) as double precision) from
                        (select quality from quality_windows where deployment = $1 and segment = '' order by start desc limit 100) newest),
                    min(start) from quality_windows where deployment = $1",
            args![deployment],
        )
        .await
    }

    /// Sums over all rows of every version, of windows that start in `[from, to)`.
    pub async fn quality_sums(&self, deployment: &DeploymentName, from: Millis, to: Millis) -> Result<Vec<VersionQuality>> {
        self.all(
            "select deployment, version, cast(coalesce(sum(n), 0) as bigint) as n, coalesce(sum(good), 0.0) as good,
                    coalesce(sum(squares), 0.0) as squares, cast(count(*) - count(n) as bigint) as unsummed
             from quality_windows where deployment = $1 and segment = '' and start >= $2 and start < $3 group by deployment, version",
            args![deployment, from, to],
        )
        .await
    }

    /// The same of all deployments.
    pub async fn quality_sums_of_all(&self, from: Millis, to: Millis) -> Result<Vec<VersionQuality>> {
        self.all(
            "select q.deployment, q.version, cast(coalesce(sum(q.n), 0) as bigint) as n, coalesce(sum(q.good), 0.0) as good,
                    coalesce(sum(q.squares), 0.0) as squares, cast(count(*) - count(q.n) as bigint) as unsummed
             from deployments d cross join quality_windows q
             where q.deployment = d.name and q.segment = '' and q.start >= $1 and q.start < $2 group by q.deployment, q.version",
            args![from, to],
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

    /// The same of all deployments that have had one.
    pub async fn labels_last(&self) -> Result<Vec<(String, i64)>> {
        let all: Vec<(String, Option<i64>, Option<i64>)> = self
            .all(
                "select d.name, (select max(p.outcome_at) from predictions p where p.deployment = d.name and p.outcome_at is not null),
                        (select max(q.start) from quality_windows q where q.deployment = d.name and q.segment = '') from deployments d",
                args![],
            )
            .await?;
        Ok(all.into_iter().filter_map(|(name, came, counted)| Some((name, came.max(counted)?))).collect())
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

    pub async fn quality_put(&mut self, row: &QualityRow, sums: &QualitySums) -> Result<()> {
        self.run(
            "insert into quality_windows (deployment, version, arm, start, segment, segment_value, quality, n, good, squares)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             on conflict (deployment, version, arm, start, segment, segment_value)
             do update set quality = excluded.quality, n = excluded.n, good = excluded.good, squares = excluded.squares",
            args![
                &row.deployment,
                row.version,
                &row.arm,
                row.start,
                &row.segment,
                &row.segment_value,
                &row.quality,
                sums.n,
                sums.good,
                sums.squares
            ],
        )
        .await?;
        Ok(())
    }

    /// Forgets outcomes that were received before `before`, and the corrections made before then; how many rows went.
    pub async fn outcomes_forget(&mut self, before: Millis) -> Result<u64> {
        let outcomes = self.run("delete from outcomes where received_at < $1", args![before]).await?;
        Ok(outcomes + self.run("delete from outcome_changes where at < $1", args![before]).await?)
    }

    /// Forgets the quality of windows that start before `before`; how many rows went.
    pub async fn quality_forget(&mut self, before: Millis) -> Result<u64> {
        self.run("delete from quality_windows where start < $1", args![before]).await
    }
}
