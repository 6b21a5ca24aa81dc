//! Pages of the log and its verification, on both engines.

use super::*;
use crate::Actor;
use crate::testing::contexts;
use serde_json::json;

#[tokio::test]
async fn pages_follow_each_other_and_find_what_is_asked_for() {
    for (cx, _) in contexts().await {
        let who = Actor::system();
        for n in 1..=60 {
            let mut tx = cx.store.db.begin().await.unwrap();
            let object = ("version", format!("churn/{n}"));
            tx.audit(entry(&cx, &who, "version.registered", object, format!("Registered {n}"), json!({"n": n}))).await.unwrap();
            tx.commit().await.unwrap();
        }
        let first = page(&cx, &who, None, "").await.unwrap();
        assert_eq!((first.entries.len(), first.entries[0].seq, first.next), (50, 60, Some(11)));
        assert_eq!(first.entries[0].href.as_deref(), Some("/models/churn/60"));
        let second = page(&cx, &who, first.next, "").await.unwrap();
        assert_eq!((second.entries.len(), second.next), (10, None));
        let found = page(&cx, &who, None, " CHURN/42 ").await.unwrap();
        assert_eq!(found.entries.iter().map(|line| line.seq).collect::<Vec<_>>(), [42]);
        assert!(found.verified.intact && found.verified.entries == 60);
    }
}
