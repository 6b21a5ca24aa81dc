//! Data files: comparing them, as `slipway data compare` does.

use super::take::read;
use crate::shared::Shared;
use crate::web::refused::Answer;
use crate::web::who::Who;
use axum::Json;
use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use contract::Problem;
use control::compare::{Asked, Input, Line, Sent, compare_sent};
use serde::Serialize;

/// Lines as one object, for whoever asks for JSON.
#[derive(Serialize)]
struct Chunks {
    chunks: Vec<Line>,
}

/// Takes a form with the parts `reference`, `current` (one or more), `labels`, `contract` and `options`; the last is a JSON
/// object with the options of the command. Answers with one JSON object a line.
pub async fn compare_datasets(
    State(shared): State<Shared>,
    Who(who): Who,
    headers: HeaderMap,
    request: Request,
) -> Answer<Response> {
    let form = Multipart::from_request(request, &shared)
        .await
        .map_err(|e| Problem::invalid(format!("The files come as a form (multipart/form-data): {}", e.body_text())))?;
    let sent = read_form(form).await?;
    let lines = compare_sent(&who, sent).await?;
    let wants_object = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("application/json") && !accept.contains("ndjson"));
    if wants_object {
        return Ok(Json(Chunks { chunks: lines }).into_response());
    }
    let mut text = Vec::new();
    for line in &lines {
        serde_json::to_writer(&mut text, line).map_err(|_| Problem::internal("A line of the answer could not be written."))?;
        text.push(b'\n');
    }
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], text).into_response())
}

async fn read_form(mut form: Multipart) -> Answer<Sent> {
    let (mut reference, mut current, mut labels, mut contract) = (None, Vec::new(), None, None);
    let mut asked = Asked::default();
    while let Some(part) = form.next_field().await.map_err(unreadable)? {
        let name = part.name().unwrap_or_default().to_owned();
        let file_name = part.file_name().unwrap_or(&name).to_owned();
        let bytes: Bytes = part.bytes().await.map_err(unreadable)?;
        let input = |bytes| Input::Bytes { name: file_name.clone(), bytes };
        match name.as_str() {
            "reference" => reference = Some(input(bytes)),
            "current" => current.push(input(bytes)),
            "labels" => labels = Some(input(bytes)),
            "contract" => contract = Some(read(&bytes)?),
            "options" => asked = read(&bytes)?,
            other => {
                let known = "reference, current, labels, contract and options";
                return Err(Problem::field(other, format!("The form has a part “{other}”; known are {known}.")).into());
            }
        }
    }
    let options = asked.options(contract).map_err(|(option, why)| Problem::field(option.replace('-', "_"), why))?;
    let reference = reference
        .ok_or_else(|| Problem::field("reference", "The form has no part “reference” with the file to compare with."))?;
    if current.is_empty() {
        return Err(Problem::field("current", "The form has no part “current” with the file to look at.").into());
    }
    Ok(Sent { options, reference, current, labels })
}

fn unreadable(error: MultipartError) -> Problem {
    if error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        Problem::too_large("The form is larger than this server takes.")
    } else {
        Problem::invalid(format!("The form cannot be read: {}", error.body_text()))
    }
}
