//! Sharing a report: a link whose token is the right to read it, for some days. Only a hash of the token is kept.

use crate::{Actor, Ctx, IntoProblem, Outcome, audit};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contract::role::Act;
use contract::time::DAY;
use contract::{Problem, ReportId};
use rand::RngCore;
use serde_json::json;
use sha2::{Digest, Sha256};

/// The longest life of a link, days.
const LONGEST: u32 = 365;

/// What is kept of a token.
pub(super) fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// A new link's token, valid for `days`.
pub async fn share(cx: &Ctx, who: &Actor, id: &ReportId, days: u32) -> Outcome<String> {
    who.must(Act::ShareReport)?;
    let doing = "Sharing the report";
    if days == 0 || days > LONGEST {
        return Err(Problem::field("days", format!("A link is valid for 1 to {LONGEST} days, not for {days}.")));
    }
    let row =
        cx.store.db.report(id).await.or_problem(doing)?.ok_or_else(|| Problem::not_found(format!("There is no report {id}.")))?;
    let mut secret = [0_u8; 24];
    rand::rng().fill_bytes(&mut secret);
    let token = URL_SAFE_NO_PAD.encode(secret);
    let (at, until) = (cx.now(), cx.now() + i64::from(days) * DAY);
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    tx.report_share(&hash(&token), id, &who.id, at, until).await.or_problem(doing)?;
    let summary = format!("Shared the report of {}, version {} by a link until {}", row.model, row.version, until.date_words());
    tx.audit(audit::entry(
        cx,
        who,
        "report.shared",
        ("version", format!("{}/{}", row.model, row.version)),
        summary,
        json!({ "report": id, "until": until }),
    ))
    .await
    .or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    Ok(token)
}
