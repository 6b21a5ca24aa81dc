//! What is expected of the stable version, over time and over the whole range, and whether outcomes bear it out.

use crate::Ctx;
use crate::Outcome;
use crate::deployments::{Known, KnownVersion};
use crate::monitoring::findings::{ESTIMATE_LOSS, estimate_finding};
use crate::monitoring::read::is_live;
use crate::monitoring::whole_rows::{Kept, WholeRows};
use crate::outcomes::{primary_name, trust};
use crate::registry::estimator::Estimator;
use crate::registry::expected::Expected;
use crate::words::{count, counted, number, percent};
use contract::verdict::State;
use contract::views::parts::Estimate;
use contract::views::quality::{Estimated, EstimatedPoint};
use contract::{Millis, Task};
use stats::estimate::{BAND, FEWEST_LABELLED, Trust, TrustFinding};
use stats::evidence::Verdict;
use std::collections::BTreeMap;

/// Answers from which a point is drawn.
const FEWEST: u64 = 10;

/// Why nothing is expected of a version.
pub fn why_not(stable: Option<&KnownVersion>) -> String {
    let Some(stable) = stable else { return "Nothing is served yet.".into() };
    match stable.baseline.as_deref() {
        None => "This version came without reference data, so nothing is known about how good its answers are.".into(),
        Some(baseline) if baseline.estimator.is_some() => String::new(),
        Some(_) => {
            "Nothing is estimated for this version: it came without labelled data, its answers carry no probabilities, or it was \
                    registered before estimates were kept. Register it again with held-back data."
                .into()
        }
    }
}

pub async fn estimated(
    cx: &Ctx,
    known: &Known,
    stable: &KnownVersion,
    windows: &[Kept],
    bucket: i64,
    starts: &[Millis],
) -> Outcome<Option<Estimated>> {
    let Some(baseline) = stable.baseline.as_ref() else { return Ok(None) };
    let Some((estimator, reference)) = baseline.estimator.as_ref().and_then(|one| Some((one, one.reference()?))) else {
        return Ok(None);
    };
    let task = stable.contract.task;
    let mine = || windows.iter().filter(|window| window.version == stable.version && is_live(window.arm));
    let (mut whole, mut by_bucket) = (WholeRows::default(), BTreeMap::<Millis, WholeRows>::new());
    for window in mine() {
        whole.merge(&window.rows);
        by_bucket.entry(window.start.floor_to(bucket)).or_default().merge(&window.rows);
    }
    let finding = estimate_finding(&known.settings, stable, &whole);
    let rows = whole.expected.as_ref().map_or(0, Expected::n);
    let (state, sentence) = match finding.map(|finding| (finding, finding.verdict)) {
        Some((finding, Verdict::Drift)) => (
            State::Watch,
            format!(
                "Expected to be {}, and was {} on labelled data: a loss of more than {}, and more than chance.",
                said(task, finding.estimated),
                said(task, reference),
                said(task, finding.threshold)
            ),
        ),
        Some((finding, Verdict::Ok)) => (
            State::Ok,
            format!("Expected to be {}, and was {} on labelled data.", said(task, finding.estimated), said(task, reference)),
        ),
        Some((finding, Verdict::Insufficient)) if rows > 0 => {
            let from = if finding.detectable_at_rows == stats::evidence::NEVER {
                format!(
                    "The {} it was learnt on are too few to tell a loss of {} from chance",
                    counted(estimator.rows, "row"),
                    said(task, finding.threshold)
                )
            } else {
                format!(
                    "A loss of {} can be told from chance from {} on",
                    said(task, finding.threshold),
                    counted(finding.detectable_at_rows, "answer")
                )
            };
            (
                State::Unknown,
                format!(
                    "Expected to be {}, and was {} on labelled data. {from}.",
                    said(task, finding.estimated),
                    said(task, reference)
                ),
            )
        }
        _ => (State::Unknown, "No answers in this time.".into()),
    };
    let (trust, trust_word, trust_sentence) = trusted(task, trust(cx, &known.name, stable).await?);
    let point = |at: &Millis| EstimatedPoint {
        at: *at,
        estimate: by_bucket
            .get(at)
            .and_then(|rows| rows.expected.as_ref())
            .filter(|expected| expected.n() >= FEWEST)
            .and_then(|expected| banded(task, estimator, expected)),
    };
    Ok(Some(Estimated {
        version: stable.version,
        estimate: whole.expected.as_ref().and_then(|expected| banded(task, estimator, expected)),
        reference,
        over_time: starts.iter().map(point).collect(),
        others: whole.expected.as_ref().map(Expected::others).unwrap_or_default(),
        state,
        sentence,
        trust,
        trust_word: trust_word.into(),
        trust_sentence,
        method: method(task, estimator),
    }))
}

/// With the band that chance explains.
fn banded(task: Task, estimator: &Estimator, expected: &Expected) -> Option<Estimate> {
    let (value, n) = (expected.primary()?, expected.n());
    let half = estimator.sampling().map(|sampling| BAND * sampling.at(n)).filter(|half| half.is_finite());
    let most = if task == Task::Regression { f64::INFINITY } else { 1.0 };
    Some(Estimate { value, lower: half.map(|half| (value - half).max(0.0)), upper: half.map(|half| (value + half).min(most)), n })
}

fn said(task: Task, x: f64) -> String {
    if task == Task::Regression { number(x) } else { percent(x) }
}

/// Whether to believe it, in words.
pub fn trusted(task: Task, finding: Option<TrustFinding>) -> (State, &'static str, String) {
    let Some(finding) = finding else { return (State::Unknown, "not checked yet", String::new()) };
    let (gap, band) = (said(task, finding.gap.abs()), said(task, finding.band));
    let rows = counted(finding.labelled, "outcome");
    let compared = finding.labelled >= FEWEST_LABELLED;
    match finding.trust {
        Trust::Trusted if compared => (
            State::Ok,
            "trusted",
            format!("The last {rows} agree with what was expected of the same answers: {gap} apart, within {band}."),
        ),
        Trust::Untrusted if compared => {
            let way = if finding.is_optimistic { "worse" } else { "better" };
            (
                State::Watch,
                "not trusted",
                format!(
                    "The last {rows} are {gap} {way} than was expected of the same answers, and chance explains {band}. How inputs and outcomes \
                     go together has changed; an estimate cannot see that."
                ),
            )
        }
        Trust::Trusted => (State::Ok, "trusted", "Outcomes agreed with it when there were enough of them.".into()),
        Trust::Untrusted => (
            State::Watch,
            "not trusted",
            "Outcomes disagreed with it when there were enough of them, and none have come since that agree.".into(),
        ),
        Trust::Insufficient => (
            State::Unknown,
            "not checked yet",
            format!("{rows} known of answers that an estimate was made for; {FEWEST_LABELLED} are needed."),
        ),
    }
}

fn method(task: Task, estimator: &Estimator) -> String {
    let from = if estimator.held_back {
        format!("{} held-back rows", count(estimator.rows))
    } else {
        format!("{} rows of the reference data, about which a model is often too sure", count(estimator.rows))
    };
    let every = match Expected::every(estimator) {
        1 => String::new(),
        n => format!(" One in {n} answers is counted."),
    };
    match task {
        Task::Regression => {
            format!("From a model of the errors, learnt on {from}.{every} A loss counts from {}.", percent(2.0 * ESTIMATE_LOSS))
        }
        _ => format!(
            "From the answers' own probabilities, calibrated on {from}.{every} {} counts as worse from {} points on.",
            primary_name(task),
            crate::words::points(ESTIMATE_LOSS)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trust_is_said_in_words() {
        let finding = |trust, gap: f64, labelled| {
            Some(TrustFinding { trust, gap, band: 0.04, is_optimistic: trust == Trust::Untrusted && gap < 0.0, labelled })
        };
        for (finding, state, word, part) in [
            (None, State::Unknown, "not checked yet", ""),
            (finding(Trust::Insufficient, 0.0, 12), State::Unknown, "not checked yet", "12 outcomes known"),
            (finding(Trust::Trusted, 0.01, 500), State::Ok, "trusted", "1.0% apart, within 4.0%"),
            (finding(Trust::Untrusted, -0.4, 500), State::Watch, "not trusted", "40.0% worse"),
            (finding(Trust::Untrusted, 0.4, 500), State::Watch, "not trusted", "40.0% better"),
            (finding(Trust::Untrusted, 0.0, 10), State::Watch, "not trusted", "none have come since"),
            (finding(Trust::Trusted, 0.0, 10), State::Ok, "trusted", "when there were enough"),
        ] {
            let (got, said, sentence) = trusted(Task::Binary, finding);
            assert_eq!((got, said), (state, word), "{finding:?}");
            assert!(sentence.contains(part), "{sentence}");
        }
    }
}
