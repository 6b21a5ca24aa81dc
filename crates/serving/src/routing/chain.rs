//! The fallback chain: what answers in the place of a version that does not, in the declared order.

use super::counters::FallbackKind;
use super::fallback::{fixed, stated};
use super::predict::{Course, Given, PredictError, Prediction};
use super::ruled::ruled;
use crate::cache::key;
use crate::interpret::is_finite;
use crate::model::{Answer, InferError, Named, Notice, Priority, Timings};
use crate::served::Served;
use contract::deployment::Fallback;
use contract::rollout::Arm;
use contract::{Contract, VersionNo};
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

/// Why a version gave no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Miss {
    #[error(transparent)]
    Model(#[from] InferError),
    /// It was not asked: its circuit breaker is open.
    #[error("version {version} has failed too often of late; it is asked again in {} s", retry_after.as_secs().max(1))]
    Open { version: VersionNo, retry_after: Duration },
}

/// What is heard of a version before it answers: a reason to let something else answer, if it can.
#[derive(Debug, thiserror::Error)]
pub(super) enum Early {
    #[error("version {version} hangs: one run has taken {:.1} s so far", taken.as_secs_f64())]
    Hangs { version: VersionNo, taken: Duration },
    #[error("version {version} had not answered when the request's deadline was near")]
    Near { version: VersionNo },
}

/// Where it is left for [`or_early`].
pub(super) type Heard = Mutex<Option<Early>>;

/// Asks one version, unless its circuit breaker is open. Answers that are not finite numbers are failures. A run that hangs is one at once,
/// and is left in `heard`, as is a deadline that is near.
pub(super) async fn ask(
    served: &Served,
    inputs: &Arc<Named>,
    priority: Priority,
    deadline: Option<Instant>,
    heard: &Heard,
) -> Result<Answer, Miss> {
    let mut pass =
        served.breaker.admit(Instant::now()).map_err(|retry_after| Miss::Open { version: served.version, retry_after })?;
    let version = served.version;
    let notice = |notice| match notice {
        Notice::Hangs { taken } => {
            pass.hangs();
            leave(heard, Early::Hangs { version, taken });
        }
        Notice::LastCall => leave(heard, Early::Near { version }),
    };
    let answer = served.onnx.infer_watched(inputs.clone(), priority, deadline, notice).await.and_then(|answer| {
        let nan = || InferError::Failed(format!("version {} answered with something that is not a number", served.version));
        if is_finite(&served.contract, &answer.outputs) { Ok(answer) } else { Err(nan()) }
    });
    pass.ended(&answer, || !inputs.iter().any(|(_, tensor)| tensor.data().has_non_finite()));
    Ok(answer?)
}

/// The first one counts.
fn leave(heard: &Heard, early: Early) {
    heard.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(early);
}

/// What comes first: the answer, or something that is heard before it. The answer can be waited for again.
pub(super) async fn or_early<T>(mut asking: Pin<&mut impl Future<Output = T>>, heard: &Heard) -> Result<T, Early> {
    poll_fn(|cx| match asking.as_mut().poll(cx) {
        Poll::Ready(answer) => Poll::Ready(Ok(answer)),
        Poll::Pending => match heard.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(early) => Poll::Ready(Err(early)),
            None => Poll::Pending,
        },
    })
    .await
}

/// Whether a link can answer under this contract; `Err` says which field of it is wrong, and why.
pub fn fits(link: &Fallback, contract: &Contract) -> Result<(), (&'static str, String)> {
    match link {
        Fallback::Previous { .. } | Fallback::Cache => Ok(()),
        Fallback::Rule { rule } => rule.fit(contract).map_err(|error| ("rule", error.to_string())),
        Fallback::Default { label, score } => fixed(contract, label, *score, 1).map(drop).map_err(|why| ("label", why)),
    }
}

impl Course<'_> {
    /// Goes down the chain, since the assigned version has no answer.
    pub(super) async fn fall_back(
        self,
        miss: Miss,
        deadline: Option<Instant>,
        chain: &[Fallback],
    ) -> Result<Prediction, PredictError> {
        let hopeless = matches!(miss, Miss::Model(InferError::DeadlineExceeded | InferError::BadInput { .. }));
        if self.arm == Arm::Pilot || hopeless {
            return self.failed(miss);
        }
        // Values that a model calls wrong may be right for another one, but are no reason for a made-up answer.
        let refused = matches!(miss, Miss::Model(InferError::Refused(_)));
        match self.stand_in(deadline, chain, refused, true).await {
            Some(found) => self.stood_in(found, miss.to_string()).await,
            None => self.failed(miss),
        }
    }

    /// The first answer that the chain has. With `only_versions`, none that is made up. With `patient` the last link may take its time,
    /// since there is nothing else to wait for.
    pub(super) async fn stand_in(
        &self,
        deadline: Option<Instant>,
        chain: &[Fallback],
        only_versions: bool,
        patient: bool,
    ) -> Option<Found> {
        if self.arm == Arm::Pilot {
            return None;
        }
        for (i, link) in chain.iter().enumerate() {
            let found = match link {
                Fallback::Previous { version } => self.previous(*version, deadline, patient && i + 1 == chain.len()).await,
                _ if only_versions => None,
                Fallback::Rule { rule } => {
                    let said = ruled(rule, &self.served.contract, &self.inputs, self.rows)
                        .and_then(|rows| stated(&self.served.contract, &rows));
                    self.made_up(FallbackKind::Rule, said)
                }
                Fallback::Cache => self.stale(),
                Fallback::Default { label, score } => {
                    self.made_up(FallbackKind::Default, fixed(&self.served.contract, label, *score, self.rows))
                }
            };
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// The request counts as failed for the version that it was assigned to, whoever answers.
    pub(super) async fn stood_in(self, found: Found, why: String) -> Result<Prediction, PredictError> {
        let Found { outputs, by, kind, timings } = found;
        self.counters(self.served, self.arm).failed(self.started.elapsed(), Some(kind));
        let (fallback, cached) = (Some((kind, why)), kind == FallbackKind::Cache);
        self.finish(Given { outputs, by, fallback, cached, timings }).await
    }

    /// The version that was stable before, or a named one. While a canary is out, the version before it is the stable one.
    async fn previous(&self, version: Option<VersionNo>, deadline: Option<Instant>, patient: bool) -> Option<Found> {
        let other = match version {
            Some(version) => self.route.version(version),
            None if self.arm == Arm::Canary => Some(&self.route.stable),
            None => self.route.previous.as_ref(),
        };
        let other = other.filter(|other| other.version != self.served.version)?;
        let inputs = Arc::new(other.onnx.check(Named::clone(&self.inputs)).ok()?);
        let heard = Heard::default();
        let mut asking = pin!(ask(other, &inputs, self.priority, deadline, &heard));
        let answer = match or_early(asking.as_mut(), &heard).await {
            Ok(answer) => answer.ok()?,
            Err(_) if patient => asking.await.ok()?,
            Err(_) => return None,
        };
        Some(Found {
            outputs: Arc::new(answer.outputs),
            by: Some(other.clone()),
            kind: FallbackKind::Previous,
            timings: answer.timings,
        })
    }

    /// The last kept answer to the same input: of the assigned version, else of the stable one.
    fn stale(&self) -> Option<Found> {
        let cache = self.route.cache.as_ref()?;
        let of = |served: &Arc<Served>, inputs: &Named| {
            let kept = cache.any(&key(served, inputs), self.started)?;
            Some(Found {
                outputs: kept.outputs,
                by: Some(served.clone()),
                kind: FallbackKind::Cache,
                timings: Timings::default(),
            })
        };
        let stable = &self.route.stable;
        of(self.served, &self.inputs).or_else(|| {
            let inputs = stable.onnx.check(Named::clone(&self.inputs)).ok().filter(|_| stable.version != self.served.version)?;
            of(stable, &inputs)
        })
    }

    fn made_up(&self, kind: FallbackKind, outputs: Result<Named, String>) -> Option<Found> {
        match outputs {
            Ok(outputs) => Some(Found { outputs: Arc::new(outputs), by: None, kind, timings: Timings::default() }),
            Err(error) => {
                tracing::warn!(deployment = %self.route.name, fallback = kind.word(), error, "a declared fallback has no answer");
                None
            }
        }
    }
}

/// What a link of the chain answers.
pub(super) struct Found {
    outputs: Arc<Named>,
    by: Option<Arc<Served>>,
    kind: FallbackKind,
    timings: Timings,
}
