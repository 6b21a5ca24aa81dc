//! `Idempotency-Key`: the same caller sending the same change again within a day gets the first answer again.
//!
//! Registering a version keeps its key inside its own transaction; everything else is kept here, after it has succeeded.

use super::versions::idempotency_key;
use crate::shared::Shared;
use crate::web::refused::Refused;
use crate::web::who::Who;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use contract::Problem;
use contract::time::DAY;
use serde::{Deserialize, Serialize};

/// Bodies of changes that are kept are small; larger ones are passed on as they are.
const MOST: usize = 1024 * 1024;
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replay");

/// An answer as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    status: u16,
    content_type: Option<String>,
    location: Option<String>,
    body: String,
}

pub async fn once(State(shared): State<Shared>, who: Result<Who, Refused>, request: Request, next: Next) -> Response {
    let registers = request.method() == Method::POST && request.uri().path().ends_with("/versions");
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let key = match idempotency_key(request.headers()) {
        Ok(key) => key,
        Err(problem) => return Refused(problem).into_response(),
    };
    match (key, who) {
        (Some(key), Ok(Who(who))) if !safe && !registers => match keyed(&shared, &who.id, &key, request, next).await {
            Ok(response) => response,
            Err(refused) => refused.into_response(),
        },
        _ => next.run(request).await,
    }
}

async fn keyed(shared: &Shared, caller: &str, key: &str, request: Request, next: Next) -> Result<Response, Refused> {
    let (db, now) = (&shared.cx.store.db, shared.cx.now());
    let since = now + -DAY;
    let failed = |error: store::Error| {
        tracing::error!(%error, "first answers cannot be read or kept");
        Refused(Problem::internal("The idempotency key could not be looked up. Nothing was changed."))
    };
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MOST)
        .await
        .map_err(|_| Problem::too_large(format!("With an idempotency key a body may have up to {MOST} bytes.")))?;
    let asked =
        store::Blobs::hash(&[parts.method.as_str().as_bytes(), b" ", parts.uri.path().as_bytes(), b"\n", &body].concat()).0;
    if let Some(first) = db.first_answer(caller, key, since).await.map_err(failed)? {
        if first.request_hash != asked {
            return Err(Problem::conflict("This idempotency key was used for another request. Take a new one.").into());
        }
        let kept: Kept =
            serde_json::from_str(&first.answer).map_err(|_| Problem::internal("The first answer cannot be read."))?;
        return Ok(replay(kept));
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    if !response.status().is_success() {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.map_err(|_| Problem::internal("The answer could not be kept."))?;
    if let Ok(text) = String::from_utf8(body.to_vec()) {
        let kept = Kept {
            status: parts.status.as_u16(),
            content_type: text_of(&parts.headers, header::CONTENT_TYPE),
            location: text_of(&parts.headers, header::LOCATION),
            body: text,
        };
        // The change is made: an answer that could not be kept is still the answer.
        let keeping = async {
            let mut tx = db.begin().await?;
            tx.keep_answer(caller, key, &asked, &serde_json::to_string(&kept)?, now, since).await?;
            tx.commit().await
        };
        if let Err(error) = keeping.await {
            tracing::warn!(%error, "the first answer to an idempotency key was not kept");
        }
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn text_of(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

fn replay(kept: Kept) -> Response {
    let mut response = Response::new(Body::from(kept.body));
    *response.status_mut() = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK);
    for (name, value) in [(header::CONTENT_TYPE, kept.content_type), (header::LOCATION, kept.location)] {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
            response.headers_mut().insert(name, value);
        }
    }
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}
