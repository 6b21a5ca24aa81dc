//! Versions: registering, reading, and the file itself.

use super::list::{List, Paging};
use super::take::{Ask, At, Take, read};
use crate::shared::Shared;
use crate::web::refused::{Answer, Refused};
use crate::web::who::Who;
use axum::Json;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use contract::inputs::{DatasetRole, RegisterVersion};
use contract::role::Act;
use contract::views::models::VersionLine;
use contract::views::version::VersionView;
use contract::{BlobHash, Contract, ModelName, Problem, VersionNo};
use control::datasets::Upload;
use control::registry::{Registered, Registration};
use control::{Ctx, registry};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What a registration answers: enough to go on with; the whole is at `Location`.
#[derive(Serialize)]
pub struct Made {
    model: ModelName,
    version: VersionNo,
    sha256: BlobHash,
    /// What somebody should know: guesses that were made, data that was left out.
    warnings: Vec<String>,
    /// Gates run by themselves now, because there is held-back data.
    gates_queued: bool,
}

pub async fn list_versions(
    State(cx): State<Ctx>,
    Who(who): Who,
    At(model): At<ModelName>,
    Ask(paging): Ask<Paging>,
) -> Answer<Json<List<VersionLine>>> {
    Ok(paging.page(registry::get_model(&cx, &who, &model).await?.versions)?)
}

/// Takes a form with the parts `file`, `reference`, `heldback` and `meta`, or the ONNX file as the whole body.
pub async fn register_version(
    State(shared): State<Shared>,
    Who(who): Who,
    At(model): At<ModelName>,
    request: Request,
) -> Answer<Response> {
    let key = idempotency_key(request.headers())?;
    let form = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("multipart/form-data"));
    let empty = Registration {
        model,
        onnx: Bytes::new(),
        meta: RegisterVersion::default(),
        reference: None,
        heldback: None,
        idempotency_key: key,
    };
    let registration = if form {
        let form = Multipart::from_request(request, &shared)
            .await
            .map_err(|e| Problem::invalid(format!("The form cannot be read: {}", e.body_text())))?;
        read_form(form, empty).await?
    } else {
        Registration { onnx: Bytes::from_request(request, &shared).await?, ..empty }
    };
    let Registered { model, version, hash, warnings, gates_queued } =
        registry::register_version(&shared.cx, &who, registration).await?;
    let location = format!("/api/v1/models/{model}/versions/{version}");
    let answer = Made { model, version, sha256: hash, warnings, gates_queued };
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(answer)).into_response())
}

async fn read_form(mut form: Multipart, mut registration: Registration) -> Answer<Registration> {
    let unreadable = |error: axum::extract::multipart::MultipartError| {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Problem::too_large("The form is larger than this server takes.")
        } else {
            Problem::invalid(format!("The form cannot be read: {}", error.body_text()))
        }
    };
    let mut file = None;
    while let Some(part) = form.next_field().await.map_err(unreadable)? {
        let name = part.name().unwrap_or_default().to_owned();
        let file_name = part.file_name().unwrap_or_default().to_owned();
        let bytes = part.bytes().await.map_err(unreadable)?;
        // A form in a browser sends a part for a file that was not chosen.
        let upload = (!(bytes.is_empty() && file_name.is_empty())).then(|| Upload { file_name, bytes: bytes.clone() });
        match name.as_str() {
            "file" => file = Some(bytes),
            "reference" => registration.reference = upload,
            "heldback" => registration.heldback = upload,
            "meta" => registration.meta = read(&bytes)?,
            other => {
                let known = "file, reference, heldback and meta";
                return Err(Problem::field(other, format!("The form has a part “{other}”; known are {known}.")).into());
            }
        }
    }
    registration.onnx = file.ok_or_else(|| Problem::field("file", "The form has no part “file” with the ONNX file."))?;
    Ok(registration)
}

/// The header, if it is one that can be kept.
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    match value.to_str() {
        Ok(key) if (1..=200).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => Err(Problem::field("Idempotency-Key", "An idempotency key has 1 to 200 plain characters.")),
    }
}

pub async fn show_version(
    State(cx): State<Ctx>,
    Who(who): Who,
    At((model, version)): At<(ModelName, VersionNo)>,
) -> Answer<Json<VersionView>> {
    Ok(Json(registry::get_version(&cx, &who, &model, version).await?))
}

pub async fn show_contract(
    State(cx): State<Ctx>,
    Who(who): Who,
    At((model, version)): At<(ModelName, VersionNo)>,
) -> Answer<Json<Contract>> {
    Ok(Json(registry::get_version(&cx, &who, &model, version).await?.contract.contract))
}

/// Replaces the judgements in a contract; what follows from the file stays.
pub async fn set_contract(
    State(cx): State<Ctx>,
    Who(who): Who,
    At((model, version)): At<(ModelName, VersionNo)>,
    Take(contract): Take<Contract>,
) -> Answer<Json<Contract>> {
    Ok(Json(registry::set_contract(&cx, &who, &model, version, contract).await?))
}

/// Adds a table to a version that came without one: the body is the CSV or Parquet file.
pub async fn attach_dataset(
    State(cx): State<Ctx>,
    Who(who): Who,
    At((model, version, role)): At<(ModelName, VersionNo, DatasetRole)>,
    Ask(FileName { name }): Ask<FileName>,
    body: Result<Bytes, BytesRejection>,
) -> Answer<impl IntoResponse> {
    let upload = Upload { file_name: name.unwrap_or_else(|| format!("{}.csv", role.word())), bytes: body? };
    let id = registry::attach_dataset(&cx, &who, &model, version, role, upload).await?;
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
}

#[derive(Deserialize)]
pub struct FileName {
    name: Option<String>,
}

/// The file as it was registered, named after what it is.
pub async fn download_version(
    State(cx): State<Ctx>,
    Who(who): Who,
    At((model, version)): At<(ModelName, VersionNo)>,
) -> Answer<Response> {
    who.must(Act::View)?;
    let known = registry::version(&cx, &model, version).await?;
    let bytes = registry::onnx_bytes(&cx, &known).await?;
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{model}-{version}.onnx\""))
        .map_err(|_| Refused(Problem::internal("The name of the file cannot be sent.")))?;
    let kind = HeaderValue::from_static("application/octet-stream");
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, disposition)], bytes).into_response())
}
