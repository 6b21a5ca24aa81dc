//! The shadow version's copy of a request.

use super::predict::{Course, spent};
use crate::interpret::is_finite;
use crate::model::{Answer, InferError, Named, Priority};
use crate::record::{Outcome, Spent};
use contract::deployment::Recording;
use contract::rollout::Arm;
use std::sync::Arc;
use std::time::{Duration, Instant};

impl Course<'_> {
    /// Hands a copy to the shadow version, which answers to the record alone. A shadow that is behind misses requests.
    pub(super) fn copy_to_shadow(&self) {
        if self.arm == Arm::Pilot {
            return;
        }
        let Some(shadow) = self.route.shadow.as_ref().filter(|shadow| shadow.version != self.served.version) else { return };
        let started = Instant::now();
        let (inner, counters) = (self.inner.clone(), self.counters(shadow, Arm::Shadow));
        let Ok(inputs) = shadow.onnx.check(Named::clone(&self.inputs)).map(Arc::new) else {
            counters.failed(Duration::ZERO, None);
            return;
        };
        let mut draft = self.draft(None, None, Outcome::Answered, Spent::default());
        (draft.arm, draft.served, draft.inputs) = (Arm::Shadow, shadow.clone(), inputs.clone());
        let (by, records) = (shadow.clone(), self.route.settings.recording != Recording::Off);
        let then = move |answer: Result<Answer, InferError>| {
            let total = started.elapsed();
            let answer = answer.and_then(|answer| {
                if is_finite(&by.contract, &answer.outputs) {
                    Ok(answer)
                } else {
                    Err(InferError::Failed("the answer is not a number".into()))
                }
            });
            match answer {
                Ok(answer) => {
                    counters.answered(draft.rows, answer.timings, total, (inner.recorder.clock)());
                    draft.spent = spent(total, answer.timings).after(draft.spent.wait);
                    draft.outputs = Some(Arc::new(answer.outputs));
                    draft.answered_by = Some(by);
                }
                Err(error) => {
                    counters.failed(total, None);
                    draft.spent.total += total;
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
}
