//! A page of the log, newest first.

use super::verify;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::role::Act;
use contract::views::audit::{AuditLine, AuditView};
use contract::views::common::When;
use contract::{DeploymentName, Millis, ModelName, VersionNo, urls};
use store::audit::Kept;

const PAGE: i64 = 50;

/// Entries before the cursor that contain `filter` in their action, object, person or sentence.
pub async fn page(cx: &Ctx, who: &Actor, before: Option<i64>, filter: &str) -> Outcome<AuditView> {
    who.must(Act::View)?;
    let filter = filter.trim();
    let like = (!filter.is_empty()).then_some(filter);
    let mut kept = cx.store.db.audit_page(before, like, PAGE + 1).await.or_problem("Reading the audit log")?;
    let more = kept.len() as i64 > PAGE;
    kept.truncate(PAGE as usize);
    let next = if more { kept.last().map(|entry| entry.seq) } else { None };
    Ok(AuditView { entries: lines(kept, cx.now()), next, filter: filter.to_owned(), verified: verify(cx).await? })
}

/// Entries as pages show them.
pub fn lines(kept: Vec<Kept>, now: Millis) -> Vec<AuditLine> {
    kept.into_iter().map(|entry| line(entry, now)).collect()
}

fn line(entry: Kept, now: Millis) -> AuditLine {
    let detail = serde_json::from_str::<serde_json::Value>(&entry.detail)
        .ok()
        .filter(|json| json.as_object().is_none_or(|map| !map.is_empty()))
        .and_then(|json| serde_json::to_string_pretty(&json).ok())
        .unwrap_or_default();
    AuditLine {
        seq: entry.seq,
        at: When::new(Millis(entry.at), now),
        actor: entry.actor_name,
        href: href(&entry.object_kind, &entry.object_id),
        action: entry.action,
        object_kind: entry.object_kind,
        object_id: entry.object_id,
        summary: entry.summary,
        detail,
        hash: entry.hash,
    }
}

/// Page of the thing an entry is about, where it has one.
fn href(kind: &str, id: &str) -> Option<String> {
    Some(match kind {
        "model" => urls::model(&ModelName::from(id)),
        "version" => {
            let (model, version) = id.rsplit_once('/')?;
            urls::version(&ModelName::from(model), VersionNo(version.parse().ok()?), "")
        }
        "approval" => urls::approval(&id.into()),
        "rollout" => urls::rollout(&id.into()),
        "incident" => urls::incident(&id.into()),
        "deployment" => urls::deployment(&DeploymentName::from(id), ""),
        _ => return None,
    })
}
