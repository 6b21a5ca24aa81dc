//! Refuses changes that another site makes a browser send: the second lock beside the token in every form.

use super::refused::Refused;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use contract::Problem;

/// Lets safe methods pass, and others only where the browser does not say that they come from elsewhere.
pub async fn same_origin(request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || comes_from_here(request.headers()) {
        next.run(request).await
    } else {
        Refused(Problem::forbidden("This request was sent by another site. Open the page here and repeat what you did."))
            .into_response()
    }
}

/// Programs send neither header; every current browser sends at least one of them with a change.
fn comes_from_here(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    match text(header::ORIGIN.as_str()) {
        None => true,
        Some(origin) => {
            let host = text("x-forwarded-host").or_else(|| text(header::HOST.as_str()));
            let theirs = origin.split_once("://").map(|(_, authority)| authority);
            host.is_some() && theirs == host
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    #[test]
    fn where_a_change_may_come_from() {
        for (headers, passes) in [
            (&[][..], true),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("origin", "http://a.example"), ("host", "a.example")], true),
            (&[("origin", "http://b.example"), ("host", "a.example")], false),
            (&[("origin", "null"), ("host", "a.example")], false),
            (&[("origin", "https://a.example"), ("host", "10.0.0.1:3000"), ("x-forwarded-host", "a.example")], true),
        ] {
            let map =
                headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect();
            assert_eq!(comes_from_here(&map), passes, "{headers:?}");
        }
    }
}
