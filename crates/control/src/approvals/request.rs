//! Asking that a version replace the stable one of a deployment.

use super::{evidence, get, policy};
use crate::audit::entry;
use crate::deployments::{self, Brief};
use crate::gates::{self, Report};
use crate::registry::{self, Version};
use crate::{Actor, Ctx, IntoProblem, Outcome, rollouts, words};
use contract::inputs::RequestPromotion;
use contract::live::Topic;
use contract::role::Act;
use contract::views::approvals::{ApprovalState, ApprovalView};
use contract::views::common::Allowed;
use contract::views::gates::GatesView;
use contract::{ApprovalId, ModelName, Problem, VersionNo};
use serde_json::json;
use store::Blobs;
use store::approvals::ApprovalRow;

/// Freezes the evidence and opens the request. `Conflict` with the reasons if the gates have not been run, did not pass, or
/// compared with another champion than today's; or if something else is under way.
pub async fn request_promotion(cx: &Ctx, who: &Actor, input: RequestPromotion) -> Outcome<ApprovalView> {
    who.must(Act::RequestPromotion)?;
    let doing = "Asking for promotion";
    let reason = input.reason.trim().to_owned();
    if reason.chars().count() > 5_000 {
        return Err(Problem::field("reason", "The limit is 5,000 characters."));
    }
    let version = registry::version(cx, &input.model, input.version).await?;
    let target = deployments::brief_one(cx, &input.deployment).await?;
    check_target(&version, &target)?;
    if let Some(plan) = &input.plan {
        rollouts::check_plan(plan)?;
    }
    let (model, no) = (&version.model.name, version.version);
    let champion = registry::champion(cx, model).await?;
    // Report and words from one read: another run may begin at any moment.
    let ended = gates::ended(cx, model, no).await?;
    let (report, gates) = passed(&version, ended, champion).map_err(Problem::conflict)?;
    let plan = rollouts::fitted_plan(input.plan.clone().unwrap_or_default(), &version.contract);
    let before = match target.stable {
        Some(stable) => Some(registry::version(cx, model, stable).await?),
        None => None,
    };
    let reports = !cx.store.db.reports_of(model, no).await.or_problem(doing)?.is_empty();
    let found = evidence::build(&evidence::Known {
        now: cx.now(),
        version: &version,
        before: before.as_ref(),
        target: &target,
        report: &report,
        gates,
        plan: &plan,
        reason: &reason,
        has_report: reports,
    });
    let evidence = serde_json::to_string(&found).map_err(|_| Problem::internal("The evidence cannot be stored."))?;
    let hash = Blobs::hash(evidence.as_bytes());
    let row = ApprovalRow {
        id: cx.new_id(),
        model: model.0.clone(),
        version: i64::from(no.0),
        deployment: target.name.0.clone(),
        state: ApprovalState::Open.word().into(),
        reason,
        plan: match &input.plan {
            Some(plan) => Some(serde_json::to_string(plan).map_err(|_| Problem::internal("The plan cannot be stored."))?),
            None => None,
        },
        asked_by: who.id.clone(),
        asked_by_name: who.name.clone(),
        asked_at: cx.now().0,
        expires_at: cx.now().0 + policy::STANDS,
        statement: evidence::statement(&version, &target, &found),
        evidence,
        evidence_hash: hash.0.clone(),
        version_hash: version.hash.0.clone(),
        rollout: None,
        ended_at: None,
    };
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    match tx.insert_approval(&row).await {
        Err(store::Error::Conflict(_)) => {
            return Err(Problem::conflict(format!("There is an open request for version {no} in {} already.", target.name)));
        }
        other => other.or_problem(doing)?,
    }
    let summary = format!("Asked that version {no} of {model} be promoted in {}", target.name);
    let detail = json!({"version": format!("{model}/{no}"), "evidence": hash, "replaces": target.stable, "reason": row.reason});
    tx.audit(entry(cx, who, "approval.asked", ("approval", row.id.clone()), summary, detail)).await.or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    let id = ApprovalId(row.id);
    cx.announce(Topic::Approval { approval: id.clone(), model: model.clone() });
    get(cx, who, &id).await
}

fn check_target(version: &Version, target: &Brief) -> Outcome<()> {
    let (model, no, name) = (&version.model.name, version.version, &target.name);
    if target.settings.model != *model {
        return Err(Problem::field("deployment", format!("{name} serves {}, not {model}.", target.settings.model)));
    }
    if target.stable == Some(no) {
        return Err(Problem::conflict(format!("Version {no} is the stable version of {name} already.")));
    }
    match &target.canary {
        Some((canary, _)) => {
            Err(Problem::conflict(format!("Version {canary} is being rolled out in {name}. Ask when that has ended.")))
        }
        None => Ok(()),
    }
}

/// Whether this person may ask for this version now, and if not, why: for the button on its page.
pub async fn may_request(cx: &Ctx, who: &Actor, model: &ModelName, no: VersionNo) -> Outcome<Allowed> {
    if let Err(problem) = who.must(Act::RequestPromotion) {
        return Ok(Allowed::no(problem.detail));
    }
    let version = registry::version(cx, model, no).await?;
    let ended = gates::ended(cx, model, no).await?;
    if let Err(why) = passed(&version, ended, registry::champion(cx, model).await?) {
        return Ok(Allowed::no(why));
    }
    let targets = deployments::brief(cx, model).await?;
    if targets.is_empty() {
        return Ok(Allowed::no(format!("Nothing serves {model} yet: make a deployment first.")));
    }
    if let Some(why) = targets
        .iter()
        .map(|target| check_target(&version, target))
        .collect::<Vec<_>>()
        .into_iter()
        .reduce(Result::or)
        .and_then(Result::err)
    {
        return Ok(Allowed::no(why.detail));
    }
    let latest = cx.store.db.latest_approval(model, no).await.or_problem("Reading the approval")?;
    match latest.filter(|row| row.state == ApprovalState::Open.word() && targets.len() == 1) {
        Some(_) => Ok(Allowed::no("It has been asked for already, and waits for a signature.")),
        None => Ok(Allowed::yes()),
    }
}

/// The gate run, if it lets the version be promoted; else why not.
fn passed(
    version: &Version,
    ended: Option<(Report, GatesView)>,
    champion: Option<VersionNo>,
) -> Result<(Report, GatesView), String> {
    let no = version.version;
    let Some((report, view)) = ended else {
        return Err(format!("The gates of version {no} have not been run, or could not be. Run them first."));
    };
    let held: Vec<String> =
        report.held_up_by().iter().map(|gate| format!("{} ({}, needed {})", gate.name, gate.value, gate.needed)).collect();
    if !held.is_empty() {
        return Err(format!("Version {no} may not be promoted: these gates did not pass: {}.", words::listed(&held)));
    }
    if report.champion != champion && champion != Some(no) {
        let now = champion.map_or("there is none now".to_owned(), |champion| format!("it is version {champion} now"));
        return Err(format!("The champion has changed since the gates ran: {now}. Run the gates again."));
    }
    Ok((report, view))
}
