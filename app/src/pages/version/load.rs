//! What the version page loads and does: each a few lines over `control`.

use crate::page_error::Outcome;
use contract::views::report::{Case, ExplainView};
use contract::views::version::VersionView;
use contract::{DeploymentName, ModelName, ReportId, VersionNo};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[server]
pub async fn load_version(model: ModelName, version: VersionNo) -> Outcome<VersionView> {
    let (cx, who) = crate::session::reader().await?;
    Ok(control::registry::get_version(&cx, &who, &model, version).await?)
}

/// The explain tab, with one decision where a record was asked about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explained {
    pub view: ExplainView,
    pub one: Option<Outcome<Case>>,
    /// Address of this server, for links that are sent to others.
    pub address: String,
}

#[server]
pub async fn load_explained(model: ModelName, version: VersionNo, record: Option<String>) -> Outcome<Explained> {
    let (cx, who) = crate::session::reader().await?;
    let view = control::explain::view(&cx, &who, &model, version).await?;
    let one = match record {
        Some(text) => Some(explain_record(&cx, &who, &model, version, &text).await),
        None => None,
    };
    Ok(Explained { view, one, address: cx.site.address.clone() })
}

#[cfg(feature = "ssr")]
async fn explain_record(
    cx: &control::Ctx,
    who: &control::Actor,
    model: &ModelName,
    version: VersionNo,
    text: &str,
) -> Outcome<Case> {
    let unreadable =
        |error| crate::page_error::PageError(contract::Problem::field("record", format!("This is not a JSON object: {error}")));
    let record = serde_json::from_str(text).map_err(unreadable)?;
    Ok(control::explain::one(cx, who, model, version, record).await.map_err(crate::page_error::PageError)?)
}

#[server]
pub async fn run_gates(csrf: String, model: ModelName, version: VersionNo) -> Outcome<()> {
    let (cx, who) = crate::session::act(&csrf).await?;
    control::gates::enqueue(&cx, &who, &model, version).await?;
    leptos_axum::redirect(&contract::urls::version(&model, version, "gates"));
    Ok(())
}

/// Makes a deployment of this model with the settings that every deployment starts with.
#[server]
pub async fn create_deployment(csrf: String, model: ModelName, version: VersionNo, name: String) -> Outcome<()> {
    let (cx, who) = crate::session::act(&csrf).await?;
    let settings = contract::deployment::DeploymentSettings::new(model.clone());
    control::deployments::create(&cx, &who, contract::inputs::CreateDeployment { name, settings }).await?;
    leptos_axum::redirect(&format!("{}?dialog=promote", contract::urls::version(&model, version, "")));
    Ok(())
}

/// Freezes the evidence and asks for the signatures that the policy names.
#[server]
pub async fn request_promotion(
    csrf: String,
    model: ModelName,
    version: VersionNo,
    deployment: DeploymentName,
    reason: String,
    plan: String,
) -> Outcome<()> {
    let (cx, who) = crate::session::act(&csrf).await?;
    let plan = contract::plans::named(&plan).ok_or_else(|| contract::Problem::field("plan", "Choose one of the plans."))?;
    let input = contract::inputs::RequestPromotion { model, version, deployment, reason, plan: Some(plan) };
    let approval = control::approvals::request_promotion(&cx, &who, input).await?;
    leptos_axum::redirect(&contract::urls::approval(&approval.id));
    Ok(())
}

#[server]
pub async fn set_alias(csrf: String, model: ModelName, version: VersionNo, alias: String) -> Outcome<()> {
    let (cx, who) = crate::session::act(&csrf).await?;
    control::registry::set_alias(&cx, &who, &model, alias.trim(), version).await?;
    leptos_axum::redirect(&contract::urls::version(&model, version, ""));
    Ok(())
}

#[server]
pub async fn delete_alias(csrf: String, model: ModelName, version: VersionNo, alias: String) -> Outcome<()> {
    let (cx, who) = crate::session::act(&csrf).await?;
    control::registry::delete_alias(&cx, &who, &model, &alias).await?;
    leptos_axum::redirect(&contract::urls::version(&model, version, ""));
    Ok(())
}

#[server]
pub async fn build_report(csrf: String, model: ModelName, version: VersionNo) -> Outcome<()> {
    let (cx, who) = crate::session::act(&csrf).await?;
    control::explain::build(&cx, &who, &model, version).await?;
    leptos_axum::redirect(&contract::urls::version(&model, version, "explain"));
    Ok(())
}

/// Makes a link and goes back to where it is shown, once.
#[server]
pub async fn share_report(csrf: String, model: ModelName, version: VersionNo, report: ReportId, days: u32) -> Outcome<()> {
    let (cx, who) = crate::session::act(&csrf).await?;
    let token = control::explain::share(&cx, &who, &report, days).await?;
    let page = contract::urls::version(&model, version, "explain");
    leptos_axum::redirect(&format!("{page}?link={}", contract::urls::encode(&token)));
    Ok(())
}
