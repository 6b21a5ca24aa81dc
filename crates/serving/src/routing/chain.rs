//! The fallback chain: what answers in the place of a version that does not, in the declared order.

use super::counters::FallbackKind;
use super::fallback::{fixed, stated};
use super::predict::{Course, Given, PredictError, Prediction};
use super::ruled::ruled;
use crate::cache::key;
use crate::interpret::is_finite;
use crate::model::{Answer, InferError, Named, Priority, Timings};
use crate::served::Served;
use contract::deployment::Fallback;
use contract::rollout::Arm;
use contract::{Contract, VersionNo};
use std::sync::Arc;
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

/// Asks one version, unless its circuit breaker is open. Answers that are not finite numbers are failures.
pub(super) async fn ask(
    served: &Served,
    inputs: &Arc<Named>,
    priority: Priority,
    deadline: Option<Instant>,
) -> Result<Answer, Miss> {
    let pass = served.breaker.admit(Instant::now()).map_err(|retry_after| Miss::Open { version: served.version, retry_after })?;
    let answer = served.onnx.infer(inputs.clone(), priority, deadline).await.and_then(|answer| {
        let nan = || InferError::Failed(format!("version {} answered with something that is not a number", served.version));
        if is_finite(&served.contract, &answer.outputs) { Ok(answer) } else { Err(nan()) }
    });
    pass.ended(&answer, || !inputs.iter().any(|(_, tensor)| tensor.data().has_non_finite()));
    Ok(answer?)
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
    /// Goes down the chain. The request counts as failed for the version that it was assigned to, whoever answers.
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
        for link in chain {
            let found = match link {
                Fallback::Previous { version } => self.previous(*version, deadline).await,
                _ if refused => None,
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
            if let Some(Found { outputs, by, kind, timings }) = found {
                self.counters(self.served, self.arm).failed(self.started.elapsed(), Some(kind));
                let (fallback, cached) = (Some((kind, miss.to_string())), kind == FallbackKind::Cache);
                return self.finish(Given { outputs, by, fallback, cached, timings }).await;
            }
        }
        self.failed(miss)
    }

    /// The version that was stable before, or a named one. While a canary is out, the version before it is the stable one.
    async fn previous(&self, version: Option<VersionNo>, deadline: Option<Instant>) -> Option<Found> {
        let other = match version {
            Some(version) => self.route.version(version),
            None if self.arm == Arm::Canary => Some(&self.route.stable),
            None => self.route.previous.as_ref(),
        };
        let other = other.filter(|other| other.version != self.served.version)?;
        let inputs = other.onnx.check(Named::clone(&self.inputs)).ok()?;
        let answer = ask(other, &Arc::new(inputs), self.priority, deadline).await.ok()?;
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
struct Found {
    outputs: Arc<Named>,
    by: Option<Arc<Served>>,
    kind: FallbackKind,
    timings: Timings,
}
