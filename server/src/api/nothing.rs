//! Methods that an address does not take.

use crate::web::refused::Refused;
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use contract::Problem;
use serde_json::json;

pub async fn unknown_path(uri: Uri) -> Refused {
    Refused(Problem::not_found(format!("There is nothing at {}.", uri.path())))
}

pub async fn wrong_method(method: Method, uri: Uri) -> Response {
    let problem = json!({
        "type": "urn:slipway:problem:method-not-allowed",
        "title": "This address does not take the method",
        "status": 405,
        "detail": format!("{} does not take {method}.", uri.path()),
        "request_id": crate::web::request_id::current(),
    });
    let mut response = (StatusCode::METHOD_NOT_ALLOWED, problem.to_string()).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}
