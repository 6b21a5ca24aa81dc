//! True outcomes as programs have them: JSON, one JSON a line, or CSV.

use crate::web::refused::Answer;
use crate::web::who::Who;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use contract::inputs::Outcome;
use contract::views::quality::Accepted;
use contract::{PredictionId, Problem};
use control::{Ctx, outcomes};
use serde::Deserialize;

/// Rows that one request may carry.
const MOST: usize = 100_000;

#[derive(Deserialize)]
struct Body {
    outcomes: Vec<Outcome>,
}

#[derive(Deserialize)]
struct CsvRow {
    prediction_id: String,
    label: String,
    value: Option<f64>,
    at: Option<String>,
}

pub async fn post_outcomes(State(cx): State<Ctx>, Who(who): Who, headers: HeaderMap, body: Bytes) -> Answer<Json<Accepted>> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
    let rows = parse(&kind, &body)?;
    if rows.len() > MOST {
        return Err(Problem::too_large(format!(
            "One request takes up to {MOST} outcomes, and has {}. Send them in parts.",
            rows.len()
        ))
        .into());
    }
    Ok(Json(outcomes::post(&cx, &who, rows).await?))
}

/// Reads a body by its kind; anything that is neither lines nor CSV is one JSON object. Errors name the line.
fn parse(kind: &str, body: &[u8]) -> Result<Vec<Outcome>, Problem> {
    if kind.contains("ndjson") || kind.contains("jsonl") {
        let text = std::str::from_utf8(body).map_err(|_| Problem::invalid("The lines are not UTF-8."))?;
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        return lines.map(|(i, line)| serde_json::from_str(line).map_err(|error| wrong(i + 1, &error))).collect();
    }
    if kind.contains("csv") {
        let mut reader = csv::Reader::from_reader(body);
        let rows = reader.deserialize::<CsvRow>().enumerate();
        return rows.map(|(i, row)| row.map(outcome).map_err(|error| wrong(i + 2, &error))).collect();
    }
    super::take::read::<Body>(body).map(|body| body.outcomes)
}

fn outcome(row: CsvRow) -> Outcome {
    let CsvRow { prediction_id, label, value, at } = row;
    Outcome { prediction_id: PredictionId(prediction_id), label: label.into(), value, at: at.filter(|at| !at.is_empty()) }
}

fn wrong(line: usize, error: &dyn std::error::Error) -> Problem {
    Problem::field(format!("line {line}"), format!("Line {line} is not an outcome: {error}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_ways_to_write_the_same_outcomes() {
        let json = br#"{"outcomes":[{"prediction_id":"a","label":"yes"},{"prediction_id":"b.1","label":"no","at":"2026-03-17T14:20:05Z"}]}"#;
        let lines = b"{\"prediction_id\":\"a\",\"label\":\"yes\"}\n\n{\"prediction_id\":\"b.1\",\"label\":\"no\",\"at\":\"2026-03-17T14:20:05Z\"}\n";
        let table = b"prediction_id,label,at\na,yes,\nb.1,no,2026-03-17T14:20:05Z\n";
        let expected = parse("application/json", json).unwrap();
        assert_eq!(expected.len(), 2);
        assert_eq!(parse("application/x-ndjson", lines).unwrap(), expected);
        assert_eq!(parse("text/csv; charset=utf-8", table).unwrap(), expected);
    }

    #[test]
    fn the_line_that_is_wrong_is_named() {
        for (kind, body, line) in [
            ("application/x-ndjson", &b"{\"prediction_id\":\"a\",\"label\":1}\nx"[..], "Line 2"),
            ("text/csv", b"prediction_id,label,value\na,yes,1\nb,no,many\n", "Line 3"),
            ("application/json", b"{\"outcomes\":[{}]}", "prediction_id"),
        ] {
            let problem = parse(kind, body).unwrap_err();
            assert!(problem.detail.contains(line), "{}", problem.detail);
        }
    }
}
