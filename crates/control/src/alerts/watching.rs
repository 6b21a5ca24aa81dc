//! Rules over what only whole rows and outcomes show: features that no longer go together, quality that is expected to be worse,
//! errors that have become more. Pure, with a table of cases.

use super::rules::Firing;
use crate::outcomes::Shift;
use crate::words::{count, counted, number, percent, rarity};
use contract::deployment::ConceptDetector;
use contract::time::DAY;
use contract::verdict::State;
use contract::views::alerts::AlertKind;
use contract::{Millis, VersionNo};
use serde_json::json;
use stats::estimate::{EstimateFinding, Trust};
use stats::evidence::Verdict;
use stats::joint::JointFinding;

/// How long errors that stay worse are news: after that they are how this version is, and quality alone speaks of them.
const NEWS: i64 = 14 * DAY;

/// Features that no longer go together as they did.
pub fn joint(finding: &JointFinding) -> Option<Firing> {
    if finding.verdict != Verdict::Drift {
        return None;
    }
    let pair = finding.pairs.first()?;
    Some(Firing {
        kind: AlertKind::JointDrift,
        subject: String::new(),
        state: State::Watch,
        headline: format!("{} and {} do not go together as they did", pair.first, pair.second),
        sentence: format!(
            "Their correlation is {} over {} rows, and {} in the training data. All pairs together changed by {}; the limit is {}. \
             By chance alone that happens {}.",
            number(pair.current),
            count(finding.n),
            number(pair.reference),
            number(finding.strength),
            number(finding.threshold),
            rarity(finding.p)
        ),
        numbers: json!(finding),
    })
}

/// What is expected of the answers of the stable version.
#[derive(Clone, Debug)]
pub struct EstimateLook {
    pub version: VersionNo,
    pub measure: String,
    pub higher_is_better: bool,
    pub finding: EstimateFinding,
    pub rows: u64,
    pub trust: Trust,
}

/// Never more than something to watch, and nothing at all once outcomes have shown the estimate to be wrong: an estimate is a
/// conclusion from the inputs.
pub fn estimate(look: &EstimateLook) -> Option<Firing> {
    let EstimateLook { version, measure, higher_is_better, finding, rows, trust } = look;
    if finding.verdict != Verdict::Drift || *trust == Trust::Untrusted {
        return None;
    }
    let said = |x: f64| if *higher_is_better { percent(x) } else { number(x) };
    let held = match trust {
        Trust::Trusted => "Outcomes so far agree with the estimate.",
        _ => "No outcomes have confirmed the estimate yet.",
    };
    Some(Firing {
        kind: AlertKind::Estimate,
        subject: version.to_string(),
        state: State::Watch,
        headline: format!(
            "{measure} of version {version} is expected to be {}, and was {} on labelled data",
            said(finding.estimated),
            said(finding.reference)
        ),
        sentence: format!(
            "Estimated over {} whose outcomes need not be known, give or take {}; a loss of {} is the limit. {held}",
            counted(*rows, "answer"),
            said(3.0 * finding.standard_error),
            said(finding.threshold)
        ),
        numbers: json!({"measure": measure, "finding": finding, "rows": rows, "trust": trust}),
    })
}

/// Errors of live answers, as the deployment's detector reads them.
#[derive(Clone, Copy, Debug)]
pub struct ConceptLook {
    pub version: VersionNo,
    pub detector: ConceptDetector,
    /// Right and wrong; else errors have a magnitude, and only their ratio means something.
    pub is_rate: bool,
    pub shift: Option<Shift>,
    /// Loss that matters; twice as much is bad.
    pub margin: f64,
    pub now: Millis,
}

pub fn concept(look: &ConceptLook) -> Option<Firing> {
    let ConceptLook { version, detector, is_rate, now, .. } = *look;
    let shift = look.shift.filter(|shift| now - shift.at <= NEWS && shift.after > shift.before)?;
    let headline = if is_rate {
        format!("Version {version} is wrong in {} of known cases, and was in {}", percent(shift.after), percent(shift.before))
    } else {
        let more = if shift.before > 0.0 { shift.after / shift.before - 1.0 } else { 1.0 };
        format!("Errors of version {version} have grown by {}", percent(more))
    };
    Some(Firing {
        kind: AlertKind::ConceptDrift,
        subject: version.to_string(),
        state: if shift.after - shift.before >= 2.0 * look.margin { State::Bad } else { State::Watch },
        headline,
        sentence: format!(
            "It began with predictions of about {}, and {} saw it {}, when their outcomes were known. The mean is over the last {}.",
            shift.since.words(now),
            detector.name(),
            shift.at.words(now),
            counted(shift.outcomes, "outcome")
        ),
        numbers: json!({"detector": detector, "shift": shift}),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use stats::joint::PairShift;

    #[test]
    fn joint_drift_names_the_pair() {
        let pair = PairShift { first: "minutes".into(), second: "charge".into(), reference: 1.0, current: 0.02 };
        let finding = |verdict| JointFinding {
            strength: 0.9,
            divergence: 1.6,
            threshold: 0.3,
            p: 1e-9,
            n: 600,
            verdict,
            detectable_at_rows: 200,
            pairs: vec![pair.clone()],
        };
        for (verdict, fires) in [(Verdict::Drift, true), (Verdict::Ok, false), (Verdict::Insufficient, false)] {
            assert_eq!(joint(&finding(verdict)).is_some(), fires, "{verdict:?}");
        }
        let told = joint(&finding(Verdict::Drift)).unwrap();
        assert_eq!((told.state, told.headline.as_str()), (State::Watch, "minutes and charge do not go together as they did"));
    }

    #[test]
    fn an_estimate_warns_and_never_when_it_was_found_wrong() {
        let look = |verdict, trust| EstimateLook {
            version: VersionNo(3),
            measure: "Accuracy".into(),
            higher_is_better: true,
            finding: EstimateFinding {
                estimated: 0.82,
                reference: 0.91,
                loss: 0.09,
                standard_error: 0.01,
                threshold: 0.03,
                verdict,
                detectable_at_rows: 500,
            },
            rows: 800,
            trust,
        };
        for (verdict, trust, state) in [
            (Verdict::Drift, Trust::Trusted, Some(State::Watch)),
            (Verdict::Drift, Trust::Insufficient, Some(State::Watch)),
            (Verdict::Drift, Trust::Untrusted, None),
            (Verdict::Ok, Trust::Trusted, None),
            (Verdict::Insufficient, Trust::Insufficient, None),
        ] {
            assert_eq!(estimate(&look(verdict, trust)).map(|firing| firing.state), state, "{verdict:?} {trust:?}");
        }
    }

    #[test]
    fn errors_are_news_while_they_are_worse_and_new() {
        let now = Millis(100 * DAY);
        let shift = |before, after, days: i64| {
            Some(Shift { since: Millis(0), at: Millis(now.0 - days * DAY), before, after, outcomes: 90 })
        };
        for (shift, state) in [
            (None, None),
            (shift(0.1, 0.3, 1), Some(State::Bad)),
            (shift(0.1, 0.13, 1), Some(State::Watch)),
            (shift(0.3, 0.1, 1), None),
            (shift(0.1, 0.3, 15), None),
        ] {
            let look =
                ConceptLook { version: VersionNo(3), detector: ConceptDetector::Adwin, is_rate: true, shift, margin: 0.03, now };
            assert_eq!(concept(&look).map(|firing| firing.state), state, "{shift:?}");
        }
        let errors = ConceptLook {
            margin: 0.03,
            version: VersionNo(3),
            detector: ConceptDetector::Adwin,
            is_rate: false,
            shift: shift(0.2, 0.3, 1),
            now,
        };
        assert_eq!(concept(&errors).unwrap().headline, "Errors of version 3 have grown by 50.0%");
    }
}
