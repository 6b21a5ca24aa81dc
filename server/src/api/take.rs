//! What handlers take: a JSON body whatever its Content-Type says, and typed segments of the address; both refuse with problems.

use crate::json::parse;
use crate::shared::Shared;
use crate::web::refused::Refused;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use bytes::Bytes;
use contract::Problem;
use serde::de::DeserializeOwned;

/// The body as `T`. An empty body is the empty object, so that acts without input need none.
pub struct Take<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Shared> for Take<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, shared: &Shared) -> Result<Self, Refused> {
        let bytes = Bytes::from_request(request, shared).await?;
        Ok(Take(read(&bytes)?))
    }
}

/// Reads a JSON body; the problem says where it does not fit.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let text = if bytes.iter().all(u8::is_ascii_whitespace) { b"{}" } else { bytes };
    parse(text).map_err(|misfit| {
        let detail = format!("The JSON body does not fit: {misfit}.");
        match misfit.field {
            Some(field) => Problem::field(field, detail),
            None => Problem::invalid(detail),
        }
    })
}

/// Typed segments of the address. One that does not fit names nothing, so it is not found.
pub struct At<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Shared> for At<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Refused> {
        let Path(segments) = Path::from_request_parts(parts, shared).await?;
        Ok(At(segments))
    }
}

/// The query as `T`.
pub struct Ask<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Shared> for Ask<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Refused> {
        let Query(query) = Query::from_request_parts(parts, shared).await?;
        Ok(Ask(query))
    }
}
