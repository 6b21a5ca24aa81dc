//! Passwords: Argon2id with the crate's defaults (19 MiB, two passes), off the async threads, a few at a time.

use super::attempts;
use crate::{Ctx, IntoProblem, Outcome};
use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use contract::Problem;
use std::sync::OnceLock;
use tokio::sync::Semaphore;

/// Shortest password for a person.
pub const SHORTEST: usize = 10;
/// Longest text that is hashed at all.
pub const LONGEST: usize = 1_024;

/// Hashing takes 19 MiB each: what comes past these waits.
static HASHERS: Semaphore = Semaphore::const_new(4);
static NOBODY: OnceLock<String> = OnceLock::new();

/// The PHC string of a password under a fresh salt.
pub async fn hash(password: String) -> Outcome<String> {
    blocking(move || hash_now(&password)).await?
}

/// Whether the password is the one behind the PHC string. Without a string (nobody of that name) it takes as long and says no.
pub async fn verify(password: String, phc: Option<String>) -> Outcome<bool> {
    blocking(move || {
        if password.len() > LONGEST {
            return Ok(false);
        }
        let known = phc.is_some();
        let phc = match phc {
            Some(phc) => phc,
            None => match NOBODY.get() {
                Some(phc) => phc.clone(),
                None => {
                    let fresh = hash_now("nobody has this password")?;
                    NOBODY.get_or_init(|| fresh).clone()
                }
            },
        };
        let parsed = PasswordHash::new(&phc).map_err(|error| broken(&error))?;
        Ok(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && known)
    })
    .await?
}

/// Whether the password is the person's own, for acts that ask for it again. Counts as a try, as signing in does: `Busy` after too many.
pub async fn check_own(cx: &Ctx, user_id: &str, password: &str) -> Outcome<bool> {
    let doing = "Checking the password";
    let Some(user) = cx.store.db.user(user_id).await.or_problem(doing)? else { return Ok(false) };
    attempts::count(cx, &user.email).await?;
    if !verify(password.to_owned(), Some(user.password_hash)).await? {
        return Ok(false);
    }
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    tx.forget_attempts(&user.email).await.or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    Ok(true)
}

#[expect(clippy::disallowed_methods, reason = "a salt must not be replayable")]
fn hash_now(password: &str) -> Outcome<String> {
    let salt = SaltString::encode_b64(&rand::random::<[u8; 16]>()).map_err(|error| broken(&error))?;
    Ok(Argon2::default().hash_password(password.as_bytes(), &salt).map_err(|error| broken(&error))?.to_string())
}

fn broken(error: &argon2::password_hash::Error) -> Problem {
    tracing::error!(%error, "a password could not be hashed");
    Problem::internal("The password could not be checked.")
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Outcome<T> {
    let _permit = HASHERS.acquire().await.map_err(|_| Problem::internal("The server is stopping."))?;
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "hashing a password panicked");
        Problem::internal("The password could not be checked.")
    })
}
