//! The audit log: appended to inside the transaction that makes the change, chained by SHA-256, verified from the first entry on.

use crate::{Db, Result, Tx, args};
use contract::Millis;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

/// Hash before the first entry.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One act, as it is written.
#[derive(Clone, Debug)]
pub struct Entry {
    pub at: Millis,
    /// Id of the person, token or reconciler.
    pub actor: String,
    pub actor_name: String,
    /// `version.registered`, `rollout.rolled_back` …
    pub action: &'static str,
    pub object_kind: &'static str,
    pub object_id: String,
    /// A sentence for people.
    pub summary: String,
    /// The numbers it was done on, and what changed.
    pub detail: Json,
}

/// One act, as it was kept.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct Kept {
    pub seq: i64,
    pub at: i64,
    pub actor: String,
    pub actor_name: String,
    pub action: String,
    pub object_kind: String,
    pub object_id: String,
    pub summary: String,
    pub detail: String,
    pub prev_hash: String,
    pub hash: String,
}

impl Kept {
    /// SHA-256 over the canonical JSON array of all fields but the hash itself; field order is part of the format.
    pub fn computed_hash(&self) -> String {
        let canonical = json!([
            self.seq,
            self.at,
            self.actor,
            self.actor_name,
            self.action,
            self.object_kind,
            self.object_id,
            self.summary,
            self.detail,
            self.prev_hash
        ]);
        hex::encode(Sha256::digest(canonical.to_string().as_bytes()))
    }
}

/// What verifying the log found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// All entries chain from the first to the head.
    Intact { entries: i64, head: String },
    /// The first entry that does not fit, and why.
    Broken { seq: i64, reason: String },
}

impl Tx {
    /// Appends an entry. The update of the head row makes concurrent writers queue, so that the chain never forks.
    pub async fn audit(&mut self, entry: Entry) -> Result<i64> {
        let (seq, prev_hash): (i64, String) =
            self.one("update audit_head set seq = seq + 1 where id = 1 returning seq, hash", args![]).await?;
        let mut kept = Kept {
            seq,
            at: entry.at.0,
            actor: entry.actor,
            actor_name: entry.actor_name,
            action: entry.action.to_owned(),
            object_kind: entry.object_kind.to_owned(),
            object_id: entry.object_id,
            summary: entry.summary,
            detail: entry.detail.to_string(),
            prev_hash,
            hash: String::new(),
        };
        kept.hash = kept.computed_hash();
        self.run(
            "insert into audit_entries (seq, at, actor, actor_name, action, object_kind, object_id, summary, detail, prev_hash, hash)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            args![
                kept.seq, kept.at, kept.actor, kept.actor_name, kept.action, kept.object_kind, kept.object_id, kept.summary, kept.detail,
                kept.prev_hash, &kept.hash
            ],
        )
        .await?;
        self.run("update audit_head set hash = $1 where id = 1", args![&kept.hash]).await?;
        Ok(seq)
    }
}

impl Db {
    /// Entries before `before` (all if `None`), newest first; `like` is matched against action, object and summary, case-insensitively.
    pub async fn audit_page(&self, before: Option<i64>, like: Option<&str>, limit: i64) -> Result<Vec<Kept>> {
        let pattern = like.map_or_else(
            || "%".into(),
            |text| format!("%{}%", text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")),
        );
        self.all(
            "select * from audit_entries where seq < $1 and lower(action || ' ' || object_kind || ' ' || object_id || ' ' || actor_name || ' ' || summary) like $2 escape '\\'
             order by seq desc limit $3",
            args![before.unwrap_or(i64::MAX), pattern, limit],
        )
        .await
    }

    /// Everything that happened to one thing, newest first.
    pub async fn audit_of(&self, object_kind: &str, object_id: &str, limit: i64) -> Result<Vec<Kept>> {
        self.all(
            "select * from audit_entries where object_kind = $1 and object_id = $2 order by seq desc limit $3",
            args![object_kind, object_id, limit],
        )
        .await
    }

    /// Recomputes the chain from the first entry to the head. Reads in pages of 1,000, so memory stays bounded.
    pub async fn audit_verify(&self) -> Result<Verified> {
        let (head_seq, head_hash): (i64, String) = self.one("select seq, hash from audit_head where id = 1", args![]).await?;
        let (mut seq, mut hash) = (0, GENESIS.to_owned());
        loop {
            let page: Vec<Kept> = self
                .all("select * from audit_entries where seq > $1 and seq <= $2 order by seq limit 1000", args![seq, head_seq])
                .await?;
            if page.is_empty() {
                break;
            }
            for kept in page {
                if kept.seq != seq + 1 {
                    return Ok(Verified::Broken { seq: seq + 1, reason: format!("entry {} is missing", seq + 1) });
                }
                if kept.prev_hash != hash {
                    return Ok(Verified::Broken { seq: kept.seq, reason: "it does not chain to the entry before it".into() });
                }
                if kept.computed_hash() != kept.hash {
                    return Ok(Verified::Broken { seq: kept.seq, reason: "its content does not match its hash".into() });
                }
                (seq, hash) = (kept.seq, kept.hash);
            }
        }
        if seq != head_seq || hash != head_hash {
            return Ok(Verified::Broken {
                seq: seq + 1,
                reason: format!("the log ends at entry {seq}, its head says {head_seq}"),
            });
        }
        Ok(Verified::Intact { entries: seq, head: hash })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn entry(n: i64) -> Entry {
        Entry {
            at: Millis(n),
            actor: "u1".into(),
            actor_name: "Ada".into(),
            action: "thing.done",
            object_kind: "thing",
            object_id: n.to_string(),
            summary: format!("Did thing {n}"),
            detail: json!({"n": n}),
        }
    }

    #[tokio::test]
    async fn a_changed_a_removed_and_a_cut_entry_are_found() {
        for db in testing::databases().await {
            for n in 1..=5 {
                let mut tx = db.begin().await.unwrap();
                assert_eq!(tx.audit(entry(n)).await.unwrap(), n);
                tx.commit().await.unwrap();
            }
            assert!(matches!(db.audit_verify().await.unwrap(), Verified::Intact { entries: 5, .. }));

            for (tamper, undo, found) in [
                (
                    "update audit_entries set summary = 'x' where seq = 3",
                    "update audit_entries set summary = 'Did thing 3' where seq = 3",
                    3,
                ),
                ("update audit_entries set seq = 99 where seq = 2", "update audit_entries set seq = 2 where seq = 99", 2),
                ("update audit_head set seq = 6 where id = 1", "update audit_head set seq = 5 where id = 1", 6),
            ] {
                let mut tx = db.begin().await.unwrap();
                tx.run(tamper, args![]).await.unwrap();
                tx.commit().await.unwrap();
                match db.audit_verify().await.unwrap() {
                    Verified::Broken { seq, .. } => assert_eq!(seq, found, "{tamper}"),
                    intact => panic!("{tamper} was not found: {intact:?}"),
                }
                let mut tx = db.begin().await.unwrap();
                tx.run(undo, args![]).await.unwrap();
                tx.commit().await.unwrap();
            }
            assert!(matches!(db.audit_verify().await.unwrap(), Verified::Intact { entries: 5, .. }));
        }
    }

    #[tokio::test]
    async fn an_uncommitted_act_leaves_no_entry() {
        for db in testing::databases().await {
            let mut tx = db.begin().await.unwrap();
            tx.audit(entry(1)).await.unwrap();
            drop(tx);
            assert!(matches!(db.audit_verify().await.unwrap(), Verified::Intact { entries: 0, .. }));
        }
    }
}
