//! `POST /v2/models/{m}[/versions/{v}]/infer`: the path that must stay short. No session, no database, no span.

use super::compress::{self, Coding};
use super::decode::{decode, decode_raw};
use super::encode::{About, Encoded, check_outputs, encode};
use super::nothing;
use super::refusal::Refusal;
use super::target::Target;
use crate::aside::{LARGE, LARGE_PACKED, aside};
use crate::edge::Claim;
use crate::predict::{Arrived, answer};
use crate::shared::Shared;
use axum::body::{Body, HttpBody};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use contract::PredictionId;
use futures::FutureExt;
use http_body_util::BodyExt;
use serving::{PredictError, PredictRequest, Priority, whole_seconds};
use std::panic::AssertUnwindSafe;
use std::time::Instant;

/// Length of the JSON part of a body with binary tensors behind it.
pub const HEADER_LENGTH: HeaderName = HeaderName::from_static("inference-header-content-length");
/// Key of the sticky assignment to an arm, where the request's parameters name none.
pub const ROUTING_KEY: HeaderName = HeaderName::from_static("x-slipway-routing-key");

pub async fn infer(
    Arrived(arrived): Arrived,
    State(shared): State<Shared>,
    target: Target,
    headers: HeaderMap,
    claim: Option<Extension<Claim>>,
    body: Body,
) -> Result<Response, Refusal> {
    run(arrived, &shared, &target, &headers, claim.as_deref(), body).await
}

/// The same without the router in between: finding the way through its layers costs as much as a small model's run.
pub async fn infer_directly<B: HttpBody<Data = Bytes> + Unpin>(
    shared: &Shared,
    name: String,
    headers: &HeaderMap,
    claim: &Claim,
    body: B,
) -> Response {
    let arrived = Instant::now();
    let target = Target { name, version: None };
    let answering = AssertUnwindSafe(run(arrived, shared, &target, headers, Some(claim), body)).catch_unwind();
    answering.await.map_or_else(nothing::panicked, |answer| answer.unwrap_or_else(IntoResponse::into_response))
}

/// The deployment that a request to infer names, where its address says nothing else and says it plainly.
pub fn direct<'r>(address: &'r Uri, method: &Method) -> Option<&'r str> {
    let name = address.path().strip_prefix("/v2/models/")?.strip_suffix("/infer")?;
    let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    (plain && method == Method::POST).then_some(name)
}

async fn run<B: HttpBody<Data = Bytes> + Unpin>(
    arrived: Instant,
    shared: &Shared,
    target: &Target,
    headers: &HeaderMap,
    claim: Option<&Claim>,
    body: B,
) -> Result<Response, Refusal> {
    target.permit(shared, headers).await?;
    // One that sleeps is loaded when it is known how long the caller waits.
    let awake = if shared.sleeps(&target.name) { None } else { Some(target.served(shared).await?) };
    let packed = read_body(headers, body, shared.config.body_limit).await?;
    let length = packed.len();
    let giant = length >= if headers.contains_key(header::CONTENT_ENCODING) { LARGE_PACKED } else { LARGE };
    let body = aside(giant, || compress::unpack(headers, packed, shared.config.body_limit)).await?;
    let giant = giant || body.len() >= LARGE;
    // The edge answers where there is no room for what a packed body has become.
    if claim.is_some_and(|claim| !claim.take_more(body.len().saturating_sub(length))) {
        return Err(Refusal::later("too many bytes of other requests are being read", 1));
    }
    let served = match awake {
        Some(served) => served,
        None => {
            let said = header_length(headers)?.filter(|length| *length == 0).map_or_else(
                || {
                    let decoded = decode(&body, header_length(headers).ok().flatten());
                    decoded.ok().and_then(|request| request.timeout)
                },
                |_| None,
            );
            shared.wake(&target.name, said.map(|timeout| timeout.saturating_sub(arrived.elapsed()))).await?;
            target.served(shared).await?
        }
    };
    let header = header_length(headers)?;
    let decoded = aside(giant, || match header {
        Some(0) => decode_raw(&body, served.onnx.inputs()),
        length => decode(&body, length),
    });
    let mut request = decoded.await?;
    // A few bytes of JSON, or of an empty text, become many in memory. What is small is within what the claim is for anyway.
    if giant {
        let memory: usize = request.inputs.iter().map(|(_, tensor)| tensor.memory()).sum();
        if claim.is_some_and(|claim| !claim.take_more(memory.saturating_sub(body.len()))) {
            return Err(Refusal::later("too many bytes of other requests are being read", 1));
        }
    }
    drop(body);
    check_outputs(&request, served.onnx.outputs())?;
    let prediction = answer(
        shared,
        &target.name,
        PredictRequest {
            deployment: target.name.clone(),
            version: target.version,
            inputs: std::mem::take(&mut request.inputs),
            routing_key: request.routing_key.take().or_else(|| routing_key(headers)),
            deadline: request.timeout.and_then(|timeout| arrived.checked_add(timeout)),
            arrived: Some(arrived),
            priority: Priority::of(request.priority),
            id: PredictionId(shared.cx.new_id()),
        },
    )
    .await?;
    let about = About {
        model_name: &target.name,
        model_version: prediction.version.to_string(),
        prediction_id: prediction.prediction_id.as_str(),
        served_by: &prediction.served_by,
        arm: prediction.arm.word(),
        fallback: prediction.fallback,
        cached: prediction.cached,
    };
    let large = prediction.outputs.iter().map(|(_, tensor)| tensor.memory()).sum::<usize>() >= LARGE;
    aside(large, || {
        let encoded = encode(&request, &prediction.outputs, &about, &prediction.served.contract.classes)?;
        respond(encoded, compress::wanted(headers))
    })
    .await
}

/// Bodies past the limit are read and thrown away up to this many times the limit, so that the caller gets to read the refusal
/// instead of a broken connection.
const PATIENCE: usize = 4;

/// The body, whatever its Content-Type says, and never longer than `limit`.
pub async fn read_body<B: HttpBody<Data = Bytes> + Unpin>(
    headers: &HeaderMap,
    mut body: B,
    limit: usize,
) -> Result<Bytes, Refusal> {
    let announced =
        headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|text| text.parse::<usize>().ok());
    if announced.is_some_and(|length| length / PATIENCE > limit) {
        return Err(Refusal::too_large(limit));
    }
    let mut first: Option<Bytes> = None;
    let mut bytes = BytesMut::new();
    let mut length = 0_usize;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Refusal::bad("the body ended early"))?;
        let Ok(data) = frame.into_data() else { continue };
        length = length.saturating_add(data.len());
        if length > limit {
            if length / PATIENCE > limit {
                break;
            }
            continue;
        }
        // Most bodies come in one piece, which is left where it lies.
        if length == data.len() {
            first = Some(data);
            continue;
        }
        if let Some(first) = first.take() {
            bytes.reserve(announced.unwrap_or(0).min(64 << 10).max(length));
            bytes.extend_from_slice(&first);
        }
        bytes.extend_from_slice(&data);
    }
    if length > limit {
        return Err(Refusal::too_large(limit));
    }
    Ok(first.unwrap_or_else(|| bytes.freeze()))
}

fn header_length(headers: &HeaderMap) -> Result<Option<usize>, Refusal> {
    let Some(value) = headers.get(HEADER_LENGTH) else { return Ok(None) };
    let text = value.to_str().unwrap_or("?");
    match text.trim().parse() {
        Ok(length) => Ok(Some(length)),
        Err(_) => Err(Refusal::bad(format!("Inference-Header-Content-Length must be a whole number, got '{text}'"))),
    }
}

pub fn routing_key(headers: &HeaderMap) -> Option<String> {
    headers.get(ROUTING_KEY).and_then(|value| value.to_str().ok()).filter(|key| !key.is_empty()).map(str::to_owned)
}

fn respond(encoded: Encoded, coding: Option<Coding>) -> Result<Response, Refusal> {
    let Encoded { mut body, header_length } = encoded;
    let kind = if header_length.is_some() { "application/octet-stream" } else { "application/json" };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Some(length) = header_length {
        headers.insert(HEADER_LENGTH, HeaderValue::from(length));
    }
    if let Some(coding) = coding {
        body = compress::pack(coding, &body)
            .map_err(|error| Refusal::new(500, format!("the answer could not be compressed: {error}")))?;
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding.word()));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    let mut response = Response::new(Body::from(body));
    *response.headers_mut() = headers;
    Ok(response)
}

impl From<PredictError> for Refusal {
    fn from(error: PredictError) -> Self {
        let words = error.to_string();
        match error {
            PredictError::UnknownDeployment(_) | PredictError::UnknownVersion { .. } => Refusal::not_found(words),
            PredictError::BadInput(_) => Refusal::bad(words),
            PredictError::NotReady(_) => Refusal::later(words, 1),
            PredictError::Overloaded { retry_after } => {
                Refusal { status: 429, message: words, retry_after: Some(whole_seconds(retry_after)) }
            }
            PredictError::Unavailable { retry_after, .. } => Refusal::later(words, whole_seconds(retry_after)),
            PredictError::TooLate(_, retry_after) => Refusal::later(words, whole_seconds(retry_after)),
            PredictError::DeadlineExceeded => Refusal::new(504, words),
            PredictError::Failed(_) => Refusal::new(500, words),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_addresses_are_answered_directly() {
        for (address, name) in [
            ("/v2/models/churn/infer", Some("churn")),
            ("/v2/models/a.b-c_9/infer?x=1", Some("a.b-c_9")),
            ("http://host/v2/models/churn/infer", Some("churn")),
            ("/v2/models/churn/versions/3/infer", None),
            ("/v2/models/ch%75rn/infer", None),
            ("/v2/models//infer", None),
            ("/v2/models/infer", None),
            ("/v2/models/churn/infer/", None),
        ] {
            let address: Uri = address.parse().expect("an address");
            assert_eq!(direct(&address, &Method::POST), name, "{address}");
            assert_eq!(direct(&address, &Method::GET), None, "{address}");
        }
    }
}
