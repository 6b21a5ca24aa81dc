//! Addresses and methods that the protocol does not have, answered in its own form.

use super::refusal::Refusal;
use axum::http::{Method, Uri};

pub async fn unknown_path(uri: Uri) -> Refusal {
    Refusal::not_found(format!("nothing is at {}", uri.path()))
}

pub async fn wrong_method(method: Method, uri: Uri) -> Refusal {
    Refusal::new(405, format!("{} does not take {method}", uri.path()))
}
