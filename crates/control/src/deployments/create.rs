//! Making a deployment, and changing how it is served and watched.

use super::{reload_one, settings, version_no};
use crate::audit::entry;
use crate::registry;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::deployment::DeploymentSettings;
use contract::inputs::CreateDeployment;
use contract::live::Topic;
use contract::role::Act;
use contract::views::deployment::DeploymentSummary;
use contract::{DeploymentName, Problem, VersionNo};
use serde_json::json;

/// Makes a deployment. It serves nothing before a first version is promoted.
pub async fn create(cx: &Ctx, who: &Actor, input: CreateDeployment) -> Outcome<DeploymentSummary> {
    who.must(Act::Register)?;
    contract::ids::check_name(&input.name).map_err(|why| Problem::field("name", why))?;
    let name = DeploymentName(input.name);
    settings::check(&input.settings)?;
    let doing = "Making the deployment";
    let Some(model) = cx.store.db.model(&input.settings.model).await.or_problem(doing)? else {
        return Err(Problem::field("settings.model", format!("There is no model “{}”.", input.settings.model)));
    };
    let settings = DeploymentSettings {
        owner_team: if input.settings.owner_team.is_empty() { model.owner_team } else { input.settings.owner_team.clone() },
        description: if input.settings.description.is_empty() { model.description } else { input.settings.description.clone() },
        ..input.settings
    };
    check_chain(cx, &settings, None).await?;
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    match tx.deployment_insert(&name, &settings.model, &json!(settings).to_string(), cx.now()).await {
        Err(store::Error::Conflict(_)) => return Err(Problem::conflict(format!("There is a deployment “{}” already.", name))),
        other => other.or_problem(doing)?,
    }
    let summary = format!("Made deployment {name} of {}", settings.model);
    tx.audit(entry(cx, who, "deployment.created", ("deployment", name.as_str()), summary, json!({ "settings": settings })))
        .await
        .or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    reload_one(cx, &name).await?;
    cx.announce(Topic::Deployment { deployment: name.clone() });
    super::get(cx, who, &name).await
}

/// Replaces the settings. The model of a deployment cannot be changed: its monitoring would compare apples with pears.
pub async fn update(cx: &Ctx, who: &Actor, name: &DeploymentName, settings: DeploymentSettings) -> Outcome<DeploymentSummary> {
    who.must(Act::Register)?;
    settings::check(&settings)?;
    let doing = "Changing the deployment";
    let now = cx.store.db.deployment(name).await.or_problem(doing)?.ok_or_else(|| super::unknown(name))?;
    if now.model == settings.model.as_str() {
        check_chain(cx, &settings, now.stable.map(version_no)).await?;
    }
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    let row = tx.deployment_held(name).await.or_problem(doing)?.ok_or_else(|| super::unknown(name))?;
    if row.model != settings.model.as_str() {
        return Err(Problem::field(
            "model",
            format!("{name} serves {}; make another deployment for {}.", row.model, settings.model),
        ));
    }
    tx.deployment_settings(name, &json!(settings).to_string(), cx.now()).await.or_problem(doing)?;
    let before: serde_json::Value = serde_json::from_str(&row.settings).unwrap_or_default();
    let summary = format!("Changed the settings of {name}");
    tx.audit(entry(
        cx,
        who,
        "deployment.changed",
        ("deployment", name.as_str()),
        summary,
        json!({"before": before, "after": settings}),
    ))
    .await
    .or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    reload_one(cx, name).await?;
    cx.announce(Topic::Deployment { deployment: name.clone() });
    super::get(cx, who, name).await
}

/// Checks the fallback chain against the stable version's contract; before there is one, against the newest version's.
async fn check_chain(cx: &Ctx, settings: &DeploymentSettings, stable: Option<VersionNo>) -> Outcome<()> {
    let newest = async || {
        let versions = cx.store.db.versions(&settings.model).await.or_problem("Reading the versions")?;
        Ok::<_, Problem>(versions.first().map(|row| version_no(row.version)))
    };
    let version = match stable {
        Some(stable) => Some(stable),
        None => newest().await?,
    };
    match version {
        Some(version) => settings::check_chain(settings, &registry::version(cx, &settings.model, version).await?.contract),
        None => Ok(()),
    }
}
