//! Sessions of people: a random id in a cookie that scripts cannot read, everything else in the store.

use crate::config::Config;
use async_trait::async_trait;
use contract::Millis;
use control::Ctx;
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::Duration;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};
use tower_sessions::{Expiry, SessionManagerLayer, SessionStore};

/// A session ends after this long without a request.
const IDLE_DAYS: i64 = 7;

pub fn layer(cx: Ctx, config: &Config) -> SessionManagerLayer<Kept> {
    SessionManagerLayer::new(Kept(cx))
        .with_name("slipway_session")
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_secure(config.cookie_secure)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(Duration::days(IDLE_DAYS)))
}

/// tower-sessions' records in our tables.
#[derive(Clone)]
pub struct Kept(Ctx);

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Kept")
    }
}

fn failed(error: store::Error) -> Error {
    Error::Backend(error.to_string())
}

/// The record as text, and when it ends.
fn written(record: &Record) -> Result<(String, Millis)> {
    let text = serde_json::to_string(record).map_err(|error| Error::Encode(error.to_string()))?;
    Ok((text, Millis(record.expiry_date.unix_timestamp().saturating_mul(1_000))))
}

#[async_trait]
impl SessionStore for Kept {
    async fn create(&self, record: &mut Record) -> Result<()> {
        loop {
            let (text, expires) = written(record)?;
            if self.0.store.db.session_create(&record.id.to_string(), &text, expires).await.map_err(failed)? {
                return Ok(());
            }
            record.id = Id::default();
        }
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let (text, expires) = written(record)?;
        self.0.store.db.session_save(&record.id.to_string(), &text, expires).await.map_err(failed)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let kept = self.0.store.db.session_load(&id.to_string(), self.0.now()).await.map_err(failed)?;
        kept.map(|(text, _)| serde_json::from_str(&text).map_err(|error| Error::Decode(error.to_string()))).transpose()
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.0.store.db.session_delete(&id.to_string()).await.map_err(failed)
    }
}
