//! The protocol's one way to say no: a status and `{"error": "…"}`.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use contract::{Problem, ProblemKind};
use serde_json::json;

/// A request that is not answered with tensors, in the protocol's form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    /// What is wrong, what was expected and what came.
    pub message: String,
    /// Seconds after which another try is worth it; only with 429 and 503.
    pub retry_after: Option<u64>,
}

impl Refusal {
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), retry_after: None }
    }
    /// The caller's input is wrong.
    pub fn bad(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, message)
    }
    pub fn too_large(limit: usize) -> Self {
        Self::new(413, format!("the request is larger than the limit of {limit} bytes"))
    }
    /// Not now: overloaded or not ready.
    pub fn later(message: impl Into<String>, seconds: u64) -> Self {
        Self { status: 503, message: message.into(), retry_after: Some(seconds) }
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        let retry_after = (problem.kind == ProblemKind::Busy).then(|| problem.retry_after.unwrap_or(1));
        Self { status: problem.kind.status(), message: problem.detail, retry_after }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(json!({ "error": self.message }).to_string()));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
