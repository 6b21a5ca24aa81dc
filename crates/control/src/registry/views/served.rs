//! Where versions answer requests now.

use crate::{Ctx, Outcome, deployments};
use contract::ModelName;
use contract::views::models::Served;

/// Every version of the model that answers requests, by deployment.
pub async fn served(cx: &Ctx, model: &ModelName) -> Outcome<Vec<Served>> {
    let mut all = Vec::new();
    for brief in deployments::brief(cx, model).await? {
        if let Some(version) = brief.stable {
            all.push(Served { deployment: brief.name.clone(), version, words: "stable".into() });
        }
        if let Some((version, percent)) = brief.canary {
            let words = if percent > 0.0 { format!("canary at {percent}%") } else { "shadow".into() };
            all.push(Served { deployment: brief.name, version, words });
        }
    }
    Ok(all)
}
