//! Recorded requests of a version: what it is warmed up with, and the answers that it must give again before it serves.

use crate::monitoring::{hashed, is_readable};
use crate::registry::Version;
use crate::{Ctx, IntoProblem, Outcome};
use contract::{Contract, DeploymentName, Millis, VersionNo};
use serde_json::Value as Json;
use serving::{Label, RowAnswer, Served, Value};
use std::time::{Duration, Instant};
use store::predictions::PredictionRow;

/// Requests that are asked again.
const ASKED: i64 = 32;
/// How long asking them may take; one is asked in any case.
const LIMIT: Duration = Duration::from_secs(5);
/// Difference of two numbers, relative where they are above one, that another machine's rounding may make.
const TOLERANCE: f64 = 1e-4;

/// One answered row as the log has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    pub id: String,
    pub row: Vec<Value>,
    pub label: String,
    pub score: Option<f64>,
}

/// The newest requests of one row that `version` answered in this deployment, as far as the log still shows what was asked. Those from
/// before the contract was last changed are left out: their answers were read differently.
pub async fn recorded(cx: &Ctx, deployment: &DeploymentName, version: &Version) -> Outcome<Vec<Recorded>> {
    let doing = "Reading recorded requests";
    let id = format!("{}/{}", version.model.name, version.version);
    let changes = cx.store.db.audit_of("version", &id, 1_000).await.or_problem(doing)?;
    let since = changes.iter().filter(|entry| entry.action == "contract.changed").map(|entry| entry.at).max().unwrap_or(0);
    let rows = cx.store.db.predictions_of(deployment, version.version, Millis(since), ASKED).await.or_problem(doing)?;
    Ok(rows.iter().filter_map(|row| restore(&version.contract, row)).collect())
}

/// What was asked, from the log. `None` where a hashed value cannot be told, where the row was one of several (they may have
/// influenced each other), or where the log does not hold the inputs at all.
fn restore(contract: &Contract, row: &PredictionRow) -> Option<Recorded> {
    let Ok(Json::Object(kept)) = serde_json::from_str::<Json>(&row.features) else { return None };
    if contract.features.is_empty() || row.id.contains('.') {
        return None;
    }
    let value = |feature: &contract::Feature| match kept.get(&feature.name)? {
        Json::Null => Some(Value::Missing),
        json if is_readable(contract, feature) => match json {
            Json::Number(number) => number.as_f64().map(Value::Num),
            Json::String(text) => Some(Value::Text(text.clone())),
            _ => None,
        },
        // The contract lists what it may have been.
        json => {
            let known = feature.categories.as_ref()?.iter();
            known
                .map(|known| Json::from(known.as_str()))
                .find(|known| hashed(&feature.name, known) == *json)?
                .as_str()
                .map(|text| Value::Text(text.into()))
        }
    };
    let values = contract.features.iter().map(value).collect::<Option<Vec<Value>>>()?;
    Some(Recorded { id: row.id.clone(), row: values, label: row.label.clone(), score: row.score })
}

/// Asks again, one by one. `Err` is the sentence that says what is different; nothing is compared where `check` is off.
pub fn ask_again(served: &Served, recorded: &[Recorded], check: bool) -> Result<(), String> {
    let started = Instant::now();
    let (mut asked, mut different) = (0, Vec::new());
    for one in recorded {
        let now = served.evaluate_blocking(std::slice::from_ref(&one.row));
        asked += 1;
        let what = match &now {
            Ok(answers) => answers.first().and_then(|answer| difference(one, answer)),
            Err(error) => Some(format!("{}, now it fails: {error}", said(&one.label, one.score))),
        };
        different.extend(what.map(|what| format!("prediction {} was {what}", one.id)));
        if started.elapsed() > LIMIT {
            break;
        }
    }
    match different.first() {
        Some(first) if check => Err(format!(
            "it answers {} of {asked} recorded requests otherwise than it did before: {first}. Its file, its contract or ONNX Runtime has \
             changed; if that is meant, set golden_check to false in the deployment's settings.",
            different.len()
        )),
        _ => Ok(()),
    }
}

/// What is different about an answer, or `None` if it is the same up to rounding. A tie that rounding decides is no difference.
fn difference(before: &Recorded, now: &RowAnswer) -> Option<String> {
    let close = |a: f64, b: f64| (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()).max(1.0);
    let same_score = match (before.score, now.score) {
        (Some(before), Some(now)) => close(before, now),
        (None, None) => true,
        _ => false,
    };
    let same = match &now.label {
        Label::Value(value) => before.label.parse::<f64>().is_ok_and(|before| close(before, *value)) && same_score,
        Label::Class(class) if *class == before.label => same_score,
        Label::Class(_) => before.score.is_some() && same_score,
    };
    (!same).then(|| format!("{}, now it is {}", said(&before.label, before.score), said(&now.label.text(), now.score)))
}

fn said(label: &str, score: Option<f64>) -> String {
    score.map_or_else(|| format!("“{label}”"), |score| format!("“{label}” with {score:.4}"))
}

/// Whether requests of one version can warm up another.
pub fn fits(one: &Contract, other: &Contract) -> bool {
    let names =
        |contract: &Contract| contract.features.iter().map(|feature| (feature.name.clone(), feature.kind)).collect::<Vec<_>>();
    one.inputs == other.inputs && one.layout == other.layout && names(one) == names(other)
}

/// Recorded requests to warm up with: the version's own, or else those of the stable one where it takes the same inputs.
pub async fn warming(
    cx: &Ctx,
    deployment: &DeploymentName,
    version: &Version,
    stable: Option<VersionNo>,
) -> Outcome<(Vec<Recorded>, bool)> {
    let own = recorded(cx, deployment, version).await?;
    if !own.is_empty() {
        return Ok((own, true));
    }
    let Some(stable) = stable.filter(|stable| *stable != version.version) else { return Ok((own, true)) };
    let stable = crate::registry::version(cx, &version.model.name, stable).await?;
    let theirs = if fits(&version.contract, &stable.contract) { recorded(cx, deployment, &stable).await? } else { Vec::new() };
    Ok((theirs, false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rounding_is_no_difference() {
        let class = |label: &str, score: Option<f64>| RowAnswer {
            label: Label::Class(label.into()),
            score,
            scores: Vec::new(),
            valid: true,
        };
        let value = |value: f64| RowAnswer { label: Label::Value(value), score: None, scores: Vec::new(), valid: true };
        let cases = [
            ("yes", Some(0.9), class("yes", Some(0.900_01)), false),
            ("yes", Some(0.9), class("yes", Some(0.91)), true),
            ("yes", Some(0.5), class("no", Some(0.500_01)), false),
            ("yes", Some(0.9), class("no", Some(0.1)), true),
            ("yes", None, class("yes", None), false),
            ("yes", None, class("no", None), true),
            ("yes", Some(0.9), class("yes", None), true),
            ("12.5", None, value(12.500_1), false),
            ("120000", None, value(120_005.0), false),
            ("12.5", None, value(12.6), true),
            ("none", None, value(12.6), true),
        ];
        for (label, score, now, expected) in cases {
            let before = Recorded { id: "p".into(), row: Vec::new(), label: label.into(), score };
            assert_eq!(difference(&before, &now).is_some(), expected, "{label} {score:?} {now:?}");
        }
    }
}
