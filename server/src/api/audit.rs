//! The audit log, and whether it holds.

use super::list::{List, Paging};
use super::take::Ask;
use crate::web::refused::Answer;
use crate::web::who::Who;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use contract::role::Act;
use contract::views::audit::{AuditLine, AuditVerified};
use control::{Ctx, audit};
use futures::{StreamExt, stream};
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Filter {
    #[serde(default)]
    q: String,
}

/// Newest first. The page's length is the log's own; `limit` may shorten it.
pub async fn list_entries(
    State(cx): State<Ctx>,
    Who(who): Who,
    Ask(Filter { q }): Ask<Filter>,
    Ask(paging): Ask<Paging>,
) -> Answer<Json<List<AuditLine>>> {
    let limit = paging.limit()?;
    let view = audit::page(&cx, &who, paging.cursor()?, &q).await?;
    let mut items = view.entries;
    let mut next = view.next;
    if items.len() > limit {
        items.truncate(limit);
        next = items.last().map(|line| line.seq);
    }
    Ok(Json(List { items, next_cursor: next.map(|seq| seq.to_string()) }))
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Csv,
    Ndjson,
}

#[derive(Deserialize)]
pub struct Export {
    #[serde(default)]
    format: Format,
    #[serde(default)]
    q: String,
}

/// The whole log, newest first, as a file: entries are read and sent page by page.
pub async fn export_entries(State(cx): State<Ctx>, Who(who): Who, Ask(Export { format, q }): Ask<Export>) -> Answer<Response> {
    let first = audit::page(&cx, &who, None, &q).await?;
    let pages = stream::try_unfold(Some(first), move |page| {
        let (cx, who, q) = (cx.clone(), who.clone(), q.clone());
        async move {
            let Some(page) = page else { return Ok(None) };
            let text = write(format, &page.entries)?;
            let next = match page.next {
                None => None,
                Some(before) => Some(audit::page(&cx, &who, Some(before), &q).await.map_err(std::io::Error::other)?),
            };
            Ok::<_, std::io::Error>(Some((text, next)))
        }
    });
    let (kind, name) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"audit.csv\""),
        Format::Ndjson => ("application/x-ndjson", "attachment; filename=\"audit.ndjson\""),
    };
    let head = stream::iter(matches!(format, Format::Csv).then(|| Ok(format!("{}\n", COLUMNS.join(",")).into_bytes())));
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], Body::from_stream(head.chain(pages)))
        .into_response())
}

const COLUMNS: [&str; 9] = ["seq", "at", "actor", "action", "object_kind", "object_id", "summary", "detail", "hash"];

fn write(format: Format, lines: &[AuditLine]) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    match format {
        Format::Ndjson => {
            for line in lines {
                serde_json::to_writer(&mut text, line)?;
                text.push(b'\n');
            }
        }
        Format::Csv => {
            let mut table = csv::Writer::from_writer(&mut text);
            for line in lines {
                let (seq, at) = (line.seq.to_string(), line.at.at.rfc3339());
                table.write_record([
                    &seq,
                    &at,
                    &line.actor,
                    &line.action,
                    &line.object_kind,
                    &line.object_id,
                    &line.summary,
                    &line.detail,
                    &line.hash,
                ])?;
            }
            table.flush()?;
        }
    }
    Ok(text)
}

pub async fn verify_audit(State(cx): State<Ctx>, Who(who): Who) -> Answer<Json<AuditVerified>> {
    who.must(Act::View)?;
    Ok(Json(audit::verify(&cx).await?))
}
