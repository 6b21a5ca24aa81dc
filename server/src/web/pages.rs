//! Pages: rendered by Leptos with the hands of the product in reach, under a policy that only runs scripts with the page's nonce.

use super::headers::page_policy;
use super::who::of_session;
use crate::shared::Shared;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use contract::urls;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::ResponseOptions;
use std::time::Duration;
use tower_sessions::Session;

/// What pages and server functions find in their context.
pub fn provide(shared: &Shared) {
    provide_context(shared.cx.clone());
    if let (Some(nonce), Some(response)) = (leptos::nonce::use_nonce(), use_context::<ResponseOptions>())
        && let Ok(policy) = HeaderValue::from_str(&page_policy(&nonce.to_string()))
    {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// Leads to the sign-in page and, after it, back; pages that need nobody pass.
pub async fn signed_in(State(shared): State<Shared>, session: Session, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let open = path == urls::SIGN_IN || path.starts_with("/report/") || path == urls::STYLEGUIDE;
    if open || !matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    match of_session(&shared.cx, &session).await {
        Ok(Some(_)) => next.run(request).await,
        Ok(None) => {
            let wanted = request.uri().path_and_query().map_or("/", |wanted| wanted.as_str());
            Redirect::to(&format!("{}?next={}", urls::SIGN_IN, urls::encode(wanted))).into_response()
        }
        Err(problem) => {
            tracing::error!(%problem, "the session could not be read");
            next.run(request).await
        }
    }
}

/// How long a page may take to be drawn, and how long the second attempt may take.
const DRAWING: [Duration; 2] = [Duration::from_secs(8), Duration::from_secs(20)];

/// No page keeps its reader waiting for ever: one that does not come is drawn once more, and then the reader is told.
///
/// The parts of a page that wait are drawn by tasks of their own; should one of them panic, nobody would end the page.
pub async fn in_time(request: Request, next: Next) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let (parts, _) = request.into_parts();
    for limit in DRAWING {
        let again = Request::from_parts(parts.clone(), Body::empty());
        match tokio::time::timeout(limit, next.clone().run(again)).await {
            Ok(response) => return response,
            Err(_) => tracing::error!(path = parts.uri.path(), seconds = limit.as_secs(), "a page was not drawn in time"),
        }
    }
    let words = "This page could not be drawn in time. Load it again; if that does not help, the server's log says why.";
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")], words).into_response()
}

/// The site's own page for an address that leads nowhere.
pub async fn nothing_here(shared: Shared, request: Request) -> Response {
    let options = shared.leptos.clone();
    let render = leptos_axum::render_app_async_with_context(move || provide(&shared), move || app::shell(options.clone()));
    let mut response = render(request).await;
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}
