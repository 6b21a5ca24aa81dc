//! The one way from any protocol to a prediction: answered by the router, counted here.

use crate::shared::Shared;
use serving::{PredictError, PredictRequest, Prediction};

/// Answers and counts. Never waits for the database: what was answered is recorded after the answer.
pub async fn answer(shared: &Shared, request: PredictRequest) -> Result<Prediction, PredictError> {
    let deployment = request.deployment.clone();
    let answered = shared.router.predict(request).await;
    match &answered {
        Ok(prediction) => shared.meters.answered(&deployment, prediction),
        Err(error) => shared.meters.refused(&deployment, error),
    }
    answered
}
