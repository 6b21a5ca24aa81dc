//! The explain tab of a version: the newest report, or how to get one.

use super::build::{JOB, Payload};
use super::open::stored;
use crate::{Actor, Ctx, IntoProblem, Outcome, datasets, registry};
use contract::inputs::DatasetRole;
use contract::role::Act;
use contract::views::report::{ExplainView, ReportLine};
use contract::{Contract, Millis, ModelName, ReportId, VersionNo};
use serving::Value;

pub async fn view(cx: &Ctx, who: &Actor, model: &ModelName, version: VersionNo) -> Outcome<ExplainView> {
    who.must(Act::ReadReport)?;
    let doing = "Reading the reports";
    let db = &cx.store.db;
    let found = registry::version(cx, model, version).await?;
    let rows = db.reports_of(model, version).await.or_problem(doing)?;
    let linked: Vec<String> =
        db.reports_with_links(model, version, cx.now()).await.or_problem(doing)?.into_iter().map(|(id,)| id).collect();
    let report = match rows.first() {
        Some(row) => Some(stored(cx, row).await?),
        None => None,
    };
    let payload = Payload { model: model.clone(), version }.text();
    let jobs = db.jobs_like(JOB.name, &payload).await.or_problem(doing)?;
    let given_up = jobs.iter().find(|job| job.run_at == i64::MAX);
    Ok(ExplainView {
        report,
        reports: rows
            .into_iter()
            .map(|row| ReportLine {
                shared: linked.contains(&row.id),
                id: ReportId(row.id),
                model: model.clone(),
                version,
                made_at: Millis(row.made_at),
                made_by: row.made_by,
            })
            .collect(),
        running: jobs.iter().any(|job| job.run_at < i64::MAX),
        failed: given_up.and_then(|job| job.last_error.clone()).unwrap_or_default(),
        may_build: who.role.may(Act::ShareReport),
        may_share: who.role.may(Act::ShareReport),
        example: example(cx, model, version, &found.contract).await?,
        model: model.clone(),
        version,
    })
}

/// A record to start from: the first row of the reference data, or nothing where there is none.
async fn example(cx: &Ctx, model: &ModelName, version: VersionNo, contract: &Contract) -> Outcome<serde_json::Value> {
    let Some(table) = datasets::of_version(cx, model, version, DatasetRole::Reference).await? else {
        return Ok(serde_json::Value::Null);
    };
    let Some(row) = table.records(contract).into_iter().next() else { return Ok(serde_json::Value::Null) };
    let json = |value: Value| match value {
        Value::Num(x) => serde_json::json!(x),
        Value::Text(text) => serde_json::json!(text),
        Value::Missing => serde_json::Value::Null,
    };
    Ok(serde_json::Value::Object(
        contract.features.iter().map(|feature| feature.name.clone()).zip(row.into_iter().map(json)).collect(),
    ))
}
