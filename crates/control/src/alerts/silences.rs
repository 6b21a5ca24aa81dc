//! Silences: for a while, what they match is recorded and shown, and nobody is told.

use crate::audit::entry;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::alerting::SaveSilence;
use contract::live::Topic;
use contract::role::Act;
use contract::time::MINUTE;
use contract::views::alerts::{AlertKind, SilenceLine};
use contract::views::common::When;
use contract::{AlertId, Millis, Problem, SilenceId};
use serde_json::json;
use store::alert_silences::SilenceRow;
use store::alerts::AlertRow;

/// The longest silence, minutes: 30 days. Whatever is quiet for longer is a rule to be changed.
const LONGEST: u32 = 30 * 24 * 60;

/// The silence that covers an alert at `now`; the one that lasts longest if there are several. Pure.
pub fn covering<'a>(silences: &'a [SilenceRow], alert: &AlertRow, now: Millis) -> Option<&'a SilenceRow> {
    let fits = |wanted: &str, is: &str| wanted.is_empty() || wanted == is;
    silences
        .iter()
        .filter(|silence| {
            silence.ended_at.is_none()
                && silence.until > now.0
                && fits(&silence.deployment, &alert.deployment)
                && fits(&silence.kind, &alert.kind)
                && fits(&silence.subject, &alert.subject)
        })
        .max_by_key(|silence| silence.until)
}

/// Those that hold now.
pub async fn list(cx: &Ctx, who: &Actor) -> Outcome<Vec<SilenceLine>> {
    who.must(Act::View)?;
    let now = cx.now();
    let rows = cx.store.db.silences(now).await.or_problem("Listing silences")?;
    Ok(rows.into_iter().map(|row| line(row, now)).collect())
}

pub async fn save(cx: &Ctx, who: &Actor, input: SaveSilence) -> Outcome<SilenceLine> {
    who.must(Act::AcknowledgeAlert)?;
    let doing = "Silencing";
    let now = cx.now();
    let row = row(cx, who, input)?;
    if !row.deployment.is_empty() {
        let name = row.deployment.as_str().into();
        cx.store.db.deployment(&name).await.or_problem(doing)?.ok_or_else(|| {
            Problem::field("deployment", format!("There is no deployment “{name}”. Leave it empty to silence all."))
        })?;
    }
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    tx.silence_insert(&row).await.or_problem(doing)?;
    let what = what(&row);
    let summary = format!("Silenced {what} until {}: {}", Millis(row.until).words(now), row.reason);
    let detail =
        json!({ "deployment": row.deployment, "kind": row.kind, "subject": row.subject, "until": Millis(row.until).rfc3339() });
    tx.audit(entry(cx, who, "alert.silenced", object(&row), summary, detail)).await.or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    cx.announce(Topic::Alert { alert: AlertId(String::new()), deployment: row.deployment.as_str().into() });
    Ok(line(row, now))
}

/// Ends it now. `Conflict` if it has ended already.
pub async fn end(cx: &Ctx, who: &Actor, id: &SilenceId) -> Outcome<()> {
    who.must(Act::AcknowledgeAlert)?;
    let doing = "Ending the silence";
    let now = cx.now();
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    let row =
        tx.silence_held(id).await.or_problem(doing)?.ok_or_else(|| Problem::not_found(format!("There is no silence “{id}”.")))?;
    if row.ended_at.is_some() || row.until <= now.0 {
        return Err(Problem::conflict("This silence has ended already."));
    }
    tx.silence_end(id, now, &who.name).await.or_problem(doing)?;
    let summary = format!("Ended the silence of {}", what(&row));
    let detail = json!({ "silence": id, "deployment": row.deployment, "kind": row.kind, "subject": row.subject });
    tx.audit(entry(cx, who, "alert.unsilenced", object(&row), summary, detail)).await.or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    cx.announce(Topic::Alert { alert: AlertId(String::new()), deployment: row.deployment.as_str().into() });
    Ok(())
}

/// Of one deployment it stands among that deployment's changes.
fn object(row: &SilenceRow) -> (&'static str, String) {
    if row.deployment.is_empty() { ("silence", row.id.clone()) } else { ("deployment", row.deployment.clone()) }
}

fn row(cx: &Ctx, who: &Actor, input: SaveSilence) -> Outcome<SilenceRow> {
    let kind = input.kind.trim();
    if !kind.is_empty() && AlertKind::parse(kind).is_none() {
        let known: Vec<&str> = AlertKind::ALL.into_iter().map(AlertKind::word).collect();
        return Err(Problem::field("kind", format!("There is no kind “{kind}”. There are {}.", known.join(", "))));
    }
    if !(1..=LONGEST).contains(&input.minutes) {
        return Err(Problem::field(
            "minutes",
            format!("A silence lasts 1 to {LONGEST} minutes (30 days), and this says {}.", input.minutes),
        ));
    }
    let reason = input.reason.trim();
    if reason.is_empty() || reason.chars().count() > 500 {
        return Err(Problem::field("reason", "Say why, in 1 to 500 letters: whoever is on duty next will ask."));
    }
    let subject = input.subject.trim();
    if subject.chars().count() > 200 {
        return Err(Problem::field("subject", "A subject has at most 200 letters."));
    }
    Ok(SilenceRow {
        id: cx.new_id(),
        deployment: input.deployment.trim().into(),
        kind: kind.into(),
        subject: subject.into(),
        until: cx.now().0 + i64::from(input.minutes) * MINUTE,
        reason: reason.into(),
        author: who.id.clone(),
        author_name: who.name.clone(),
        created_at: cx.now().0,
        ended_at: None,
        ended_by: None,
    })
}

/// What it covers: `feature drift of age in churn`, `everything`.
fn what(row: &SilenceRow) -> String {
    let kind = AlertKind::parse(&row.kind).map_or("everything".into(), |kind| kind.name().to_lowercase());
    let subject = if row.subject.is_empty() { String::new() } else { format!(" of {}", row.subject) };
    let place = if row.deployment.is_empty() { " in all deployments".into() } else { format!(" in {}", row.deployment) };
    format!("{kind}{subject}{place}")
}

pub(super) fn line(row: SilenceRow, now: Millis) -> SilenceLine {
    SilenceLine {
        what: what(&row),
        id: SilenceId(row.id),
        deployment: row.deployment,
        kind: row.kind,
        subject: row.subject,
        until: When::new(Millis(row.until), now),
        reason: row.reason,
        author: row.author_name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::testing::alert;

    #[test]
    fn what_a_silence_covers() {
        let silence = |deployment: &str, kind: &str, subject: &str, until| SilenceRow {
            id: format!("{deployment}{kind}{subject}"),
            deployment: deployment.into(),
            kind: kind.into(),
            subject: subject.into(),
            until,
            reason: "a migration".into(),
            author: "u1".into(),
            author_name: "Ada".into(),
            created_at: 0,
            ended_at: None,
            ended_by: None,
        };
        let alert = AlertRow { deployment: "churn".into(), kind: "feature_drift".into(), subject: "age".into(), ..alert() };
        for (silence, covers) in [
            (silence("", "", "", 100), true),
            (silence("churn", "", "", 100), true),
            (silence("churn", "feature_drift", "age", 100), true),
            (silence("churn", "feature_drift", "plan", 100), false),
            (silence("churn", "missing", "age", 100), false),
            (silence("fraud", "", "", 100), false),
            (silence("churn", "", "", 50), false),
            (SilenceRow { ended_at: Some(20), ..silence("churn", "", "", 100) }, false),
        ] {
            assert_eq!(covering(std::slice::from_ref(&silence), &alert, Millis(50)).is_some(), covers, "{silence:?}");
        }
        let both = [silence("", "", "", 60), silence("churn", "", "", 90)];
        assert_eq!(covering(&both, &alert, Millis(50)).map(|silence| silence.until), Some(90));
    }
}
