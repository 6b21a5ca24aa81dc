//! Whether errors have become more, as the detectors read them.

use crate::deployments::{Known, KnownVersion};
use crate::outcomes::{Concept, Shift};
use crate::words::{counted, number, percent};
use contract::deployment::ConceptDetector;
use contract::verdict::State;
use contract::views::quality::{DetectorLine, ErrorChange};
use contract::{Millis, Task};

/// `None` before the first outcome. `offline` is the mean error on held-back data: what does not exceed it is no rise.
pub fn errors(known: &Known, stable: &KnownVersion, concept: &Concept, offline: Option<f64>, now: Millis) -> Option<ErrorChange> {
    if concept.seen == 0 {
        return None;
    }
    let is_rate = stable.contract.task != Task::Regression;
    let chosen = known.settings.concept_detector;
    let lines = ConceptDetector::ALL.into_iter().filter(|detector| is_rate || *detector != ConceptDetector::Ddm);
    let worse = |detector| concept.worse(detector).filter(|shift| shift.exceeds(offline, stable.contract.task));
    let shift = worse(chosen);
    let state = |shift: Option<Shift>| if shift.is_some() { State::Bad } else { State::Ok };
    Some(ErrorChange {
        version: stable.version,
        seen: concept.seen,
        state: state(shift),
        sentence: match shift {
            Some(shift) => format!("Errors have become more: {}.", said(is_rate, shift, now)),
            None => format!("{} sees no rise of the errors in {}.", chosen.name(), counted(concept.seen, "outcome")),
        },
        since: shift.map(|shift| shift.since),
        detectors: lines
            .map(|detector| {
                let shift = worse(detector);
                DetectorLine {
                    name: detector.name().into(),
                    chosen: detector == chosen,
                    // Another one's word is something to know, not to act on.
                    state: if detector == chosen { state(shift) } else { state(shift).max(State::Watch) },
                    sentence: shift.map_or("no rise".into(), |shift| said(is_rate, shift, now)),
                }
            })
            .collect(),
    })
}

fn said(is_rate: bool, shift: Shift, now: Millis) -> String {
    let (before, after) =
        if is_rate { (percent(shift.before), percent(shift.after)) } else { (number(shift.before), number(shift.after)) };
    let what = if is_rate { "wrong in" } else { "mean error, scaled," };
    format!(
        "{what} {after} of the last {}, and {before} before; since predictions of about {}, seen {}",
        counted(shift.outcomes, "outcome"),
        shift.since.words(now),
        shift.at.words(now)
    )
}
