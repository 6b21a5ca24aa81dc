//! Addresses and methods that the protocol does not have, and what must never happen, answered in its own form.

use super::refusal::Refusal;
use axum::http::{Method, Uri};
use axum::response::{IntoResponse, Response};
use std::any::Any;

pub async fn unknown_path(uri: Uri) -> Refusal {
    Refusal::not_found(format!("nothing is at {}", uri.path()))
}

pub async fn wrong_method(method: Method, uri: Uri) -> Refusal {
    Refusal::new(405, format!("{} does not take {method}", uri.path()))
}

/// A panic is ours to see in the log; the caller still gets an answer that its client can read.
pub fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let words = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::error!(panic = words.unwrap_or("without words"), "a handler of the protocol panicked");
    Refusal::new(500, "something failed on our side; the server's log says what").into_response()
}
