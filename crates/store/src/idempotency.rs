//! First answers to repeated writes: the same caller and key again gets the first answer again, for a day.

use crate::{Db, Result, Tx, args};
use contract::Millis;

/// What was answered the first time.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct FirstAnswer {
    /// SHA-256 of what was asked.
    pub request_hash: String,
    pub answer: String,
    pub created_at: i64,
}

impl Db {
    pub async fn first_answer(&self, caller: &str, key: &str, since: Millis) -> Result<Option<FirstAnswer>> {
        self.first(
            "select request_hash, answer, created_at from idempotent_answers where caller = $1 and key = $2 and created_at >= $3",
            args![caller, key, since],
        )
        .await
    }
}

impl Tx {
    /// Keeps the first answer; a conflict if another request with the same key was first. Forgets those from before `since`.
    pub async fn keep_answer(
        &mut self,
        caller: &str,
        key: &str,
        request_hash: &str,
        answer: &str,
        at: Millis,
        since: Millis,
    ) -> Result<()> {
        self.run("delete from idempotent_answers where created_at < $1", args![since]).await?;
        self.run(
            "insert into idempotent_answers (caller, key, request_hash, answer, created_at) values ($1, $2, $3, $4, $5)",
            args![caller, key, request_hash, answer, at],
        )
        .await?;
        Ok(())
    }
}
