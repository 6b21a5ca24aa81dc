//! One decision explained: any record, with its reasons and what would have changed it.

use super::cases::tell;
use super::source::Source;
use crate::{Actor, Ctx, Outcome};
use contract::role::Act;
use contract::views::report::Case;
use contract::{ModelName, Problem, VersionNo};

pub async fn one(cx: &Ctx, who: &Actor, model: &ModelName, version: VersionNo, record: serde_json::Value) -> Outcome<Case> {
    who.must(Act::ReadReport)?;
    let serde_json::Value::Object(fields) = record else {
        return Err(Problem::field("record", "A record is a JSON object: {\"age\": 41, …}."));
    };
    let source = Source::load(cx, model, version).await?;
    let rows = serving::records::from_json(source.contract(), &[fields]).map_err(|bad| Problem::field(bad.field, bad.message))?;
    let Some(row) = rows.into_iter().next() else { return Err(Problem::field("record", "There is no record.")) };
    crate::blocking(move || tell(&source, &row, "This decision".into(), None, 0)).await?
}
