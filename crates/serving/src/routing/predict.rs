//! One prediction: choose the version, check the inputs, ask the model, fall back as declared, record.

use super::fallback::fixed;
use super::router::{Inner, Router};
use super::Route;
use crate::interpret::is_finite;
use crate::model::{Answer, BadInput, InferError, Named, Priority, Timings, whole_seconds};
use crate::record::{Draft, Outcome, Spent};
use crate::records::{decode_feature, refusal};
use crate::served::Served;
use contract::deployment::{Fallback, Recording};
use contract::rollout::Arm;
use contract::{PredictionId, VersionNo};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// One request. Its id comes with it and must be new; without a routing key, the id decides the arm.
#[derive(Clone, Debug)]
pub struct PredictRequest {
    pub deployment: String,
    /// Asks for one version and bypasses the rollout, and the fallback chain with it.
    pub version: Option<VersionNo>,
    pub inputs: Named,
    /// Requests with the same key get the same arm.
    pub routing_key: Option<String>,
    pub deadline: Option<Instant>,
    pub priority: Priority,
    pub id: PredictionId,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PredictTimings {
    pub total: Duration,
    pub queued: Duration,
    pub compute: Duration,
}

/// An answer, and who gave it.
#[derive(Clone, Debug)]
pub struct Prediction {
    pub outputs: Arc<Named>,
    /// The version that answered; for a default, the one that should have. Its contract reads `outputs`.
    pub served: Arc<Served>,
    pub version: VersionNo,
    /// The arm that the request was assigned to; `pilot` for a request that asked for its version.
    pub arm: Arm,
    /// `churn:3`, or `default`.
    pub served_by: String,
    /// What answered in the place of the assigned version: `previous` or `default`.
    pub fallback: Option<&'static str>,
    pub prediction_id: PredictionId,
    pub timings: PredictTimings,
    pub rows: usize,
}

/// Why there is no answer. Each is a sentence for the caller.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PredictError {
    #[error("there is no deployment “{0}”")]
    UnknownDeployment(String),
    #[error("deployment “{deployment}” has no version {version}; it serves {serves}")]
    UnknownVersion { deployment: String, version: VersionNo, serves: String },
    #[error(transparent)]
    BadInput(#[from] BadInput),
    #[error("deployment “{0}” is still being loaded")]
    NotReady(String),
    #[error("too many requests wait; try again in {} s", whole_seconds(*retry_after))]
    Overloaded { retry_after: Duration },
    #[error("{0}")]
    TooLate(String, Duration),
    #[error("the request's deadline has passed")]
    DeadlineExceeded,
    #[error("no answer: {0}")]
    Failed(String),
}

/// A request on its way: what every record of it says.
struct Course<'r> {
    inner: &'r Arc<Inner>,
    route: &'r Route,
    served: &'r Arc<Served>,
    arm: Arm,
    inputs: Arc<Named>,
    rows: usize,
    id: PredictionId,
    key: Option<String>,
    started: Instant,
    priority: Priority,
}

/// Counts requests that are being answered, however they end.
struct Inflight<'r>(&'r Inner);

impl Drop for Inflight<'_> {
    fn drop(&mut self) {
        self.0.inflight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Router {
    /// Answers one request. Never waits for a database, unless the deployment asks for durable recording.
    pub async fn predict(&self, request: PredictRequest) -> Result<Prediction, PredictError> {
        let started = Instant::now();
        self.inner.inflight.fetch_add(1, Ordering::Relaxed);
        let _inflight = Inflight(&self.inner);
        let snapshot = self.inner.snapshot.load_full();
        let Some(route) = snapshot.routes.get(&request.deployment) else {
            return Err(if snapshot.loading.contains(&request.deployment) { PredictError::NotReady(request.deployment) } else { PredictError::UnknownDeployment(request.deployment) });
        };
        let key = request.routing_key.or_else(|| feature_key(route, &request.inputs));
        let (served, arm) = match request.version {
            Some(version) => (route.version(version).ok_or_else(|| unknown(route, version))?, Arm::Pilot),
            None => route.assign(key.as_deref().unwrap_or(request.id.as_str())),
        };
        let (inputs, misfit) = fitting(route, served, arm, request.inputs)?;
        let inputs = Arc::new(inputs);
        if served.strict
            && let Some(refused) = refusal(&served.contract, &inputs)
        {
            return Err(refused.into());
        }
        let rows = served.onnx.rows(&inputs);
        let course = Course { inner: &self.inner, route, served, arm, inputs, rows, id: request.id, key, started, priority: request.priority };
        if let Some(misfit) = misfit {
            return course.fall_back(InferError::Refused(misfit.message), request.deadline, &[Fallback::Previous { version: None }]).await;
        }
        let asked = ask(served, &course.inputs, request.priority, request.deadline).await;
        if arm != Arm::Pilot {
            course.copy_to_shadow();
        }
        match asked {
            Ok(answer) => course.answered(answer).await,
            Err(error) => course.fall_back(error, request.deadline, &route.settings.fallback).await,
        }
    }
}

/// The checked inputs. A canary that wants other inputs than the stable version must not fail requests that were right until
/// yesterday: those come back as the stable version takes them, with what the canary has against them.
fn fitting(route: &Route, served: &Served, arm: Arm, inputs: Named) -> Result<(Named, Option<BadInput>), BadInput> {
    let stable = &route.stable.onnx;
    if arm != Arm::Canary || served.onnx.inputs() == stable.inputs() {
        return served.onnx.check(inputs).map(|inputs| (inputs, None));
    }
    match served.onnx.check(inputs.clone()) {
        Ok(inputs) => Ok((inputs, None)),
        Err(bad) => stable.check(inputs).map(|inputs| (inputs, Some(bad))),
    }
}

/// Asks one version. Answers that are not finite numbers are failures.
async fn ask(served: &Served, inputs: &Arc<Named>, priority: Priority, deadline: Option<Instant>) -> Result<Answer, InferError> {
    let answer = served.onnx.infer(inputs.clone(), priority, deadline).await?;
    if is_finite(&served.contract, &answer.outputs) { Ok(answer) } else { Err(InferError::Failed(format!("version {} answered with something that is not a number", served.version))) }
}

fn unknown(route: &Route, version: VersionNo) -> PredictError {
    let serves: Vec<String> = route.versions().iter().map(|(served, _)| served.version.to_string()).collect();
    PredictError::UnknownVersion { deployment: route.name.0.clone(), version, serves: serves.join(", ") }
}

/// The value of the feature that the deployment routes by, in the first row.
fn feature_key(route: &Route, inputs: &Named) -> Option<String> {
    let name = route.settings.routing_feature.as_ref()?;
    let contract = &route.stable.contract;
    let at = contract.features.iter().position(|feature| feature.name == *name)?;
    decode_feature(contract, inputs, at).first()?.text()
}

impl Course<'_> {
    async fn answered(self, answer: Answer) -> Result<Prediction, PredictError> {
        let served = self.served.clone();
        let outputs = Arc::new(answer.outputs);
        let total = self.started.elapsed();
        self.counters(served.as_ref(), self.arm).answered(self.rows, answer.timings, total, (self.inner.recorder.clock)());
        self.finish(outputs, Some(served), None, Outcome::Answered, spent(total, answer.timings)).await
    }

    /// Goes down the chain. The request counts as failed for the version that it was assigned to, whoever answers.
    async fn fall_back(self, error: InferError, deadline: Option<Instant>, chain: &[Fallback]) -> Result<Prediction, PredictError> {
        let hopeless = matches!(error, InferError::DeadlineExceeded | InferError::BadInput { .. });
        if self.arm != Arm::Pilot && !hopeless {
            for step in chain {
                let reason = error.to_string();
                match step {
                    Fallback::Previous { version } => {
                        let other = version.map_or(self.route.previous.as_ref(), |version| self.route.version(version));
                        // While a canary is out, the version before it is the stable one.
                        let other = if self.arm == Arm::Canary && version.is_none() { Some(&self.route.stable) } else { other };
                        let Some(other) = other.filter(|other| other.version != self.served.version) else { continue };
                        let Ok(inputs) = other.onnx.check(Named::clone(&self.inputs)) else { continue };
                        let Ok(answer) = ask(other, &Arc::new(inputs), self.priority, deadline).await else { continue };
                        let (other, total) = (other.clone(), self.started.elapsed());
                        self.counters(self.served, self.arm).failed(total, true);
                        let outcome = Outcome::Fallback { kind: "previous", reason };
                        return self.finish(Arc::new(answer.outputs), Some(other), Some("previous"), outcome, spent(total, answer.timings)).await;
                    }
                    // Values that a model calls wrong may be right for another one, but are no reason for a made-up answer.
                    Fallback::Default { .. } if matches!(error, InferError::Refused(_)) => continue,
                    Fallback::Default { label, score } => {
                        let outputs = match fixed(&self.served.contract, label, *score, self.rows) {
                            Ok(outputs) => outputs,
                            Err(error) => {
                                tracing::warn!(deployment = %self.route.name, error, "the declared default does not fit the contract");
                                continue;
                            }
                        };
                        let total = self.started.elapsed();
                        self.counters(self.served, self.arm).failed(total, true);
                        let outcome = Outcome::Fallback { kind: "default", reason };
                        return self.finish(Arc::new(outputs), None, Some("default"), outcome, spent(total, Timings::default())).await;
                    }
                }
            }
        }
        self.failed(error)
    }

    fn failed(self, error: InferError) -> Result<Prediction, PredictError> {
        let total = self.started.elapsed();
        self.counters(self.served, self.arm).failed(total, false);
        let outcome = Outcome::Failed { reason: error.to_string() };
        if self.route.settings.recording != Recording::Off {
            self.inner.recorder.record(self.draft(None, None, outcome, spent(total, Timings::default())));
        }
        let missing = self.inputs.iter().find(|(_, tensor)| tensor.data().has_non_finite());
        Err(match (error, missing) {
            (InferError::Overloaded { retry_after }, _) => PredictError::Overloaded { retry_after },
            (error @ InferError::TooLate { retry_after, .. }, _) => PredictError::TooLate(error.to_string(), retry_after),
            (InferError::DeadlineExceeded, _) => PredictError::DeadlineExceeded,
            (InferError::BadInput { field, message }, _) => PredictError::BadInput(BadInput { field, message }),
            (error @ InferError::Refused(_), _) => PredictError::BadInput(BadInput::new("inputs", error.to_string())),
            // A model that cannot answer because a value is missing: the caller can mend that.
            (InferError::Failed(why), Some((name, _))) => {
                PredictError::BadInput(BadInput::new(name.as_str(), format!("{why}; input “{name}” holds a value that is missing or not a number, which it cannot do without")))
            }
            (error, _) => PredictError::Failed(error.to_string()),
        })
    }

    fn draft(&self, outputs: Option<Arc<Named>>, answered_by: Option<Arc<Served>>, outcome: Outcome, spent: Spent) -> Draft {
        Draft {
            prediction_id: self.id.clone(),
            deployment: self.route.name.clone(),
            served: self.served.clone(),
            answered_by,
            arm: self.arm,
            inputs: self.inputs.clone(),
            outputs,
            rows: self.rows,
            outcome,
            spent,
            routing_key: self.key.clone(),
        }
    }

    async fn finish(self, outputs: Arc<Named>, by: Option<Arc<Served>>, fallback: Option<&'static str>, outcome: Outcome, spent: Spent) -> Result<Prediction, PredictError> {
        let draft = self.draft(Some(outputs.clone()), by.clone(), outcome, spent);
        match self.route.settings.recording {
            Recording::Async => self.inner.recorder.record(draft),
            Recording::Durable if self.inner.recorder.record_durably(draft).await => {}
            Recording::Durable => return Err(PredictError::Failed("the answer could not be recorded, which this deployment asks for".into())),
            Recording::Off => {}
        }
        let served_by = by.as_ref().map_or_else(|| "default".to_owned(), |served| served.name());
        let served = by.unwrap_or_else(|| self.served.clone());
        let timings = PredictTimings { total: self.started.elapsed(), queued: spent.queued, compute: spent.compute };
        Ok(Prediction { outputs, version: served.version, served, arm: self.arm, served_by, fallback, prediction_id: self.id, timings, rows: self.rows })
    }

    /// Hands a copy to the shadow version, which answers to the record alone. A shadow that is behind misses requests.
    fn copy_to_shadow(&self) {
        let Some(shadow) = self.route.shadow.as_ref().filter(|shadow| shadow.version != self.served.version) else { return };
        let started = Instant::now();
        let (inner, counters) = (self.inner.clone(), self.counters(shadow, Arm::Shadow));
        let Ok(inputs) = shadow.onnx.check(Named::clone(&self.inputs)).map(Arc::new) else {
            counters.failed(Duration::ZERO, false);
            return;
        };
        let mut draft = self.draft(None, None, Outcome::Answered, Spent::default());
        (draft.arm, draft.served, draft.inputs) = (Arm::Shadow, shadow.clone(), inputs.clone());
        let (by, records) = (shadow.clone(), self.route.settings.recording != Recording::Off);
        let then = move |answer: Result<Answer, InferError>| {
            let total = started.elapsed();
            let answer = answer.and_then(|answer| if is_finite(&by.contract, &answer.outputs) { Ok(answer) } else { Err(InferError::Failed("the answer is not a number".into())) });
            match answer {
                Ok(answer) => {
                    counters.answered(draft.rows, answer.timings, total, (inner.recorder.clock)());
                    draft.spent = spent(total, answer.timings);
                    draft.outputs = Some(Arc::new(answer.outputs));
                    draft.answered_by = Some(by);
                }
                Err(error) => {
                    counters.failed(total, false);
                    draft.spent.total = total;
                    draft.outcome = Outcome::Failed { reason: error.to_string() };
                }
            }
            if records {
                inner.recorder.record(draft);
            }
        };
        if let Err(error) = shadow.onnx.infer_then(inputs, Priority::Live, then) {
            tracing::debug!(deployment = %self.route.name, %error, "the shadow missed a request");
        }
    }

    fn counters(&self, served: &Served, arm: Arm) -> Arc<super::counters::Counters> {
        self.inner.counters.of(self.route.name.as_str(), &served.model, served.version, arm)
    }
}

fn spent(total: Duration, timings: Timings) -> Spent {
    Spent { total, queued: timings.queued, compute: timings.compute_input + timings.compute + timings.compute_output, batch_rows: timings.batch_rows }
}
