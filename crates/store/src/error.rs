//! What can go wrong in the store, without naming the engine.

use thiserror::Error;

#[derive(Debug, Error)]
pub enum Error {
    /// A unique key or a foreign key was violated: somebody else was first, or the row referred to is gone.
    #[error("conflict: {0}")]
    Conflict(String),
    #[error("database: {0}")]
    Database(sqlx::Error),
    #[error("migration: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    #[error("blob: {0}")]
    Blob(#[from] object_store::Error),
    #[error("stored data cannot be read: {0}")]
    Corrupt(String),
    #[error("configuration: {0}")]
    Config(String),
}

pub type Result<T> = std::result::Result<T, Error>;

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(db) if db.is_unique_violation() || db.is_foreign_key_violation() => {
                Error::Conflict(db.message().to_owned())
            }
            _ => Error::Database(error),
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Error::Corrupt(error.to_string())
    }
}
