//! Rows of rollouts and of the looks that decided them.

use crate::{Db, Result, Tx, args};
use contract::{DeploymentName, Millis, RolloutId};

#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct RolloutRow {
    pub id: String,
    pub deployment: String,
    pub model: String,
    pub stable: i64,
    pub canary: i64,
    pub state: String,
    pub step: i64,
    pub plan: String,
    pub reason: String,
    pub steps: String,
    pub marks: String,
    pub looks: i64,
    pub approval: Option<String>,
    pub started_at: i64,
    pub started_by: String,
    pub started_by_name: String,
    pub updated_at: i64,
    pub ended_at: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct LookRow {
    pub rollout: String,
    pub n: i64,
    pub at: i64,
    pub step: i64,
    pub requests: i64,
    pub decision: String,
    pub numbers: String,
}

impl Db {
    pub async fn rollout(&self, id: &RolloutId) -> Result<Option<RolloutRow>> {
        self.first("select * from rollouts where id = $1", args![id]).await
    }

    pub async fn rollouts_open(&self) -> Result<Vec<RolloutRow>> {
        self.all("select * from rollouts where ended_at is null order by started_at", args![]).await
    }

    pub async fn rollout_open_of(&self, deployment: &DeploymentName) -> Result<Option<RolloutRow>> {
        self.first("select * from rollouts where deployment = $1 and ended_at is null", args![deployment]).await
    }

    /// Open ones first, then the newest.
    pub async fn rollouts(&self, limit: i64) -> Result<Vec<RolloutRow>> {
        self.all(
            "select * from rollouts order by case when ended_at is null then 0 else 1 end, started_at desc limit $1",
            args![limit],
        )
        .await
    }

    /// The kept looks, oldest first.
    pub async fn rollout_looks(&self, id: &RolloutId) -> Result<Vec<LookRow>> {
        self.all("select * from rollout_looks where rollout = $1 order by n", args![id]).await
    }

    pub async fn rollout_last_look(&self, id: &RolloutId) -> Result<Option<LookRow>> {
        self.first("select * from rollout_looks where rollout = $1 order by n desc limit 1", args![id]).await
    }
}

impl Tx {
    /// Conflict if the deployment has an open rollout.
    pub async fn rollout_insert(&mut self, row: &RolloutRow) -> Result<()> {
        self.run(
            "insert into rollouts (id, deployment, model, stable, canary, state, step, plan, reason, steps, marks, looks, approval,
                                   started_at, started_by, started_by_name, updated_at, ended_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
            args![
                &row.id, &row.deployment, &row.model, row.stable, row.canary, &row.state, row.step, &row.plan, &row.reason, &row.steps,
                &row.marks, row.looks, row.approval.clone(), row.started_at, &row.started_by, &row.started_by_name, row.updated_at, row.ended_at
            ],
        )
        .await?;
        Ok(())
    }

    /// Reads the row and holds it until the transaction ends.
    pub async fn rollout_held(&mut self, id: &RolloutId) -> Result<Option<RolloutRow>> {
        self.first("update rollouts set updated_at = updated_at where id = $1 returning *", args![id]).await
    }

    pub async fn rollout_open_of(&mut self, deployment: &DeploymentName) -> Result<Option<RolloutRow>> {
        self.first("select * from rollouts where deployment = $1 and ended_at is null", args![deployment]).await
    }

    /// Writes what may change in the course: state, step, reason, steps, marks, looks, times.
    pub async fn rollout_update(&mut self, row: &RolloutRow) -> Result<()> {
        self.run(
            "update rollouts set state = $2, step = $3, reason = $4, steps = $5, marks = $6, looks = $7, updated_at = $8, ended_at = $9 where id = $1",
            args![&row.id, &row.state, row.step, &row.reason, &row.steps, &row.marks, row.looks, row.updated_at, row.ended_at],
        )
        .await?;
        Ok(())
    }

    pub async fn rollout_look(&mut self, look: &LookRow) -> Result<()> {
        self.run(
            "insert into rollout_looks (rollout, n, at, step, requests, decision, numbers) values ($1, $2, $3, $4, $5, $6, $7)",
            args![&look.rollout, look.n, look.at, look.step, look.requests, &look.decision, &look.numbers],
        )
        .await?;
        Ok(())
    }

    /// Forgets the looks of rollouts that ended before `before`, all but the last of each step; how many rows went.
    pub async fn rollout_looks_forget(&mut self, before: Millis) -> Result<u64> {
        self.run(
            "delete from rollout_looks where rollout in (select id from rollouts where ended_at < $1)
             and exists (select 1 from rollout_looks later
                         where later.rollout = rollout_looks.rollout and later.step = rollout_looks.step and later.n > rollout_looks.n)",
            args![before],
        )
        .await
    }
}

/// What one process counted in one step and arm.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct CountsRow {
    pub rollout: String,
    pub step: i64,
    pub arm: String,
    pub writer: String,
    pub counts: String,
}

impl Db {
    pub async fn rollout_counts(&self, id: &RolloutId) -> Result<Vec<CountsRow>> {
        self.all("select * from rollout_counts where rollout = $1 order by step", args![id]).await
    }
}

impl Tx {
    pub async fn rollout_counts_replace(&mut self, row: &CountsRow) -> Result<()> {
        self.run(
            "insert into rollout_counts (rollout, step, arm, writer, counts) values ($1, $2, $3, $4, $5)
             on conflict (rollout, step, arm, writer) do update set counts = excluded.counts",
            args![&row.rollout, row.step, &row.arm, &row.writer, &row.counts],
        )
        .await?;
        Ok(())
    }
}
