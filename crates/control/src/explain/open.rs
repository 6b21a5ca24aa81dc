//! Opening a report: by the token of a link, or by its id for those who may read reports.

use super::share::hash;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::role::Act;
use contract::views::report::ReportView;
use contract::{BlobHash, Problem, ReportId};
use store::reports::ReportRow;

/// `key` is a link's token, or a report's id where `who` may read reports.
pub async fn open(cx: &Ctx, who: Option<&Actor>, key: &str) -> Outcome<ReportView> {
    let doing = "Opening the report";
    if let Some(row) = cx.store.db.report_shared(&hash(key), cx.now()).await.or_problem(doing)? {
        return stored(cx, &row).await;
    }
    // One answer for a wrong key, an expired one and a reader who is not signed in: a guess learns nothing.
    let unknown = || {
        Problem::not_found(
            "This link does not open a report: it is mistyped, or its time is over. Ask who sent it for a new one.",
        )
    };
    let who = who.ok_or_else(unknown)?;
    who.must(Act::ReadReport)?;
    let row = cx.store.db.report(&ReportId::from(key)).await.or_problem(doing)?.ok_or_else(unknown)?;
    stored(cx, &row).await
}

/// The report as it was made.
pub(super) async fn stored(cx: &Ctx, row: &ReportRow) -> Outcome<ReportView> {
    let bytes = cx.store.blobs.get(&BlobHash(row.blob.clone())).await.or_problem("Reading the report")?;
    serde_json::from_slice(&bytes).map_err(|error| {
        tracing::error!(%error, report = row.id, "a stored report cannot be read");
        Problem::internal("The stored report cannot be read.")
    })
}
