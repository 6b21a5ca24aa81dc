//! Who asks, and with which hands: the only file in which pages reach the server's side.
//!
//! The server provides `control::Ctx` as a Leptos context and runs tower-sessions' layer; everything else is here.

use crate::page_error::Outcome;
use contract::views::shell::{Me, SignInView};
use leptos::prelude::*;

/// Key of the signed-in user's id in the session.
pub const USER: &str = "user";
/// Key of the token that every form of the session carries.
pub const CSRF: &str = "csrf";

/// Key of the last upload that was refused, so that its form can be shown again with what was typed.
pub const REFUSED: &str = "refused";

/// An upload that was refused, and why. Files cannot be put back into a form; everything else can.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Refused {
    pub problem: Option<contract::Problem>,
    pub meta: contract::inputs::RegisterVersion,
}

#[cfg(feature = "ssr")]
mod side {
    use super::*;
    use crate::page_error::PageError;
    use axum::http::request::Parts;
    use axum::http::{HeaderValue, Method, StatusCode, header};
    use contract::{Problem, ProblemKind, UserId};
    use control::{Actor, Ctx};
    use leptos_axum::ResponseOptions;
    use tower_sessions::Session;

    /// The hands of this request.
    pub fn cx() -> Outcome<Ctx> {
        use_context::<Ctx>().ok_or_else(|| PageError(Problem::internal("This request has no context.")))
    }

    pub fn session() -> Outcome<Session> {
        use_context::<Parts>()
            .and_then(|parts| parts.extensions.get::<Session>().cloned())
            .ok_or_else(|| PageError(Problem::internal("This request has no session.")))
    }

    fn stored(error: tower_sessions::session::Error) -> PageError {
        PageError(Problem::internal(format!("The session could not be read or kept: {error}")))
    }

    /// The signed-in person and the token of their session, if there is one.
    pub async fn visitor() -> Outcome<Option<(Actor, String)>> {
        let (cx, session) = (cx()?, session()?);
        let Some(user) = session.get::<UserId>(USER).await.map_err(stored)? else { return Ok(None) };
        let Some(csrf) = session.get::<String>(CSRF).await.map_err(stored)? else { return Ok(None) };
        Ok(control::identity::actor_by_user(&cx, &user).await?.map(|actor| (actor, csrf)))
    }

    /// For loading: the hands and the signed-in person.
    pub async fn reader() -> Outcome<(Ctx, Actor)> {
        match visitor().await? {
            Some((actor, _)) => Ok((cx()?, actor)),
            None => Err(Problem::unauthenticated("Sign in to see this page.").into()),
        }
    }

    /// For acting: the same, once the form has proved that it is one of ours.
    pub async fn act(csrf: &str) -> Outcome<(Ctx, Actor)> {
        match visitor().await? {
            Some((actor, token)) if same(token.as_bytes(), csrf.as_bytes()) => Ok((cx()?, actor)),
            Some(_) => {
                Err(Problem::forbidden("This form is from another session. Load the page again and repeat what you did.").into())
            }
            None => Err(Problem::unauthenticated("You were signed out. Sign in and repeat what you did.").into()),
        }
    }

    /// Compares in a time that does not tell where two tokens differ.
    fn same(a: &[u8], b: &[u8]) -> bool {
        a.len() == b.len() && a.iter().zip(b).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
    }

    /// Keeps who signed in, under a new session id so that one planted before is worth nothing.
    pub async fn begin(user: &UserId) -> Outcome<()> {
        let (cx, session) = (cx()?, session()?);
        session.cycle_id().await.map_err(stored)?;
        session.insert(USER, user).await.map_err(stored)?;
        session.insert(CSRF, format!("{}{}", cx.new_id(), cx.new_id())).await.map_err(stored)
    }

    pub async fn end() -> Outcome<()> {
        session()?.flush().await.map_err(stored)
    }

    /// The status that says what the problem says, except where a form without script must be led back to its page.
    pub fn answer_with(kind: ProblemKind) {
        // Who is not signed in is led to the door; a status of its own would stop the browser on the way.
        if kind == ProblemKind::Unauthenticated {
            return;
        }
        let Some(parts) = use_context::<Parts>() else { return };
        let form =
            parts.method == Method::POST && header_of(&parts, header::ACCEPT).is_some_and(|accept| accept.contains("text/html"));
        if let (false, Some(response), Ok(status)) = (form, use_context::<ResponseOptions>(), StatusCode::from_u16(kind.status()))
        {
            response.set_status(status);
        }
    }

    pub fn header_of(parts: &Parts, name: header::HeaderName) -> Option<&str> {
        parts.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// A cookie that the request brought.
    pub fn cookie(name: &str) -> Option<String> {
        let parts = use_context::<Parts>()?;
        let cookies = header_of(&parts, header::COOKIE)?;
        cookies
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.to_string())
    }

    pub fn set_cookie(cookie: &str) {
        if let (Some(response), Ok(value)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(cookie)) {
            response.append_header(header::SET_COOKIE, value);
        }
    }

    /// The page a form was sent from, as a path on this site.
    pub fn came_from() -> Option<String> {
        let parts = use_context::<Parts>()?;
        let from = header_of(&parts, header::REFERER)?;
        let path = from.split_once("://").map_or(from, |(_, rest)| rest.find('/').map_or("/", |slash| &rest[slash..]));
        Some(local(path).to_string())
    }

    /// A path of this site, or the front page: a redirect never leads elsewhere.
    pub fn local(path: &str) -> &str {
        if path.starts_with('/') && !path.starts_with("//") && !path.contains('\\') { path } else { "/" }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_redirect_never_leaves_the_site() {
            for (path, to) in [
                ("/fleet?a=1", "/fleet?a=1"),
                ("//evil.example", "/"),
                ("https://evil.example", "/"),
                ("/\\evil.example", "/"),
                ("", "/"),
            ] {
                assert_eq!(local(path), to);
            }
        }

        #[test]
        fn tokens_are_compared_whole() {
            assert!(same(b"abc", b"abc") && !same(b"abc", b"abd") && !same(b"abc", b"ab") && !same(b"", b"a"));
        }
    }
}

#[cfg(feature = "ssr")]
pub use side::*;

/// The signed-in person, or nobody.
#[server]
pub async fn whoami() -> Outcome<Option<Me>> {
    let Some((actor, csrf)) = visitor().await? else { return Ok(None) };
    let cx = cx()?;
    let (waiting, firing) = (control::approvals::waiting(&cx, &actor).await?, control::alerts::firing(&cx).await?);
    Ok(Some(control::identity::me(&cx, &actor, csrf, waiting, firing).await?))
}

#[server]
pub async fn door() -> Outcome<SignInView> {
    Ok(control::identity::sign_in_view(&cx()?))
}

/// Starts a session and goes on to the page that was asked for.
#[server]
pub async fn sign_in(email: String, password: String, next: Option<String>) -> Outcome<()> {
    let user = control::identity::sign_in(&cx()?, &email, &password).await?;
    begin(&user).await?;
    leptos_axum::redirect(local(next.as_deref().unwrap_or("/")));
    Ok(())
}

#[server]
pub async fn sign_out(csrf: String) -> Outcome<()> {
    let (cx, actor) = act(&csrf).await?;
    control::identity::sign_out(&cx, &actor).await?;
    end().await?;
    leptos_axum::redirect(contract::urls::SIGN_IN);
    Ok(())
}
