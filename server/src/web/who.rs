//! Who asks: a program with a token, or a person with a session.

use super::refused::Refused;
use super::tokens::bearer;
use crate::shared::Shared;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use contract::{Problem, UserId};
use control::{Actor, Ctx, Outcome};
use tower_sessions::Session;

/// The caller of a REST handler.
pub struct Who(pub Actor);

impl FromRequestParts<Shared> for Who {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Refused> {
        if let Some(token) = bearer(&parts.headers) {
            return Ok(Who(shared.tokens.actor(&shared.cx, token?).await?));
        }
        let Some(session) = parts.extensions.get::<Session>() else {
            return Err(nobody().into());
        };
        let Some((actor, csrf)) = of_session(&shared.cx, session).await? else {
            return Err(nobody().into());
        };
        let safe = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
        if !safe && !carries(&parts.headers, &csrf) {
            return Err(
                Problem::forbidden("A change from a browser needs the header x-csrf-token with the session's token.").into()
            );
        }
        Ok(Who(actor))
    }
}

fn nobody() -> Problem {
    Problem::unauthenticated("Send “Authorization: Bearer slp_…”, or sign in.")
}

/// The signed-in person of a session, and the token that their changes must carry.
pub async fn of_session(cx: &Ctx, session: &Session) -> Outcome<Option<(Actor, String)>> {
    let unreadable = |error| Problem::internal(format!("The session could not be read: {error}"));
    let Some(user) = session.get::<UserId>(app::session::USER).await.map_err(unreadable)? else { return Ok(None) };
    let Some(csrf) = session.get::<String>(app::session::CSRF).await.map_err(unreadable)? else { return Ok(None) };
    Ok(control::identity::actor_by_user(cx, &user).await?.map(|actor| (actor, csrf)))
}

/// Whether the request carries the session's token. Compared in a time that does not tell where they differ.
fn carries(headers: &HeaderMap, csrf: &str) -> bool {
    same(headers.get("x-csrf-token").map(|value| value.as_bytes()).unwrap_or_default(), csrf)
}

/// Whether the token that was sent is the session's.
pub fn same(sent: &[u8], csrf: &str) -> bool {
    sent.len() == csrf.len() && sent.iter().zip(csrf.as_bytes()).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}
