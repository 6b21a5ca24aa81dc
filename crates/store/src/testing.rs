//! Real databases for tests: a SQLite file in a temporary folder, and a schema of its own on the Postgres server that
//! `SLIPWAY_TEST_POSTGRES` names (`cargo xtask test` starts one; without it only SQLite is used, which says so).

use crate::Db;
use std::sync::atomic::{AtomicU32, Ordering};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A fresh database on each engine at hand.
#[expect(clippy::disallowed_methods, reason = "tests take the server's place from the environment")]
pub async fn databases() -> Vec<Db> {
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let dir = std::env::temp_dir().join(format!("slipway-test-{}-{n}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a temporary folder");
    let sqlite = Db::open(&format!("sqlite:{}", dir.join("slipway.db").display())).await.expect("SQLite opens");
    let mut all = vec![sqlite];
    match std::env::var("SLIPWAY_TEST_POSTGRES") {
        Ok(url) => all.push(Db::open(&own_schema(&url, n).await).await.expect("Postgres opens")),
        Err(_) => eprintln!("SLIPWAY_TEST_POSTGRES is not set: this test ran on SQLite only"),
    }
    all
}

/// The address of a schema of its own on the test Postgres, for a test that opens the database itself; `None` where there is none.
#[expect(clippy::disallowed_methods, reason = "tests take the server's place from the environment")]
pub async fn postgres() -> Option<String> {
    let url = std::env::var("SLIPWAY_TEST_POSTGRES").ok()?;
    Some(own_schema(&url, NEXT.fetch_add(1, Ordering::Relaxed)).await)
}

/// Makes a schema for one test and returns the address that uses it.
async fn own_schema(url: &str, n: u32) -> String {
    let schema = format!("t{}_{n}", std::process::id());
    let pool = sqlx::PgPool::connect(url).await.expect("the test Postgres answers");
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("drop schema if exists {schema} cascade; create schema {schema}")))
        .execute(&pool)
        .await
        .expect("a schema of its own");
    pool.close().await;
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}options=-c%20search_path%3D{schema}")
}
