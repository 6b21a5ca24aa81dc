//! Two engines behind one thin waist: the same SQL text, values bound by type, rows decoded by the same derive.

use crate::{Error, Result, Value};
use sqlx::postgres::{PgPool, PgPoolOptions, PgRow};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteSynchronous};
use sqlx::{Arguments, FromRow, Postgres, Sqlite, Transaction};
use std::str::FromStr;
use std::time::Duration;

/// What a query may return: anything that derives `sqlx::FromRow`, and tuples.
pub trait Row: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T> Row for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

/// The database. SQLite has one writing connection, so that writers queue instead of failing, and several that read.
#[derive(Clone, Debug)]
pub enum Db {
    Sqlite { write: SqlitePool, read: SqlitePool },
    Postgres(PgPool),
}

/// An open transaction. Dropped without [`Tx::commit`], it never happened.
pub enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

macro_rules! bound {
    ($arguments:ty, $args:expr) => {{
        let mut arguments = <$arguments>::default();
        for value in $args {
            match value {
                Value::Text(v) => arguments.add(v),
                Value::Int(v) => arguments.add(v),
                Value::Real(v) => arguments.add(v),
                Value::Bytes(v) => arguments.add(v),
            }
            .map_err(|e| Error::Database(sqlx::Error::Encode(e)))?;
        }
        arguments
    }};
}

macro_rules! lite {
    ($args:expr) => {
        bound!(sqlx::sqlite::SqliteArguments, $args)
    };
}
macro_rules! pg {
    ($args:expr) => {
        bound!(sqlx::postgres::PgArguments, $args)
    };
}

impl Db {
    /// Opens `sqlite:PATH`, `sqlite::memory:` or `postgres:…` and brings the tables up to date.
    pub async fn open(url: &str) -> Result<Db> {
        let db = if url.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(url)?
                .create_if_missing(true)
                .foreign_keys(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(Duration::from_secs(10))
                .pragma("temp_store", "memory")
                .pragma("cache_size", "-32000");
            let write = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
            let read = if url.contains(":memory:") {
                write.clone()
            } else {
                SqlitePoolOptions::new().max_connections(4).connect_with(options.read_only(true)).await?
            };
            Db::Sqlite { write, read }
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Db::Postgres(PgPoolOptions::new().max_connections(10).acquire_timeout(Duration::from_secs(10)).connect(url).await?)
        } else {
            return Err(Error::Config(format!("DATABASE_URL must start with sqlite: or postgres:, and is “{url}”")));
        };
        db.migrate().await?;
        Ok(db)
    }

    async fn migrate(&self) -> Result<()> {
        let migrator = sqlx::migrate!("../../migrations");
        match self {
            Db::Sqlite { write, .. } => migrator.run(write).await?,
            Db::Postgres(pool) => migrator.run(pool).await?,
        }
        Ok(())
    }

    /// `sqlite` or `postgres`.
    pub fn engine(&self) -> &'static str {
        match self {
            Db::Sqlite { .. } => "sqlite",
            Db::Postgres(_) => "postgres",
        }
    }

    /// Starts a transaction that writes. On SQLite it holds the one writing connection: keep it short, and do no other I/O in it.
    pub async fn begin(&self) -> Result<Tx> {
        Ok(match self {
            Db::Sqlite { write, .. } => Tx::Sqlite(begin_sqlite(write).await?),
            Db::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    /// All rows.
    pub async fn all<T: Row>(&self, sql: &'static str, args: Vec<Value>) -> Result<Vec<T>> {
        Ok(match self {
            Db::Sqlite { read, .. } => sqlx::query_as_with(sql, lite!(args)).fetch_all(read).await?,
            Db::Postgres(pool) => sqlx::query_as_with(sql, pg!(args)).fetch_all(pool).await?,
        })
    }

    /// The first row, if there is one.
    pub async fn first<T: Row>(&self, sql: &'static str, args: Vec<Value>) -> Result<Option<T>> {
        Ok(match self {
            Db::Sqlite { read, .. } => sqlx::query_as_with(sql, lite!(args)).fetch_optional(read).await?,
            Db::Postgres(pool) => sqlx::query_as_with(sql, pg!(args)).fetch_optional(pool).await?,
        })
    }

    /// The row that there always is (an aggregate).
    pub async fn one<T: Row>(&self, sql: &'static str, args: Vec<Value>) -> Result<T> {
        self.first(sql, args).await?.ok_or_else(|| Error::Database(sqlx::Error::RowNotFound))
    }
}

const BEGIN: &str = "BEGIN IMMEDIATE";

/// SQLite ends a transaction by itself when its disk is full or fails. The connection does not hear of it and could never begin another one:
/// it is replaced.
async fn begin_sqlite(write: &SqlitePool) -> Result<Transaction<'static, Sqlite>> {
    match write.begin_with(BEGIN).await {
        Err(sqlx::Error::InvalidSavePointStatement) => {
            tracing::warn!("the last transaction was ended by SQLite itself; the connection is replaced");
            write.acquire().await?.close().await?;
            Ok(write.begin_with(BEGIN).await?)
        }
        begun => Ok(begun?),
    }
}

impl Tx {
    pub async fn commit(self) -> Result<()> {
        match self {
            Tx::Sqlite(tx) => tx.commit().await?,
            Tx::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }

    /// Runs a statement; how many rows it changed.
    pub async fn run(&mut self, sql: &'static str, args: Vec<Value>) -> Result<u64> {
        Ok(match self {
            Tx::Sqlite(tx) => sqlx::query_with(sql, lite!(args)).execute(&mut **tx).await?.rows_affected(),
            Tx::Postgres(tx) => sqlx::query_with(sql, pg!(args)).execute(&mut **tx).await?.rows_affected(),
        })
    }

    pub async fn all<T: Row>(&mut self, sql: &'static str, args: Vec<Value>) -> Result<Vec<T>> {
        Ok(match self {
            Tx::Sqlite(tx) => sqlx::query_as_with(sql, lite!(args)).fetch_all(&mut **tx).await?,
            Tx::Postgres(tx) => sqlx::query_as_with(sql, pg!(args)).fetch_all(&mut **tx).await?,
        })
    }

    pub async fn first<T: Row>(&mut self, sql: &'static str, args: Vec<Value>) -> Result<Option<T>> {
        Ok(match self {
            Tx::Sqlite(tx) => sqlx::query_as_with(sql, lite!(args)).fetch_optional(&mut **tx).await?,
            Tx::Postgres(tx) => sqlx::query_as_with(sql, pg!(args)).fetch_optional(&mut **tx).await?,
        })
    }

    pub async fn one<T: Row>(&mut self, sql: &'static str, args: Vec<Value>) -> Result<T> {
        self.first(sql, args).await?.ok_or_else(|| Error::Database(sqlx::Error::RowNotFound))
    }

    /// Pages of SQLite's file.
    pub async fn sqlite_pages(&mut self) -> Result<i64> {
        let (pages,): (i64,) = self.one("select page_count from pragma_page_count", Vec::new()).await?;
        Ok(pages)
    }

    /// Bounds SQLite's file, in pages, for this connection: past it every write fails as on a full disk.
    pub async fn limit_pages(&mut self, pages: i64) -> Result<()> {
        match self {
            Tx::Sqlite(tx) => {
                sqlx::query(sqlx::AssertSqlSafe(format!("pragma max_page_count = {pages}"))).execute(&mut **tx).await?;
                Ok(())
            }
            Tx::Postgres(_) => Err(Error::Config("only SQLite's file has a bound".into())),
        }
    }

    /// For the two places where the engines differ: claiming a job, and taking a lock.
    pub fn is_postgres(&self) -> bool {
        matches!(self, Tx::Postgres(_))
    }
}
