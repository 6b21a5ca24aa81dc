//! The report, put together: computed once, stored, and shown the same ever after.

use super::cases::{chosen, told};
use super::dependence::dependence;
use super::importance::{Loss, importance, measure};
use super::segments::segments;
use super::sentences::label;
use super::source::Source;
use crate::Outcome;
use crate::words::{capital, count, listed, percent};
use contract::views::report::{Bar, Importance, Purpose, ReportView};
use contract::{Millis, ReportId, Task};

/// Inputs whose dependence is drawn.
const CURVES: usize = 4;

/// Computes the whole report. Blocks for seconds.
pub fn report(source: &Source, id: ReportId, made_at: Millis, made_by: String) -> Outcome<ReportView> {
    let losses = importance(source)?;
    let mut curves = Vec::new();
    for loss in losses.iter().filter(|loss| loss.estimate.value > 0.0).take(CURVES) {
        curves.extend(dependence(source, loss.feature)?);
    }
    let (typical, hard) = chosen(source);
    let tell =
        |rows: Vec<(usize, String)>| rows.into_iter().map(|(row, title)| told(source, row, title)).collect::<Outcome<Vec<_>>>();
    let contract = source.contract();
    Ok(ReportView {
        id,
        model: source.version.model.name.clone(),
        version: source.version.version,
        made_at,
        made_by,
        title: title(source),
        in_short: in_short(source),
        purpose: purpose(source),
        importance: importance_view(source, &losses),
        dependence: curves,
        typical: tell(typical)?,
        hard: tell(hard)?,
        segments: segments(source),
        not_for: sentences_of(&source.version.model.not_for),
        method: method(source),
        score_is_share: contract.task != Task::Regression,
        positive: contract.positive.clone(),
    })
}

fn title(source: &Source) -> String {
    let model = &source.version.model;
    match (source.contract().task, source.contract().positive.as_deref()) {
        (Task::Binary, Some(yes)) => format!("How {} decides on “{yes}”, and what follows from it", model.name),
        (Task::Regression, _) => format!("How {} arrives at its number, and how far it is off", model.name),
        _ => format!("How {} decides, and what follows from it", model.name),
    }
}

/// A text in sentences or lines, as separate sentences.
fn sentences_of(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

fn in_short(source: &Source) -> Vec<String> {
    let (contract, model) = (source.contract(), &source.version.model);
    let mut out = sentences_of(if model.purpose.is_empty() { &model.description } else { &model.purpose });
    let known: Vec<usize> = (0..source.rows.len()).filter(|row| source.truth[*row].is_some()).collect();
    if known.is_empty() {
        out.push("How often it is right cannot be said: the data it was tested on has no true answers.".into());
        return out;
    }
    match (contract.task, contract.positive.as_deref()) {
        (Task::Binary, Some(yes)) => {
            let was = |row: &&usize| source.truth[**row].as_deref() == Some(yes);
            let said = |row: &&usize| source.answers[**row].label.text() == yes;
            let all_yes = known.iter().filter(was).count();
            let found = known.iter().filter(was).filter(said).count();
            let flagged = known.iter().filter(said).count();
            if all_yes > 0 {
                out.push(format!("Of 100 cases that are “{yes}” it finds {:.0}.", 100.0 * found as f64 / all_yes as f64));
            }
            if flagged > 0 {
                out.push(format!("Of 100 that it answers with “{yes}”, {:.0} are.", 100.0 * found as f64 / flagged as f64));
            }
            out.push(format!(
                "It answers {} of all cases with “{yes}”; in truth {} are.",
                percent(flagged as f64 / known.len() as f64),
                percent(all_yes as f64 / known.len() as f64)
            ));
        }
        (Task::Regression, _) => {
            let errors: Vec<f64> = known.iter().filter_map(|row| source.error(*row)).collect();
            let n = errors.len().max(1) as f64;
            let off = errors.iter().map(|e| e.abs()).sum::<f64>() / n;
            let bias = errors.iter().sum::<f64>() / n;
            let way = if bias > 0.0 { "too high" } else { "too low" };
            out.push(format!("Its number is off by {off:.1} on average, and {:.1} {way} on the whole.", bias.abs()));
        }
        _ => {
            let right = known.iter().filter(|row| source.right(**row) == Some(true)).count();
            out.push(format!("Of 100 answers {:.0} are right.", 100.0 * right as f64 / known.len() as f64));
        }
    }
    let groups = segments(source);
    out.push(format!("{}.", groups.headline));
    out
}

fn purpose(source: &Source) -> Purpose {
    let (contract, model) = (source.contract(), &source.version.model);
    let mut sentences = sentences_of(&model.description);
    if model.purpose != model.description {
        sentences.extend(sentences_of(&model.purpose));
    }
    let names: Vec<String> = contract.features.iter().take(8).map(label).collect();
    let more = contract.features.len().saturating_sub(names.len());
    let list = if more > 0 { format!("{} and {more} more", names.join(", ")) } else { listed(&names) };
    sentences.push(format!("It uses {} inputs: {list}.", contract.features.len()));
    let personal: Vec<String> = contract.personal().map(|feature| feature.name.clone()).collect();
    sentences.push(match personal.len() {
        0 => "None of them was declared or guessed to be personal data.".into(),
        1 => format!("One of them holds personal data: {}.", personal[0]),
        n => format!("{n} of them hold personal data: {}.", listed(&personal)),
    });
    Purpose { sentences, features: contract.features.len(), personal, owner: model.owner_team.clone() }
}

fn importance_view(source: &Source, losses: &[Loss]) -> Importance {
    let total: f64 = losses.iter().map(|loss| loss.estimate.value.max(0.0)).sum();
    let share = |loss: &Loss| if total > 0.0 { loss.estimate.value.max(0.0) / total } else { 0.0 };
    let name = |loss: &Loss| label(&source.contract().features[loss.feature]);
    let bars: Vec<Bar> = losses
        .iter()
        .map(|loss| {
            let matters = loss.estimate.lower.is_some_and(|lower| lower > 0.0);
            let sentence = if matters {
                format!("{} carries {} of the weight.", capital(&name(loss)), percent(share(loss)))
            } else {
                format!("{} is not shown to matter on its own.", capital(&name(loss)))
            };
            Bar {
                feature: source.contract().features[loss.feature].name.clone(),
                label: name(loss),
                estimate: loss.estimate,
                share: share(loss),
                sentence,
            }
        })
        .collect();
    let mut top = 0.0;
    let strongest: Vec<String> = losses
        .iter()
        .take_while(|loss| {
            let needed = top < 0.5 && loss.estimate.value > 0.0;
            top += share(loss);
            needed
        })
        .map(name)
        .collect();
    let carried: f64 = losses.iter().take(strongest.len()).map(share).sum();
    let headline = match strongest.len() {
        0 => "No single input matters on its own".into(),
        1 => format!("One input carries {} of the weight: {}", percent(carried), strongest[0]),
        n => format!("{n} inputs carry {} of the weight: {}", percent(carried), listed(&strongest)),
    };
    let sentence =
        format!("{}, on {} rows. The interval is over five shuffles.", measure(source), count(source.rows.len() as u64));
    Importance { headline, sentence, measure: measure(source), bars, rows: source.rows.len() as u64 }
}

fn method(source: &Source) -> Vec<String> {
    let drawn = if source.rows.len() < source.of {
        format!("{} rows drawn from {}", count(source.rows.len() as u64), count(source.of as u64))
    } else {
        format!("all {} rows", count(source.of as u64))
    };
    vec![
        format!("The version was asked about {drawn} of its {}; its file has the SHA-256 {}.", source.origin, source.version.hash),
        "What matters most: each input was shuffled among the rows five times, and the loss measured. Inputs that say the same thing share their weight.".into(),
        format!("Reasons of one decision: Shapley values. An input that is “not known” takes the values of {} rows of the reference data. The reasons add up to the score.", source.background.len()),
        "What would have changed it: other values that occur in the data were tried, one input at a time, then two. The smallest change that gives another answer is told.".into(),
        "These numbers describe the model, not the world: an input that matters to the model need not be a cause.".into(),
        "The report was computed once and stored; it shows the same numbers whenever it is opened or printed.".into(),
    ]
}
