//! Tokens of programs, looked up once and remembered for a few seconds: the inference path must not wait for the database.

use axum::http::{HeaderMap, header};
use contract::{Millis, Problem};
use control::{Actor, Ctx, Outcome};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// How long an answer is remembered: a revoked token works for at most this long.
const REMEMBER_MS: i64 = 5_000;
/// Tokens remembered at most.
const MOST: usize = 4_096;

/// Known tokens. Only tokens that were found are kept, so that guessing fills nothing.
#[derive(Clone, Default)]
pub struct Tokens {
    known: Arc<RwLock<HashMap<String, (Actor, Millis)>>>,
}

impl Tokens {
    /// Whose token this is; a problem if it is nobody's.
    pub async fn actor(&self, cx: &Ctx, token: &str) -> Outcome<Actor> {
        let now = cx.now();
        if let Some((actor, until)) = self.known.read().unwrap_or_else(PoisonError::into_inner).get(token)
            && *until > now
        {
            return Ok(actor.clone());
        }
        let found = control::identity::actor_by_token(cx, token).await;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        match &found {
            Ok(actor) => {
                if known.len() >= MOST {
                    known.retain(|_, (_, until)| *until > now);
                }
                if known.len() < MOST {
                    known.insert(token.to_owned(), (actor.clone(), now + REMEMBER_MS));
                }
            }
            Err(_) => {
                known.remove(token);
            }
        }
        found
    }

    /// Forgets all: after a token was revoked here, it is revoked at once.
    pub fn forget(&self) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// The token of an `Authorization: Bearer …` header; `None` without the header.
pub fn bearer(headers: &HeaderMap) -> Option<Outcome<&str>> {
    let value = headers.get(header::AUTHORIZATION)?;
    let token =
        value.to_str().ok().and_then(|text| text.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    Some(match token {
        Some((_, token)) if !token.trim().is_empty() => Ok(token.trim()),
        _ => Err(Problem::unauthenticated("The Authorization header must be “Bearer slp_…”.")),
    })
}
