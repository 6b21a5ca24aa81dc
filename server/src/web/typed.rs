//! Forms that are sent without script: what was typed into one that is refused is there again on the page that it leads back to.

use app::components::form::{TYPED, Typed};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use contract::Problem;
use tower_sessions::Session;

/// More than this is not kept; nobody types it.
const MOST: usize = 256 * 1024;

/// Keeps the fields of a form whose answer leads back with an error, and hands them to the page that is then asked for, once.
pub async fn kept(session: Session, mut request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    if request.method() == Method::GET {
        let of = request.uri().query().and_then(|query| value(query, "__path"));
        if let Some(of) = of {
            match session.remove::<Typed>(TYPED).await {
                Ok(Some(typed)) if typed.path == of => {
                    request.extensions_mut().insert(typed);
                }
                Ok(_) => {}
                Err(error) => tracing::error!(%error, "what was typed into a refused form could not be read"),
            }
        }
        return next.run(request).await;
    }
    if request.method() != Method::POST || !is_form(request.headers()) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, MOST).await else {
        let limit = MOST / 1024;
        return super::refused::Refused(Problem::too_large(format!(
            "The form is larger than the {limit} KiB that this server takes."
        )))
        .into_response();
    };
    let response = next.run(Request::from_parts(parts, Body::from(bytes.clone()))).await;
    if leads_back(response.headers()) {
        let typed = Typed { path, fields: fields(&String::from_utf8_lossy(&bytes)) };
        if let Err(error) = session.insert(TYPED, typed).await {
            tracing::error!(%error, "what was typed into a refused form could not be kept for its page");
        }
    }
    response
}

/// A form as a browser sends it by itself.
fn is_form(headers: &HeaderMap) -> bool {
    let says =
        |name, part: &str| headers.get(name).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains(part));
    says(header::ACCEPT, "text/html") && says(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
}

/// Whether an answer leads to a page that says what was wrong.
fn leads_back(headers: &HeaderMap) -> bool {
    let to = headers.get(header::LOCATION).and_then(|to| to.to_str().ok());
    to.and_then(|to| to.split_once('?')).is_some_and(|(_, query)| value(query, "__err").is_some())
}

/// The fields of a form that may be shown again.
fn fields(form: &str) -> std::collections::BTreeMap<String, String> {
    let secret = |name: &str| name == "csrf" || name.contains("password") || name.contains("secret");
    pairs(form).filter(|(name, value)| !secret(name) && !value.is_empty()).collect()
}

fn value(query: &str, name: &str) -> Option<String> {
    pairs(query).find(|(key, _)| key == name).map(|(_, value)| value)
}

fn pairs(text: &str) -> impl Iterator<Item = (String, String)> {
    text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    })
}

/// `application/x-www-form-urlencoded` (WHATWG URL, section 5.1): `+` is a space, `%xx` a byte, and what is broken stays as it is.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex =
            |i: usize| bytes.get(i).and_then(|digit| char::from(*digit).to_digit(16)).and_then(|digit| u8::try_from(digit).ok());
        match (bytes[at], hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push(high * 16 + low);
                at += 2;
            }
            (b'+', ..) => out.push(b' '),
            (byte, ..) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read_and_secrets_left_out() {
        for (form, expected) in [
            (
                "comment=Looks+good%21&csrf=abc&password=p&secret=s&decision=approve",
                vec![("comment", "Looks good!"), ("decision", "approve")],
            ),
            ("reason=%E2%82%AC+1%2B1%0D%0Anext&id=7", vec![("id", "7"), ("reason", "€ 1+1\r\nnext")]),
            ("a=100%&b=%zz&c=%4", vec![("a", "100%"), ("b", "%zz"), ("c", "%4")]),
            ("note=&&x", vec![]),
            ("", vec![]),
        ] {
            let read = fields(form);
            let read: Vec<(&str, &str)> = read.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            assert_eq!(read, expected, "{form}");
        }
    }

    #[test]
    fn only_an_error_leads_back() {
        for (location, back) in [
            ("/inbox/7?__path=%2Fapi%2Fx&__err=abc", true),
            ("/inbox/7", false),
            ("/inbox/7?q=__err", false),
            ("/a?__error=1", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::LOCATION, location.parse().expect("a header"));
            assert_eq!(leads_back(&headers), back, "{location}");
        }
    }
}
