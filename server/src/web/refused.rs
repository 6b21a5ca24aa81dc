//! Problems as `application/problem+json` (RFC 9457), with a stable type and the request's id.

use super::request_id;
use axum::Json;
use axum::extract::rejection::{BytesRejection, JsonRejection, PathRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use contract::{FieldError, Problem, ProblemKind};
use serde::Serialize;

/// A problem on its way out of the REST interface.
#[derive(Clone, Debug)]
pub struct Refused(pub Problem);

/// The answer of a REST handler.
pub type Answer<T> = Result<T, Refused>;

/// The wire form. `type` is `urn:slipway:problem:<slug>`; slugs are those of [`ProblemKind::slug`].
#[derive(Serialize)]
struct Wire {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Problem { kind, detail, errors, retry_after, .. } = self.0;
        if kind == ProblemKind::Internal {
            tracing::error!(detail, request_id = request_id::current(), "a request failed");
        }
        let wire = Wire {
            r#type: format!("urn:slipway:problem:{}", kind.slug()),
            title: kind.title(),
            status: kind.status(),
            detail,
            errors,
            request_id: request_id::current(),
        };
        let status = StatusCode::from_u16(kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(wire)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match kind {
            ProblemKind::Unauthenticated => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"slipway\""));
            }
            ProblemKind::Busy => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_after.unwrap_or(1)));
            }
            _ => {}
        }
        response
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<JsonRejection> for Refused {
    fn from(rejection: JsonRejection) -> Self {
        match rejection {
            JsonRejection::BytesRejection(rejection) => rejection.into(),
            other => Self(Problem::invalid(format!("The body is not what this address takes. {}", other.body_text()))),
        }
    }
}

impl From<BytesRejection> for Refused {
    fn from(rejection: BytesRejection) -> Self {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return Self(Problem::too_large("The body is larger than this server takes."));
        }
        Self(Problem::invalid("The body could not be read to its end."))
    }
}

impl From<PathRejection> for Refused {
    fn from(rejection: PathRejection) -> Self {
        Self(Problem::not_found(format!("There is nothing at this address. {}", rejection.body_text())))
    }
}

impl From<QueryRejection> for Refused {
    fn from(rejection: QueryRejection) -> Self {
        Self(Problem::invalid(format!("The query cannot be read. {}", rejection.body_text())))
    }
}
