//! Predictions from plain records, for people and `curl`. On the short path: no session, no database.

use super::take::At;
use super::take::read;
use crate::aside::{LARGE, aside};
use crate::oip::infer::routing_key;
use crate::oip::target::permit;
use crate::predict::{Arrived, answer};
use crate::shared::Shared;
use crate::web::refused::{Answer, Refused};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use contract::rollout::Arm;
use contract::{DeploymentName, PredictionId, Problem, ProblemKind, VersionNo};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use serving::{Label, PredictError, PredictRequest, Priority, interpret, records, whole_seconds};
use std::collections::BTreeMap;
use std::time::Duration;

/// Records that one request may carry.
const MOST: usize = 10_000;

#[derive(Deserialize)]
struct Body {
    records: Vec<Map<String, Value>>,
    #[serde(default)]
    routing_key: Option<Value>,
    /// Asks for one version and bypasses the rollout.
    #[serde(default)]
    version: Option<VersionNo>,
    /// How long the caller waits.
    #[serde(default)]
    timeout_ms: Option<u64>,
    /// 1 is the most urgent; 0 the deployment's level in the middle.
    #[serde(default)]
    priority: u64,
}

#[derive(Serialize)]
struct Predicted {
    predictions: Vec<Line>,
    version: VersionNo,
    arm: Arm,
    served_by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fallback: Option<&'static str>,
    /// The answer was given before, to the same records.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cached: bool,
}

#[derive(Serialize)]
struct Line {
    /// The class, or the number for regression.
    label: Value,
    /// Score per class; empty for regression.
    scores: BTreeMap<String, f64>,
    prediction_id: PredictionId,
}

pub async fn predict_records(
    Arrived(arrived): Arrived,
    State(shared): State<Shared>,
    At(name): At<DeploymentName>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer<Response> {
    permit(&shared, &headers).await.map_err(|refusal| Problem::unauthenticated(refusal.message))?;
    if shared.sleeps(name.as_str()) {
        // How long the caller waits counts for the loading too.
        let said = read::<Body>(&body).ok().and_then(|body| body.timeout_ms);
        let within = said.map(|ms| Duration::from_millis(ms).saturating_sub(arrived.elapsed()));
        shared.wake(name.as_str(), within).await?;
    }
    if shared.is_unloaded(name.as_str()) {
        return Err(Problem::later(format!("Deployment “{name}” is unloaded; load it first."), 5).into());
    }
    let Some(route) = shared.router.route(name.as_str()) else {
        let error = if shared.router.snapshot().loading.contains(name.as_str()) {
            PredictError::NotReady
        } else {
            PredictError::UnknownDeployment
        };
        return Err(error(name.0).into());
    };
    let giant = body.len() >= LARGE;
    let Body { records, routing_key: key, version, timeout_ms, priority } = aside(giant, || read(&body)).await?;
    if records.is_empty() || records.len() > MOST {
        return Err(
            Problem::field("records", format!("One request takes 1 to {MOST} records, and has {}.", records.len())).into()
        );
    }
    let served = match version {
        None => &route.stable,
        Some(version) => match route.version(version) {
            Some(served) => served,
            None => return Err(Problem::not_found(format!("{name} has no version {version} in service.")).into()),
        },
    };
    let encoded = aside(giant, || {
        let rows = records::from_json(&served.contract, &records).map_err(bad)?;
        records::encode(&served.contract, &rows).map_err(bad)
    });
    let inputs = encoded.await?;
    let request = PredictRequest {
        deployment: name.0.clone(),
        version,
        inputs,
        routing_key: key.map(|key| key.as_str().map_or_else(|| key.to_string(), str::to_owned)).or_else(|| routing_key(&headers)),
        deadline: timeout_ms.and_then(|ms| arrived.checked_add(Duration::from_millis(ms))),
        arrived: Some(arrived),
        priority: Priority::of(priority),
        id: PredictionId(shared.cx.new_id()),
    };
    let prediction = answer(&shared, name.as_str(), request).await?;
    let contract = &prediction.served.contract;
    let answers = interpret(contract, &prediction.outputs)
        .map_err(|why| Problem::internal(format!("The model's answer cannot be read: {why}.")))?;
    let lines = answers.into_iter().enumerate().map(|(i, answer)| Line {
        label: match answer.label {
            Label::Class(class) => class.into(),
            Label::Value(number) => shortest(number).into(),
        },
        scores: contract.classes.iter().cloned().zip(answer.scores.into_iter().map(shortest)).collect(),
        prediction_id: prediction.prediction_id.row(i, prediction.rows),
    });
    let response = Json(Predicted {
        predictions: lines.collect(),
        version: prediction.version,
        arm: prediction.arm,
        served_by: prediction.served_by.clone(),
        fallback: prediction.fallback,
        cached: prediction.cached,
    })
    .into_response();
    // Only now is the answer encoded, and its time known.
    drop(prediction);
    Ok(response)
}

/// A number that came out of a model in single precision, as the number that people would write for it: 0.55, not 0.550000011920929.
fn shortest(number: f64) -> f64 {
    let single = number as f32;
    if f64::from(single) == number { single.to_string().parse().unwrap_or(number) } else { number }
}

fn bad(error: serving::BadInput) -> Problem {
    Problem::field(error.field, error.message)
}

impl From<PredictError> for Refused {
    fn from(error: PredictError) -> Self {
        let words = error.to_string();
        Refused(match error {
            PredictError::UnknownDeployment(_) | PredictError::UnknownVersion { .. } => Problem::not_found(words),
            PredictError::BadInput(error) => bad(error),
            PredictError::Overloaded { retry_after }
            | PredictError::TooLate(_, retry_after)
            | PredictError::Unavailable { retry_after, .. } => Problem::later(words, whole_seconds(retry_after)),
            PredictError::NotReady(_) => Problem::busy(words),
            PredictError::DeadlineExceeded => Problem::new(ProblemKind::TooLate, words),
            PredictError::Failed(_) => Problem::new(ProblemKind::Internal, words),
        })
    }
}
