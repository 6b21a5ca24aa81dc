//! The form of a new version: files from a browser, with a session and its token. Every refusal leads back to the form.

use super::who::{of_session, same};
use crate::shared::Shared;
use app::session::{REFUSED, Refused};
use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest, Multipart, Path, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use bytes::{Bytes, BytesMut};
use contract::inputs::RegisterVersion;
use contract::spec::Task;
use contract::{ModelName, Problem, urls};
use control::datasets::Upload;
use control::registry::{self, Registration};
use control::{Actor, Outcome};
use tower_sessions::Session;

/// How many times the limit is still read and thrown away: a browser shows an answer only once it has sent everything.
const PATIENCE: usize = 8;

/// Bytes of a typed field that are kept beyond the limit.
const TYPED: usize = 64 * 1024;

/// Takes the form and goes on to the version, or back to the form with what was wrong.
pub async fn upload_version(
    State(shared): State<Shared>,
    session: Session,
    Path(model): Path<ModelName>,
    request: Request,
) -> Response {
    let (who, csrf) = match of_session(&shared.cx, &session).await {
        Ok(Some(known)) => known,
        Ok(None) => {
            return Redirect::to(&format!("{}?next={}", urls::SIGN_IN, urls::encode(&urls::new_version(&model)))).into_response();
        }
        Err(problem) => return back(&session, &model, problem, RegisterVersion::default()).await,
    };
    let mut meta = RegisterVersion::default();
    match take(&shared, &who, &csrf, &model, request, &mut meta).await {
        Ok(page) => Redirect::to(&page).into_response(),
        Err(problem) => back(&session, &model, problem, meta).await,
    }
}

/// Keeps what was typed and what was wrong, and leads to the form that shows both.
async fn back(session: &Session, model: &ModelName, problem: Problem, meta: RegisterVersion) -> Response {
    tracing::info!(%model, %problem, "an upload was refused");
    let request_id = super::request_id::current();
    let refused = Refused { problem: Some(Problem { request_id, ..problem }), meta };
    if let Err(error) = session.insert(REFUSED, refused).await {
        tracing::error!(%error, "the refused upload could not be kept for its page");
    }
    Redirect::to(&format!("{}?refused=1", urls::new_version(model))).into_response()
}

/// Reads the form, registers the version, and gives the address of its page.
async fn take(
    shared: &Shared,
    who: &Actor,
    csrf: &str,
    model: &ModelName,
    request: Request,
    meta: &mut RegisterVersion,
) -> Outcome<String> {
    let form = Multipart::from_request(request, shared).await.map_err(|refusal| Problem::invalid(refusal.body_text()))?;
    let parts = read(form, csrf, shared.config.body_limit, meta).await?;
    let onnx = parts.file.ok_or_else(|| Problem::field("file", "Choose the ONNX file of the model."))?.bytes;
    let registration = Registration {
        model: model.clone(),
        onnx,
        meta: meta.clone(),
        reference: parts.reference,
        heldback: parts.heldback,
        idempotency_key: None,
    };
    let made = registry::register_version(&shared.cx, who, registration).await?;
    Ok(urls::version(&made.model, made.version, ""))
}

#[derive(Default)]
struct Parts {
    file: Option<Upload>,
    reference: Option<Upload>,
    heldback: Option<Upload>,
}

/// The token comes first, so that nothing is kept of a form that is not one of ours.
async fn read(mut form: Multipart, csrf: &str, limit: usize, meta: &mut RegisterVersion) -> Outcome<Parts> {
    let mut parts = Parts::default();
    let (mut ours, mut size) = (false, 0_usize);
    while let Some(mut part) = form.next_field().await.map_err(unreadable)? {
        let name = part.name().unwrap_or_default().to_owned();
        let file_name = part.file_name().unwrap_or_default().to_owned();
        let mut bytes = BytesMut::new();
        while let Some(chunk) = part.chunk().await.map_err(unreadable)? {
            size = size.saturating_add(chunk.len());
            if size > limit.saturating_mul(PATIENCE) {
                return Err(too_large(limit));
            }
            // What was typed is kept whatever the files weigh: the form comes back with it.
            let typed = file_name.is_empty();
            if size <= limit || (typed && bytes.len().saturating_add(chunk.len()) <= TYPED) {
                bytes.extend_from_slice(&chunk);
            }
        }
        let bytes = bytes.freeze();
        if name == "csrf" {
            ours = same(&bytes, csrf);
        } else if !ours {
            return Err(Problem::forbidden("This form is from another session. Load the page again and repeat what you did."));
        } else {
            keep(&mut parts, meta, &name, file_name, bytes)?;
        }
    }
    if size > limit { Err(too_large(limit)) } else { Ok(parts) }
}

fn keep(parts: &mut Parts, meta: &mut RegisterVersion, name: &str, file_name: String, bytes: Bytes) -> Outcome<()> {
    let text = || String::from_utf8_lossy(&bytes).trim().to_owned();
    let given = |text: String| (!text.is_empty()).then_some(text);
    // A browser sends an empty part for a file that was not chosen.
    let upload =
        || (!(bytes.is_empty() && file_name.is_empty())).then(|| Upload { file_name: file_name.clone(), bytes: bytes.clone() });
    match name {
        "file" => parts.file = upload(),
        "reference" => parts.reference = upload(),
        "heldback" => parts.heldback = upload(),
        "notes" => meta.notes = text(),
        "label_column" => meta.label_column = given(text()),
        "positive" => meta.positive = given(text()),
        "segments" => {
            meta.segments = text().split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
        }
        "task" => meta.task = task(&text())?,
        other => return Err(Problem::field(other, format!("The form has an unknown field “{other}”."))),
    }
    Ok(())
}

fn task(word: &str) -> Outcome<Option<Task>> {
    match word {
        "" => Ok(None),
        "binary" => Ok(Some(Task::Binary)),
        "multiclass" => Ok(Some(Task::Multiclass)),
        "regression" => Ok(Some(Task::Regression)),
        other => Err(Problem::field("task", format!("“{other}” is not a kind of answer."))),
    }
}

fn unreadable(error: MultipartError) -> Problem {
    Problem::invalid(format!("The upload broke off or cannot be read: {}", error.body_text()))
}

fn too_large(limit: usize) -> Problem {
    Problem::too_large(format!("The files together are larger than the {} MiB that this server takes.", limit / (1 << 20)))
}
