//! The prediction log: appended in batches, capped, read for joins and for examples.

use crate::{Db, Result, Tx, Value, args};
use contract::{DeploymentName, Millis, PredictionId, VersionNo};
use std::sync::LazyLock;

#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct PredictionRow {
    pub id: String,
    pub at: i64,
    pub deployment: String,
    pub version: i64,
    pub arm: String,
    pub label: String,
    pub score: Option<f64>,
    pub features: String,
    pub latency_us: i64,
    pub fallback: Option<String>,
    pub outcome: Option<String>,
    pub outcome_at: Option<i64>,
    /// JSON array with the probability of each class, in the contract's order, where there are several.
    pub scores: Option<String>,
}

/// Rows of one statement. SQLite finds each numbered placeholder by walking the ones before it: with 1,000 of them that was more than
/// half of the work of writing the log.
const BATCH: usize = 20;
const COLUMNS: usize = 11;

static ONE: LazyLock<String> = LazyLock::new(|| insert(1));
static MANY: LazyLock<String> = LazyLock::new(|| insert(BATCH));

fn insert(rows: usize) -> String {
    let row = |row: usize| {
        let places: Vec<String> = (1..=COLUMNS).map(|column| format!("${}", row * COLUMNS + column)).collect();
        format!("({})", places.join(", "))
    };
    let rows: Vec<String> = (0..rows).map(row).collect();
    format!(
        "insert into predictions (id, at, deployment, version, arm, label, score, features, latency_us, fallback, scores) values {} on conflict (id) do nothing",
        rows.join(", ")
    )
}

const WRONG_BY_AGE: &str =
    "select start, cast(count(*) as bigint), cast(sum(case when outcome <> label then 1.0 else 0.0 end) as double precision)
     from (select at - at % $6 as start, label, outcome, outcome_at - at as age from predictions
           where deployment = $1 and version = $2 and at >= $3 and at < $4 and arm in ('stable', 'canary') and fallback is null
           order by at desc limit 50000) known
     where outcome is not null and age <= $5 group by start order by start";
const VALUES_BY_AGE: &str = "select start, cast(count(*) as bigint), cast(sum(abs(cast(label as double precision) - cast(outcome as double precision))) as double precision)
     from (select at - at % $6 as start, label, outcome, outcome_at - at as age from predictions
           where deployment = $1 and version = $2 and at >= $3 and at < $4 and arm in ('stable', 'canary') and fallback is null
           order by at desc limit 50000) known
     where outcome is not null and age <= $5 group by start order by start";

impl PredictionRow {
    fn values(&self) -> Vec<Value> {
        args![
            &self.id,
            self.at,
            &self.deployment,
            self.version,
            &self.arm,
            &self.label,
            self.score,
            &self.features,
            self.latency_us,
            self.fallback.clone(),
            self.scores.clone()
        ]
    }
}

impl Db {
    pub async fn prediction(&self, id: &PredictionId) -> Result<Option<PredictionRow>> {
        self.first("select * from predictions where id = $1", args![id]).await
    }

    /// Newest first.
    pub async fn predictions(&self, deployment: &DeploymentName, limit: i64) -> Result<Vec<PredictionRow>> {
        self.all("select * from predictions where deployment = $1 order by at desc limit $2", args![deployment, limit]).await
    }

    /// The newest rows that `version` itself answered at or after `since`.
    pub async fn predictions_of(
        &self,
        deployment: &DeploymentName,
        version: VersionNo,
        since: Millis,
        limit: i64,
    ) -> Result<Vec<PredictionRow>> {
        self.all(
            "select * from predictions where deployment = $1 and version = $2 and at >= $3 and fallback is null order by at desc, id limit $4",
            args![deployment, version, since, limit],
        )
        .await
    }

    /// The newest rows of `[from, to)` that the live arms of `version` answered.
    pub async fn predictions_live(
        &self,
        deployment: &DeploymentName,
        version: VersionNo,
        from: Millis,
        to: Millis,
        limit: i64,
    ) -> Result<Vec<PredictionRow>> {
        self.all(
            "select * from predictions where deployment = $1 and version = $2 and at >= $3 and at < $4 and arm in ('stable', 'canary')
             and fallback is null order by at desc, id limit $5",
            args![deployment, version, from, to, limit],
        )
        .await
    }

    /// Known outcomes in `[from, to)` by version and arm, and how many of them the answer got wrong; fallbacks are left out.
    pub async fn wrong_answers(
        &self,
        deployment: &DeploymentName,
        from: Millis,
        to: Millis,
    ) -> Result<Vec<(i64, String, i64, i64)>> {
        self.all(
            "select version, arm, cast(count(*) as bigint), cast(sum(case when outcome <> label then 1 else 0 end) as bigint) from predictions
             where deployment = $1 and at >= $2 and at < $3 and outcome is not null and fallback is null group by version, arm",
            args![deployment, from, to],
        )
        .await
    }

    /// By bucket of the time of the prediction: outcomes that came within `age` of it, and the sum of their errors (how many were wrong,
    /// or for values the sum of the absolute errors). Of the newest 50,000 predictions of the stretch that a version's live arms answered.
    pub async fn errors_by_age(
        &self,
        deployment: &DeploymentName,
        version: VersionNo,
        (from, to): (Millis, Millis),
        age: i64,
        bucket: i64,
        values: bool,
    ) -> Result<Vec<(i64, i64, f64)>> {
        let args = args![deployment, version, from, to, age, bucket.max(1)];
        self.all(if values { VALUES_BY_AGE } else { WRONG_BY_AGE }, args).await
    }

    /// How many rows of the log are not packed, and the mean bytes of the newest of them.
    pub async fn predictions_size(&self, deployment: &DeploymentName) -> Result<(i64, f64)> {
        self.one(
            "select (select cast(count(*) as bigint) from predictions where deployment = $1),
                    (select cast(coalesce(avg(length(newest.features) + length(newest.id) + 100), 0) as double precision) from
                        (select id, features from predictions where deployment = $1 order by at desc limit 100) newest)",
            args![deployment],
        )
        .await
    }

    /// Times from the prediction to its outcome, of the newest 1,000 known ones in `[from, to)`.
    pub async fn outcome_delays(&self, deployment: &DeploymentName, from: Millis, to: Millis) -> Result<Vec<(i64,)>> {
        self.all(
            "select outcome_at - at from predictions where deployment = $1 and at >= $2 and at < $3 and outcome_at is not null order by at desc limit 1000",
            args![deployment, from, to],
        )
        .await
    }

    /// Times from the prediction to its outcome, of the 1,000 that came last: by their arrival, since among the newest predictions only
    /// those are known whose outcome came soon.
    pub async fn outcome_delays_last(&self, deployment: &DeploymentName) -> Result<Vec<(i64,)>> {
        self.all(
            "select outcome_at - at from predictions where deployment = $1 and outcome_at is not null order by outcome_at desc limit 1000",
            args![deployment],
        )
        .await
    }
}

impl Tx {
    /// Appends rows; ids that are there already stay as they are.
    pub async fn predictions_append(&mut self, rows: &[PredictionRow]) -> Result<()> {
        let mut chunks = rows.chunks_exact(BATCH);
        for chunk in &mut chunks {
            self.run(MANY.as_str(), chunk.iter().flat_map(PredictionRow::values).collect()).await?;
        }
        for row in chunks.remainder() {
            self.run(ONE.as_str(), row.values()).await?;
        }
        Ok(())
    }

    /// Reads a row and holds it until the transaction ends.
    pub async fn prediction_held(&mut self, id: &PredictionId) -> Result<Option<PredictionRow>> {
        self.first("update predictions set at = at where id = $1 returning *", args![id]).await
    }

    pub async fn prediction_outcome(&mut self, id: &PredictionId, outcome: &str, at: Millis) -> Result<()> {
        self.run("update predictions set outcome = $2, outcome_at = $3 where id = $1", args![id, outcome, at]).await?;
        Ok(())
    }

    /// The time of the newest row that is not among the newest `cap`; `None` if there are no more than that.
    pub async fn predictions_beyond(&mut self, cap: i64) -> Result<Option<(i64,)>> {
        self.first("select at from predictions order by at desc limit 1 offset $1", args![cap]).await
    }

    /// The oldest rows up to a moment.
    pub async fn predictions_oldest(&mut self, until: Millis, limit: i64) -> Result<Vec<PredictionRow>> {
        self.all("select * from predictions where at <= $1 order by at limit $2", args![until, limit]).await
    }

    pub async fn prediction_forget(&mut self, id: &str) -> Result<()> {
        self.run("delete from predictions where id = $1", args![id]).await?;
        Ok(())
    }
}
