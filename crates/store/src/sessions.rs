//! Browser sessions: opaque text under an opaque id, until they expire.

use crate::{Db, Result, args};
use contract::Millis;

impl Db {
    /// Keeps a session under its id, replacing what was there. The expiry is milliseconds since 1970.
    pub async fn session_save(&self, id: &str, data: &str, expires: Millis) -> Result<()> {
        let mut tx = self.begin().await?;
        tx.run(
            "insert into sessions (id, data, expires_at) values ($1, $2, $3)
             on conflict (id) do update set data = excluded.data, expires_at = excluded.expires_at",
            args![id, data, expires],
        )
        .await?;
        tx.commit().await
    }

    /// Keeps a new session; `false` if the id is taken already.
    pub async fn session_create(&self, id: &str, data: &str, expires: Millis) -> Result<bool> {
        let mut tx = self.begin().await?;
        let made = tx
            .run(
                "insert into sessions (id, data, expires_at) values ($1, $2, $3) on conflict (id) do nothing",
                args![id, data, expires],
            )
            .await?;
        tx.commit().await?;
        Ok(made == 1)
    }

    /// Data and expiry of a session that has not expired at `now`.
    pub async fn session_load(&self, id: &str, now: Millis) -> Result<Option<(String, Millis)>> {
        let row: Option<(String, i64)> =
            self.first("select data, expires_at from sessions where id = $1 and expires_at > $2", args![id, now]).await?;
        Ok(row.map(|(data, expires)| (data, Millis(expires))))
    }

    pub async fn session_delete(&self, id: &str) -> Result<()> {
        let mut tx = self.begin().await?;
        tx.run("delete from sessions where id = $1", args![id]).await?;
        tx.commit().await
    }

    /// Removes what has expired; how many there were.
    pub async fn session_delete_expired(&self, now: Millis) -> Result<u64> {
        let mut tx = self.begin().await?;
        let gone = tx.run("delete from sessions where expires_at <= $1", args![now]).await?;
        tx.commit().await?;
        Ok(gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[tokio::test]
    async fn a_session_lives_until_it_expires() {
        for db in testing::databases().await {
            assert!(db.session_create("s", "one", Millis(100)).await.unwrap());
            assert!(!db.session_create("s", "stolen", Millis(100)).await.unwrap());
            db.session_save("s", "two", Millis(200)).await.unwrap();
            assert_eq!(db.session_load("s", Millis(199)).await.unwrap(), Some(("two".into(), Millis(200))));
            assert_eq!(db.session_load("s", Millis(200)).await.unwrap(), None);
            assert_eq!(db.session_delete_expired(Millis(200)).await.unwrap(), 1);
            db.session_delete("s").await.unwrap();
        }
    }
}
