//! One prediction: choose the version, check the inputs, ask the model, fall back as declared, record.

use super::Route;
use super::chain::{Heard, Miss, ask, or_early};
use super::counters::FallbackKind;
use super::receipt::Receipt;
use super::router::{Inner, Router};
use crate::cache::{Cache, Kept, Key, key};
use crate::model::{Answer, BadInput, InferError, Named, Priority, Timings, whole_seconds};
use crate::record::{Draft, Outcome, Spent};
use crate::records::{decode_feature, refusal};
use crate::served::Served;
use contract::deployment::{Fallback, Recording};
use contract::rollout::Arm;
use contract::{PredictionId, VersionNo};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// When to come back to a version that could not be loaded: it is tried again about that often.
const BROKEN: Duration = Duration::from_secs(30);
/// When to come back where answers cannot be recorded: a few tries of the writer later.
const UNRECORDED: Duration = Duration::from_secs(5);

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
    /// When its head arrived, from callers that encode the answer: what came before the router counts as waiting, and the
    /// record is sent when the prediction is closed or dropped, so that encoding counts too. `None`: times begin and end here.
    pub arrived: Option<Instant>,
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
#[derive(Debug)]
pub struct Prediction {
    pub outputs: Arc<Named>,
    /// The version that answered; for a default, the one that should have. Its contract reads `outputs`.
    pub served: Arc<Served>,
    pub version: VersionNo,
    /// The arm that the request was assigned to; `pilot` for a request that asked for its version.
    pub arm: Arm,
    /// `churn:3`, or `rule`, or `default`.
    pub served_by: String,
    /// What answered in the place of the assigned version: `previous`, `rule`, `cache` or `default`.
    pub fallback: Option<&'static str>,
    /// The answer was given to an earlier request with the same input.
    pub cached: bool,
    pub prediction_id: PredictionId,
    pub timings: PredictTimings,
    pub rows: usize,
    pub(super) receipt: Receipt,
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
    /// The version has failed too often of late, and nothing else is declared that could answer.
    #[error("{why}")]
    Unavailable { why: String, retry_after: Duration },
    #[error("no answer: {0}")]
    Failed(String),
}

/// A request on its way: what every record of it says.
pub(super) struct Course<'r> {
    pub inner: &'r Arc<Inner>,
    pub route: &'r Route,
    pub served: &'r Arc<Served>,
    pub arm: Arm,
    pub inputs: Arc<Named>,
    pub rows: usize,
    id: PredictionId,
    key: Option<String>,
    pub started: Instant,
    arrived: Option<Instant>,
    pub priority: Priority,
}

/// What is answered, and where it came from.
pub(super) struct Given {
    pub outputs: Arc<Named>,
    /// The version whose answer it is; `None` for what a rule or a default says.
    pub by: Option<Arc<Served>>,
    /// What answered in the place of the assigned version, and why.
    pub fallback: Option<(FallbackKind, String)>,
    pub cached: bool,
    pub timings: Timings,
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
        // An answer on this very thread waits for nothing: without this, a caller that asks in a loop would keep the thread for itself.
        tokio::task::coop::consume_budget().await;
        let started = Instant::now();
        self.inner.inflight.fetch_add(1, Ordering::Relaxed);
        let _inflight = Inflight(&self.inner);
        let snapshot = self.inner.snapshot.load();
        let Some(route) = snapshot.routes.get(&request.deployment) else {
            return Err(if snapshot.loading.contains(&request.deployment) || snapshot.asleep.contains_key(&request.deployment) {
                PredictError::NotReady(request.deployment)
            } else {
                PredictError::UnknownDeployment(request.deployment)
            });
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
        let course = Course {
            inner: &self.inner,
            route,
            served,
            arm,
            inputs,
            rows,
            id: request.id,
            key,
            started,
            arrived: request.arrived,
            priority: request.priority,
        };
        if let Some(misfit) = misfit {
            return course
                .fall_back(InferError::Refused(misfit.message).into(), request.deadline, &[Fallback::Previous { version: None }])
                .await;
        }
        let place = course.place();
        if let Some(kept) = course.look_up(place.as_ref()) {
            course.copy_to_shadow();
            return course.from_cache(kept).await;
        }
        let (inputs, heard) = (course.inputs.clone(), Heard::default());
        let mut asking = pin!(ask(served, &inputs, request.priority, request.deadline, &heard));
        let asked = loop {
            match or_early(asking.as_mut(), &heard).await {
                Ok(asked) => break asked,
                // Where nothing else has an answer, this one is waited for all the same.
                Err(early) => {
                    if let Some(found) = course.stand_in(request.deadline, &route.settings.fallback, false, false).await {
                        course.copy_to_shadow();
                        return course.stood_in(found, early.to_string()).await;
                    }
                }
            }
        };
        course.copy_to_shadow();
        match asked {
            Ok(answer) => course.answered(answer, place).await,
            Err(miss) => course.fall_back(miss, request.deadline, &route.settings.fallback).await,
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

/// Where the cache, if there is one, keeps the answer to a request.
type Place<'r> = (&'r Cache, Key);

impl<'r> Course<'r> {
    fn place(&self) -> Option<Place<'r>> {
        self.route.cache.as_deref().map(|cache| (cache, key(self.served, &self.inputs)))
    }

    /// The assigned version's answer to the same input, given not long ago. Counted, either way.
    fn look_up(&self, place: Option<&Place<'_>>) -> Option<Kept> {
        let (cache, key) = place?;
        let looked = Instant::now();
        let found = cache.fresh(key, self.started);
        let (counters, lookup) = (self.counters(self.served, self.arm), looked.elapsed());
        match &found {
            Some(_) => counters.cache_hit(lookup, self.started.elapsed(), (self.inner.recorder.clock)()),
            None => counters.cache_miss(lookup),
        }
        found
    }

    /// Recorded and watched as any other answer: it is what the caller acts on.
    async fn from_cache(self, kept: Kept) -> Result<Prediction, PredictError> {
        let by = Some(self.served.clone());
        self.finish(Given { outputs: kept.outputs, by, fallback: None, cached: true, timings: Timings::default() }).await
    }

    async fn answered(self, answer: Answer, place: Option<Place<'_>>) -> Result<Prediction, PredictError> {
        let (by, outputs) = (self.served.clone(), Arc::new(answer.outputs));
        let counters = self.counters(&by, self.arm);
        counters.answered(self.rows, answer.timings, self.started.elapsed(), (self.inner.recorder.clock)());
        if let Some((cache, key)) = place {
            let keeping = Instant::now();
            cache.keep(key, outputs.clone(), keeping);
            counters.cache_kept(keeping.elapsed());
        }
        self.finish(Given { outputs, by: Some(by), fallback: None, cached: false, timings: answer.timings }).await
    }

    /// Nothing answers. Says why in the caller's terms.
    pub(super) fn failed(self, miss: Miss) -> Result<Prediction, PredictError> {
        let total = self.started.elapsed();
        self.counters(self.served, self.arm).failed(total, None);
        let why = miss.to_string();
        let outcome = Outcome::Failed { reason: why.clone() };
        if self.route.settings.recording != Recording::Off {
            self.inner.recorder.record(self.draft(None, None, outcome, spent(total, Timings::default())));
        }
        let missing = self.inputs.iter().find(|(_, tensor)| tensor.data().has_non_finite());
        Err(match (miss, missing) {
            (Miss::Open { retry_after, .. }, _) => PredictError::Unavailable { why, retry_after },
            (Miss::Model(InferError::Overloaded { retry_after }), _) => PredictError::Overloaded { retry_after },
            (Miss::Model(error @ InferError::TooLate { retry_after, .. }), _) => {
                PredictError::TooLate(error.to_string(), retry_after)
            }
            (Miss::Model(InferError::DeadlineExceeded), _) => PredictError::DeadlineExceeded,
            (Miss::Model(InferError::BadInput { field, message }), _) => PredictError::BadInput(BadInput { field, message }),
            (Miss::Model(error @ InferError::Refused(_)), _) => {
                PredictError::BadInput(BadInput::new("inputs", error.to_string()))
            }
            (Miss::Model(_), _) if self.served.onnx.broken().is_some() => PredictError::Unavailable { why, retry_after: BROKEN },
            // A model that cannot answer because a value is missing: the caller can mend that.
            (Miss::Model(InferError::Failed(cause)), Some((name, _))) => PredictError::BadInput(BadInput::new(
                name.as_str(),
                format!("{cause}; input “{name}” holds a value that is missing or not a number, which it cannot do without"),
            )),
            (Miss::Model(error), _) => PredictError::Failed(error.to_string()),
        })
    }

    pub(super) fn draft(
        &self,
        outputs: Option<Arc<Named>>,
        answered_by: Option<Arc<Served>>,
        outcome: Outcome,
        spent: Spent,
    ) -> Draft {
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
            spent: spent.after(self.wait()),
            routing_key: self.key.clone(),
        }
    }

    pub(super) async fn finish(self, given: Given) -> Result<Prediction, PredictError> {
        let Given { outputs, by, fallback, cached, timings } = given;
        let kind = fallback.as_ref().map(|(kind, _)| *kind);
        let outcome = fallback.map_or(Outcome::Answered, |(kind, reason)| Outcome::Fallback { kind: kind.word(), reason });
        let spent = spent(self.started.elapsed(), timings);
        let draft = self.draft(Some(outputs.clone()), by.clone(), outcome, spent);
        let mut receipt = Receipt::new(self.arrived.unwrap_or(self.started), draft.spent);
        match self.route.settings.recording {
            Recording::Async => receipt.keep(self.inner.clone(), draft),
            Recording::Durable if self.inner.recorder.record_durably(draft).await => {}
            Recording::Durable => {
                let why = "the answer could not be recorded, which this deployment asks for".into();
                return Err(PredictError::Unavailable { why, retry_after: UNRECORDED });
            }
            Recording::Off => {}
        }
        if self.arrived.is_none() {
            receipt.close();
        }
        let nobody = kind.map_or("default", FallbackKind::word);
        let served_by = by.as_ref().map_or_else(|| nobody.to_owned(), |served| served.name());
        let served = by.unwrap_or_else(|| self.served.clone());
        let timings = PredictTimings { total: self.started.elapsed(), queued: spent.queued, compute: spent.compute };
        let fallback = kind.map(FallbackKind::word);
        Ok(Prediction {
            outputs,
            version: served.version,
            served,
            arm: self.arm,
            served_by,
            fallback,
            cached,
            prediction_id: self.id,
            timings,
            rows: self.rows,
            receipt,
        })
    }

    /// What lay before the router.
    fn wait(&self) -> Duration {
        self.arrived.map_or(Duration::ZERO, |arrived| self.started.saturating_duration_since(arrived))
    }

    pub(super) fn counters(&self, served: &Served, arm: Arm) -> Arc<super::counters::Counters> {
        self.inner.counters.of(self.route.name.as_str(), &served.model, served.version, arm)
    }
}

pub(super) fn spent(total: Duration, timings: Timings) -> Spent {
    Spent {
        total,
        wait: Duration::ZERO,
        queued: timings.queued,
        compute: timings.compute,
        batch_rows: timings.batch_rows,
        leads_run: timings.leads_run,
    }
}
