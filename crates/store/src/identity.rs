//! People, tokens, and failed sign-ins.

use crate::{Db, Result, Tx, args};
use contract::Millis;

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct UserRow {
    pub id: String,
    pub email: String,
    pub name: String,
    pub role: String,
    pub password_hash: String,
    pub demo: i64,
    pub created_at: i64,
    pub last_signed_in_at: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct TokenRow {
    pub id: String,
    pub user_id: String,
    pub name: String,
    pub role: String,
    pub hash: String,
    pub prefix: String,
    pub created_at: i64,
    pub expires_at: Option<i64>,
    pub last_used_at: Option<i64>,
    pub revoked_at: Option<i64>,
}

/// Attempts in a row of one address, none of which was right.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Failures {
    pub failures: i64,
    pub locked_until: Option<i64>,
}

impl Db {
    pub async fn user(&self, id: &str) -> Result<Option<UserRow>> {
        self.first("select * from users where id = $1", args![id]).await
    }

    /// `email` in lower case.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<UserRow>> {
        self.first("select * from users where email = $1", args![email]).await
    }

    pub async fn users(&self) -> Result<Vec<UserRow>> {
        self.all("select * from users order by created_at, id", args![]).await
    }

    /// The token with this SHA-256, revoked and expired ones too.
    pub async fn token_by_hash(&self, hash: &str) -> Result<Option<TokenRow>> {
        self.first("select * from tokens where hash = $1", args![hash]).await
    }

    pub async fn token(&self, id: &str) -> Result<Option<TokenRow>> {
        self.first("select * from tokens where id = $1", args![id]).await
    }

    /// All tokens, or those of one person; newest first.
    pub async fn tokens(&self, user_id: Option<&str>) -> Result<Vec<TokenRow>> {
        match user_id {
            Some(id) => self.all("select * from tokens where user_id = $1 order by created_at desc, id desc", args![id]).await,
            None => self.all("select * from tokens order by created_at desc, id desc", args![]).await,
        }
    }
}

impl Tx {
    pub async fn insert_user(&mut self, user: &UserRow) -> Result<()> {
        self.run(
            "insert into users (id, email, name, role, password_hash, demo, created_at, last_signed_in_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
            args![&user.id, &user.email, &user.name, &user.role, &user.password_hash, user.demo, user.created_at, user.last_signed_in_at],
        )
        .await?;
        Ok(())
    }

    /// Notes a successful sign-in and forgets earlier failures.
    pub async fn signed_in(&mut self, user_id: &str, email: &str, at: Millis) -> Result<()> {
        self.run("update users set last_signed_in_at = $1 where id = $2", args![at, user_id]).await?;
        self.forget_attempts(email).await
    }

    /// A right password ends a row of wrong ones.
    pub async fn forget_attempts(&mut self, email: &str) -> Result<()> {
        self.run("delete from sign_in_failures where email = $1", args![email]).await?;
        Ok(())
    }

    /// Counts an attempt before its password is checked, so that many at once do not slip through; none while locked.
    /// Those before `since` are forgotten.
    pub async fn count_attempt(&mut self, email: &str, at: Millis, since: Millis) -> Result<Failures> {
        self.run("delete from sign_in_failures where at < $1", args![since]).await?;
        self.one(
            "insert into sign_in_failures (email, failures, locked_until, at) values ($1, 1, null, $2)
             on conflict (email) do update set at = excluded.at, failures =
                 case when sign_in_failures.locked_until > $2 then sign_in_failures.failures else sign_in_failures.failures + 1 end
             returning failures, locked_until",
            args![email, at],
        )
        .await
    }

    /// Refuses this address until then, and starts counting anew.
    pub async fn lock_sign_in(&mut self, email: &str, until: Millis) -> Result<()> {
        self.run("update sign_in_failures set locked_until = $1, failures = 0 where email = $2", args![until, email]).await?;
        Ok(())
    }

    pub async fn insert_token(&mut self, token: &TokenRow) -> Result<()> {
        self.run(
            "insert into tokens (id, user_id, name, role, hash, prefix, created_at, expires_at, last_used_at, revoked_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            args![
                &token.id,
                &token.user_id,
                &token.name,
                &token.role,
                &token.hash,
                &token.prefix,
                token.created_at,
                token.expires_at,
                token.last_used_at,
                token.revoked_at
            ],
        )
        .await?;
        Ok(())
    }

    pub async fn token_used(&mut self, id: &str, at: Millis) -> Result<()> {
        self.run("update tokens set last_used_at = $1 where id = $2", args![at, id]).await?;
        Ok(())
    }

    /// `false` if it was revoked before.
    pub async fn revoke_token(&mut self, id: &str, at: Millis) -> Result<bool> {
        Ok(self.run("update tokens set revoked_at = $1 where id = $2 and revoked_at is null", args![at, id]).await? == 1)
    }
}
