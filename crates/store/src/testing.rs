//! Real databases for tests: a SQLite file in a temporary folder, and a schema of its own on the Postgres server that
//! `SLIPWAY_TEST_POSTGRES` names (`cargo xtask test` starts one; without it only SQLite is used, which says so).

use crate::{Db, Result, Tx, args};
use contract::Millis;
use std::sync::atomic::{AtomicU32, Ordering};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A fresh database on each engine at hand.
#[expect(clippy::disallowed_methods, reason = "tests take the server's place from the environment")]
pub async fn databases() -> Vec<Db> {
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let dir = std::env::temp_dir().join(format!("slipway-test-{}-{n}", std::process::id()));
    // A process that was killed may have had the same number.
    let _ = std::fs::remove_dir_all(&dir);
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

/// From now on SQLite refuses to delete windows, as a damaged index would.
pub async fn keep_windows(tx: &mut Tx) -> Result<()> {
    tx.run("create trigger kept before delete on windows begin select raise(abort, 'they are kept'); end", args![])
        .await
        .map(drop)
}

/// Makes `copies` deployments like `name` with what was counted of it up to `end`: `name-000001` and on. Of the finest windows ten
/// minutes, of the others an hour and a quarter, and a day by hours.
pub async fn multiply(tx: &mut Tx, name: &str, copies: i64, end: Millis) -> Result<()> {
    const DEPLOYMENTS: &str =
        "with recursive copies (i) as (select cast(1 as bigint) union all select i + 1 from copies where i < $2)
             insert into deployments (name, model, stable, previous, settings, created_at, updated_at)
             select $1 || '-' || substr(cast(1000000 + i as text), 2), model, stable, previous, settings, created_at, updated_at
             from deployments cross join copies where name = $1";
    const WINDOWS: &str = "with recursive copies (i) as (select cast(1 as bigint) union all select i + 1 from copies where i < $2)
             insert into windows (deployment, version, arm, start, span, writer, operations, features,
                                  requests, failed, fallback, slow, rows, dropped, bytes)
             select $1 || '-' || substr(cast(1000000 + i as text), 2), version, arm, start, span, writer, operations, features,
                    requests, failed, fallback, slow, rows, dropped, bytes
             from copies cross join windows
             where deployment = $1 and start >= cast($3 as bigint) - case span when 10000 then 600000 when 60000 then 4500000 else 90000000 end";
    const QUALITY: &str = "with recursive copies (i) as (select cast(1 as bigint) union all select i + 1 from copies where i < $2)
             insert into quality_windows (deployment, version, arm, start, segment, segment_value, quality, n, good, squares)
             select $1 || '-' || substr(cast(1000000 + i as text), 2), version, arm, start, segment, segment_value, quality, n, good, squares
             from copies cross join quality_windows where deployment = $1";
    if copies > 0 {
        tx.run(DEPLOYMENTS, args![name, copies]).await?;
        tx.run(WINDOWS, args![name, copies, end]).await?;
        tx.run(QUALITY, args![name, copies]).await?;
    }
    Ok(())
}

/// Makes all windows as they were before there were sums beside them; how many there are.
pub async fn forget_sums(tx: &mut Tx) -> Result<u64> {
    let nulls = "update windows set requests = null, failed = null, fallback = null, slow = null, rows = null, dropped = null";
    tx.run(nulls, args![]).await
}
