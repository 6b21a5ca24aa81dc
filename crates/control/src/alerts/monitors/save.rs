//! Changing where a rule begins to fire, and the owner's own runbook.

use super::backtest::outside;
use super::limits::{Chosen, name as rule_name};
use super::list::monitor;
use crate::audit::entry;
use crate::deployments::{reload_one, unknown};
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::deployment::DeploymentSettings;
use contract::live::Topic;
use contract::role::Act;
use contract::views::monitors::MonitorLine;
use contract::{DeploymentName, Problem};
use serde_json::{Value as Json, json};

/// Sets the limit of one rule. Everything else of the deployment stays as it is.
pub async fn save(cx: &Ctx, who: &Actor, name: &DeploymentName, rule: &str, limit: f64) -> Outcome<MonitorLine> {
    who.must(Act::Register)?;
    let known = cx.book.get(name).ok_or_else(|| unknown(name))?;
    let chosen =
        Chosen::of(rule).ok_or_else(|| Problem::not_found(format!("There is no rule “{rule}” with a limit to choose.")))?;
    let change = |settings: &DeploymentSettings| {
        let changed = chosen.with(settings, limit).ok_or_else(|| outside(chosen, &known, limit))?;
        let (before, after) = (chosen.get(settings), chosen.get(&changed));
        let summary =
            format!("{} of {name}: the limit is {} instead of {}", rule_name(rule), chosen.said(after), chosen.said(before));
        Ok((changed, summary, json!({ "monitor": rule, "before": before, "after": after })))
    };
    write(cx, who, name, "monitor.changed", change).await?;
    monitor(cx, who, name, rule).await
}

/// Sets the address that alerts of this deployment link to as their runbook; empty for none.
pub async fn save_runbook(cx: &Ctx, who: &Actor, name: &DeploymentName, url: &str) -> Outcome<()> {
    who.must(Act::Register)?;
    let url = url.trim();
    let change = |settings: &DeploymentSettings| {
        let changed = DeploymentSettings { runbook_url: url.to_owned(), ..settings.clone() };
        let what = if url.is_empty() { "no runbook of its own".to_owned() } else { format!("its runbook is {url}") };
        Ok((changed, format!("{name}: {what}"), json!({ "before": settings.runbook_url, "after": url })))
    };
    write(cx, who, name, "runbook.changed", change).await
}

/// Changes the settings as they are now: another change of the same moment is not lost.
async fn write(
    cx: &Ctx,
    who: &Actor,
    name: &DeploymentName,
    action: &'static str,
    change: impl Fn(&DeploymentSettings) -> Outcome<(DeploymentSettings, String, Json)>,
) -> Outcome<()> {
    let doing = "Changing the rule";
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    let row = tx.deployment_held(name).await.or_problem(doing)?.ok_or_else(|| unknown(name))?;
    let (settings, summary, detail) = change(&crate::deployments::settings_of(&row)?)?;
    crate::deployments::check_settings(&settings)?;
    tx.deployment_settings(name, &json!(settings).to_string(), cx.now()).await.or_problem(doing)?;
    tx.audit(entry(cx, who, action, ("deployment", name.as_str()), summary, detail)).await.or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    reload_one(cx, name).await?;
    cx.announce(Topic::Deployment { deployment: name.clone() });
    Ok(())
}
