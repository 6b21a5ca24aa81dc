//! `POST /v2/models/{m}[/versions/{v}]/infer`: the path that must stay short. No session, no database, no span.

use super::compress::{self, Coding};
use super::decode::{decode, decode_raw};
use super::encode::{About, Encoded, check_outputs, encode};
use super::refusal::Refusal;
use super::target::Target;
use crate::edge::Claim;
use crate::predict::{Arrived, answer};
use crate::shared::Shared;
use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use contract::PredictionId;
use futures::StreamExt;
use serving::{PredictError, PredictRequest, Priority, whole_seconds};

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
    target.permit(&shared, &headers).await?;
    let served = target.served(&shared).await?;
    let packed = read_body(&headers, body, shared.config.body_limit).await?;
    let length = packed.len();
    let body = compress::unpack(&headers, packed, shared.config.body_limit)?;
    // The edge answers where there is no room for what a packed body has become.
    if claim.is_some_and(|claim| !claim.take_more(body.len().saturating_sub(length))) {
        return Err(Refusal::later("too many bytes of other requests are being read", 1));
    }
    let mut request = match header_length(&headers)? {
        Some(0) => decode_raw(&body, served.onnx.inputs())?,
        length => decode(&body, length)?,
    };
    drop(body);
    check_outputs(&request, served.onnx.outputs())?;
    let prediction = answer(
        &shared,
        &target.name,
        PredictRequest {
            deployment: target.name.clone(),
            version: target.version,
            inputs: std::mem::take(&mut request.inputs),
            routing_key: request.routing_key.take().or_else(|| routing_key(&headers)),
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
    let encoded = encode(&request, &prediction.outputs, &about, &prediction.served.contract.classes)?;
    respond(encoded, compress::wanted(&headers))
}

/// Bodies past the limit are read and thrown away up to this many times the limit, so that the caller gets to read the refusal
/// instead of a broken connection.
const PATIENCE: usize = 4;

/// The body, whatever its Content-Type says, and never longer than `limit`.
pub async fn read_body(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, Refusal> {
    let announced =
        headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|text| text.parse::<usize>().ok());
    if announced.is_some_and(|length| length / PATIENCE > limit) {
        return Err(Refusal::too_large(limit));
    }
    let mut frames = body.into_data_stream();
    let mut bytes = BytesMut::with_capacity(announced.unwrap_or(0).min(64 << 10));
    let mut length = 0_usize;
    while let Some(frame) = frames.next().await {
        let frame = frame.map_err(|_| Refusal::bad("the body ended early"))?;
        length = length.saturating_add(frame.len());
        if length <= limit {
            bytes.extend_from_slice(&frame);
        } else if length / PATIENCE > limit {
            break;
        }
    }
    if length > limit {
        return Err(Refusal::too_large(limit));
    }
    Ok(bytes.freeze())
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
