//! Requests for promotion, their frozen evidence, and the signatures under them.

use crate::{Db, Result, Tx, args};
use contract::{Millis, ModelName, VersionNo};

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ApprovalRow {
    pub id: String,
    pub model: String,
    pub version: i64,
    pub deployment: String,
    pub state: String,
    pub reason: String,
    pub plan: Option<String>,
    pub asked_by: String,
    pub asked_by_name: String,
    pub asked_at: i64,
    pub expires_at: i64,
    pub evidence: String,
    pub evidence_hash: String,
    pub statement: String,
    pub version_hash: String,
    pub rollout: Option<String>,
    pub ended_at: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct SignOffRow {
    pub approval: String,
    pub user_id: String,
    pub name: String,
    pub role: String,
    pub decision: String,
    pub comment: String,
    pub evidence_hash: String,
    pub at: i64,
}

const ONE: &str = "select * from approvals where id = $1";

impl Db {
    pub async fn approval(&self, id: &str) -> Result<Option<ApprovalRow>> {
        self.first(ONE, args![id]).await
    }

    /// Newest first.
    pub async fn approvals(&self, limit: i64) -> Result<Vec<ApprovalRow>> {
        self.all("select * from approvals order by asked_at desc, id desc limit $1", args![limit]).await
    }

    pub async fn open_approvals(&self) -> Result<Vec<ApprovalRow>> {
        self.all("select * from approvals where state = 'open' order by asked_at, id", args![]).await
    }

    pub async fn latest_approval(&self, model: &ModelName, version: VersionNo) -> Result<Option<ApprovalRow>> {
        self.first(
            "select * from approvals where model = $1 and version = $2 order by asked_at desc, id desc limit 1",
            args![model, version],
        )
        .await
    }

    pub async fn sign_offs(&self, approval: &str) -> Result<Vec<SignOffRow>> {
        self.all("select * from sign_offs where approval = $1 order by at, user_id", args![approval]).await
    }

    /// Approvals that this person has signed or refused, newest first.
    pub async fn approvals_signed_by(&self, user_id: &str, limit: i64) -> Result<Vec<ApprovalRow>> {
        self.all(
            "select a.* from approvals a join sign_offs s on s.approval = a.id where s.user_id = $1 order by s.at desc, a.id desc limit $2",
            args![user_id, limit],
        )
        .await
    }
}

impl Tx {
    /// The row, locked against a second decision until this transaction ends.
    pub async fn approval_for_update(&mut self, id: &str) -> Result<Option<ApprovalRow>> {
        // On SQLite the transaction already holds the only writing connection.
        let sql = if self.is_postgres() { "select * from approvals where id = $1 for update" } else { ONE };
        self.first(sql, args![id]).await
    }

    pub async fn insert_approval(&mut self, a: &ApprovalRow) -> Result<()> {
        self.run(
            "insert into approvals (id, model, version, deployment, state, reason, plan, asked_by, asked_by_name, asked_at, expires_at,
                 evidence, evidence_hash, statement, version_hash, rollout, ended_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
            args![
                &a.id, &a.model, a.version, &a.deployment, &a.state, &a.reason, a.plan.clone(), &a.asked_by, &a.asked_by_name, a.asked_at,
                a.expires_at, &a.evidence, &a.evidence_hash, &a.statement, &a.version_hash, a.rollout.clone(), a.ended_at
            ],
        )
        .await?;
        Ok(())
    }

    pub async fn insert_sign_off(&mut self, s: &SignOffRow) -> Result<()> {
        self.run(
            "insert into sign_offs (approval, user_id, name, role, decision, comment, evidence_hash, at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
            args![&s.approval, &s.user_id, &s.name, &s.role, &s.decision, &s.comment, &s.evidence_hash, s.at],
        )
        .await?;
        Ok(())
    }

    /// Ends an open request; `false` if it had ended before.
    pub async fn end_approval(&mut self, id: &str, state: &str, rollout: Option<&str>, at: Millis) -> Result<bool> {
        Ok(self
            .run(
                "update approvals set state = $2, rollout = $3, ended_at = $4 where id = $1 and state = 'open'",
                args![id, state, rollout.map(str::to_owned), at],
            )
            .await?
            == 1)
    }
}
