//! The site's files: styles, script, WASM, fonts, pictures; with the compressed forms that lie beside them.

use crate::shared::Shared;
use crate::web::pages;
use crate::web::refused::Refused;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use contract::Problem;
use tower::ServiceExt;
use tower_http::services::ServeDir;

/// Names carry no hash: browsers keep files and ask whether they have changed.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// Everything that is no route: a file of the site, or the page that says there is nothing here.
pub async fn file_or_nothing(State(shared): State<Shared>, request: Request) -> Response {
    let path = request.uri().path();
    if path == "/api" || path.starts_with("/api/") {
        return Refused(Problem::not_found(format!("There is nothing at {path}."))).into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Refused(Problem::not_found(format!("Nothing takes {} at {path}.", request.method()))).into_response();
    }
    let (parts, _) = request.into_parts();
    let files =
        ServeDir::new(&shared.config.site_root).append_index_html_on_directories(false).precompressed_br().precompressed_gzip();
    let found = files.oneshot(Request::from_parts(parts.clone(), Body::empty())).await;
    match found {
        Ok(mut file) if matches!(file.status(), StatusCode::OK | StatusCode::NOT_MODIFIED | StatusCode::PARTIAL_CONTENT) => {
            file.headers_mut().insert(header::CACHE_CONTROL, REVALIDATE);
            file.into_response()
        }
        _ => pages::nothing_here(shared, Request::from_parts(parts, Body::empty())).await,
    }
}
