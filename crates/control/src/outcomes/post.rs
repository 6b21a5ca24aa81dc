//! Taking outcomes in: idempotent by prediction id, the last one wins, and what it replaced is kept.

use super::join::Joined;
use super::quality::outcome_text;
use crate::audit::entry;
use crate::monitoring::Unpacker;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::live::Topic;
use contract::role::Act;
use contract::time::MINUTE;
use contract::views::quality::Accepted;
use contract::{DeploymentName, FieldError, Millis, PredictionId, Problem};
use serde_json::json;
use std::collections::BTreeSet;
use store::outcomes::OutcomeRow;

/// Most outcomes of one call.
pub const MOST: usize = 100_000;
/// Outcomes of one transaction, so that nobody waits long for the database.
const BATCH: usize = 500;
/// Refused outcomes that an error names.
const NAMED: usize = 20;
/// How long an outcome waits for its prediction to be written. Records are written within seconds; what is still unknown then stays
/// so, or every flush would look for every id that anybody ever made up.
pub(crate) const WAITS: i64 = 10 * MINUTE;

/// Takes outcomes in. Those whose prediction is not in the log are kept and tried again. One that the version which answered cannot have is
/// left out and named in the error; all others are taken all the same, and sending them again changes nothing.
pub async fn post(cx: &Ctx, who: &Actor, outcomes: Vec<contract::inputs::Outcome>) -> Outcome<Accepted> {
    who.must(Act::SendOutcomes)?;
    if outcomes.len() > MOST {
        return Err(Problem::too_large(format!("At most {MOST} outcomes at a time; these are {}.", outcomes.len())));
    }
    let rows: Vec<OutcomeRow> = outcomes.iter().enumerate().map(|(i, outcome)| read(cx, i, outcome)).collect::<Outcome<_>>()?;
    let (mut total, mut refused) = (Accepted::default(), Vec::new());
    for (n, batch) in rows.chunks(BATCH).enumerate() {
        let accepted = take(cx, who, batch, n * BATCH, &mut refused).await?;
        total.accepted += accepted.accepted;
        total.unknown += accepted.unknown;
        total.changed += accepted.changed;
    }
    match refused.len() {
        0 => Ok(total),
        n => Err(told(refused, n, rows.len())),
    }
}

/// What is said of outcomes that were refused: the first few by name.
fn told(refused: Vec<FieldError>, n: usize, all: usize) -> Problem {
    let first = refused.first().map(|one| one.message.clone()).unwrap_or_default();
    let rest = if all > 1 { format!(" {} of {all} outcomes were taken, {n} not.", all - n) } else { String::new() };
    let errors = refused.into_iter().take(NAMED).collect();
    Problem { errors, ..Problem::invalid(format!("{first}{rest}")) }
}

fn read(cx: &Ctx, i: usize, outcome: &contract::inputs::Outcome) -> Outcome<OutcomeRow> {
    let field = |name: &str, message: String| Problem::field(format!("outcomes[{i}].{name}"), message);
    let id = outcome.prediction_id.as_str();
    if id.is_empty() || id.len() > 200 {
        return Err(field("prediction_id", "A prediction id has 1 to 200 characters.".into()));
    }
    let label = outcome_text(&outcome.label, outcome.value)
        .filter(|label| label.len() <= 200)
        .ok_or_else(|| field("label", format!("The label of {id} is a class name, a number or a boolean.")))?;
    let at = match &outcome.at {
        None => cx.now(),
        Some(text) => {
            Millis::parse(text).ok_or_else(|| field("at", format!("“{text}” is not a time as 2026-03-17T14:20:00Z.")))?
        }
    };
    Ok(OutcomeRow { prediction_id: id.to_owned(), label, at: at.0, received_at: cx.now().0, joined: 0 })
}

async fn take(cx: &Ctx, who: &Actor, batch: &[OutcomeRow], first: usize, refused: &mut Vec<FieldError>) -> Outcome<Accepted> {
    let doing = "Taking outcomes in";
    let (mut accepted, mut joined, mut touched) = (Accepted::default(), Joined::default(), BTreeSet::new());
    let mut packed = Unpacker::default();
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    for (i, row) in batch.iter().enumerate() {
        let id = PredictionId::from(row.prediction_id.as_str());
        let before = tx.outcome(&id).await.or_problem(doing)?;
        accepted.accepted += 1;
        if before.as_ref().is_some_and(|before| before.label == row.label && before.joined == 1) {
            continue;
        }
        let prediction = packed.held(&mut tx, &id).await.or_problem(doing)?;
        let mut row = OutcomeRow { joined: i64::from(prediction.is_some()), ..row.clone() };
        match prediction {
            None => accepted.unknown += 1,
            Some(mut prediction) => {
                // A page of the log does not hold outcomes: what was joined before is known from the outcome itself.
                let counted = before.as_ref().filter(|before| before.joined == 1);
                prediction.outcome = prediction.outcome.or_else(|| counted.map(|before| before.label.clone()));
                touched.insert(prediction.deployment.clone());
                if !joined.join(cx, &mut tx, prediction, &row.label, Millis(row.at)).await? {
                    accepted.accepted -= 1;
                    refused.push(FieldError {
                        field: format!("outcomes[{}].label", first + i),
                        message: format!("“{}” is no outcome that the version which answered {id} can have.", row.label),
                    });
                    continue;
                }
            }
        }
        if let Some(before) = before.filter(|before| before.label != row.label) {
            accepted.changed += 1;
            row.received_at = cx.now().0;
            tx.outcome_changed(&cx.new_id(), &id, &before.label, &row.label, cx.now(), &who.id).await.or_problem(doing)?;
        }
        tx.outcome_put(&row).await.or_problem(doing)?;
    }
    joined.write(cx, &mut tx).await?;
    if accepted.changed > 0 {
        let summary = format!("Corrected {} outcomes", accepted.changed);
        tx.audit(entry(cx, who, "outcomes.corrected", ("outcomes", "outcomes"), summary, json!(accepted)))
            .await
            .or_problem(doing)?;
    }
    tx.commit().await.or_problem(doing)?;
    touched.into_iter().for_each(|deployment| cx.announce(Topic::Metrics { deployment: DeploymentName(deployment) }));
    Ok(accepted)
}

/// Joins outcomes that came before the record of their prediction was written.
pub async fn join_waiting(cx: &Ctx) -> Outcome<()> {
    let doing = "Joining outcomes";
    let waiting = cx.store.db.outcomes_joinable(Millis(cx.now().0 - WAITS), 500).await.or_problem(doing)?;
    if waiting.is_empty() {
        return Ok(());
    }
    let mut joined = Joined::default();
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    for row in waiting {
        let id = PredictionId::from(row.prediction_id.as_str());
        let Some(prediction) = tx.prediction_held(&id).await.or_problem(doing)? else { continue };
        if !joined.join(cx, &mut tx, prediction, &row.label, Millis(row.at)).await? {
            tracing::warn!(prediction = %id, label = row.label, "an outcome does not fit the version that answered; it is not counted");
        }
        tx.outcome_put(&OutcomeRow { joined: 1, ..row }).await.or_problem(doing)?;
    }
    joined.write(cx, &mut tx).await?;
    tx.commit().await.or_problem(doing)
}
