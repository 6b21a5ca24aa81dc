//! The one way from any protocol to a prediction: answered by the router, counted here.

use crate::meters::Line;
use crate::shared::Shared;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serving::{PredictError, PredictRequest, Prediction};
use std::convert::Infallible;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Instant;

/// When the head of the request had arrived. Stands first among what a handler takes, before its body.
#[derive(Clone, Copy, Debug)]
pub struct Arrived(pub Instant);

impl<S: Sync> FromRequestParts<S> for Arrived {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Arrived(Instant::now()))
    }
}

/// A prediction on its way out. Dropped when it is encoded: then its times are known, it is counted, and its record is sent.
pub struct Answered {
    prediction: Prediction,
    line: Arc<Line>,
}

impl Deref for Answered {
    type Target = Prediction;

    fn deref(&self) -> &Prediction {
        &self.prediction
    }
}

impl Drop for Answered {
    fn drop(&mut self) {
        let spent = self.prediction.close();
        self.line.observe(&spent, self.prediction.fallback.is_some());
    }
}

/// Answers and counts. Never waits for the database: what was answered is recorded after the answer.
pub async fn answer(shared: &Shared, deployment: &str, request: PredictRequest) -> Result<Answered, PredictError> {
    match shared.router.predict(request).await {
        Ok(prediction) => Ok(Answered { line: shared.meters.line(deployment, &prediction), prediction }),
        Err(error) => {
            shared.meters.refused(deployment, &error);
            Err(error)
        }
    }
}
