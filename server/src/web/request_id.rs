//! An id per request: taken from the caller or made here, in the log, in the answer, and in every problem.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use control::Ctx;
use std::time::Instant;
use tracing::Instrument;

pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    static CURRENT: String;
}

/// Id of the request that this task answers.
pub fn current() -> Option<String> {
    CURRENT.try_with(Clone::clone).ok()
}

/// Gives the request its id and logs how it went.
pub async fn request_id(State(cx): State<Ctx>, request: Request, next: Next) -> Response {
    let id = request.headers().get(HEADER).and_then(|value| value.to_str().ok()).filter(|id| acceptable(id)).map(str::to_owned);
    let id = id.unwrap_or_else(|| cx.new_id());
    let span = tracing::info_span!("request", id, method = %request.method(), path = request.uri().path());
    let value = HeaderValue::from_str(&id);
    CURRENT
        .scope(
            id,
            async move {
                let started = Instant::now();
                let mut response = next.run(request).await;
                let status = response.status().as_u16();
                tracing::debug!(status, ms = started.elapsed().as_millis(), "answered");
                if let Ok(value) = value {
                    response.headers_mut().insert(HEADER, value);
                }
                response
            }
            .instrument(span),
        )
        .await
}

/// What a caller may name a request: short, and harmless in a log.
fn acceptable(id: &str) -> bool {
    (1..=100).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::acceptable;

    #[test]
    fn ids_of_callers_are_short_and_plain() {
        for (id, ok) in [("abc-123_x.y", true), ("", false), ("a b", false), ("a\nb", false), (&"x".repeat(101), false)] {
            assert_eq!(acceptable(id), ok, "{id:?}");
        }
    }
}
