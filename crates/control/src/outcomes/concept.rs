//! Whether a version's errors have changed: detectors that read them one by one, in the order in which outcomes arrive.

use crate::{Ctx, IntoProblem, Outcome};
use contract::deployment::ConceptDetector;
use contract::{DeploymentName, Millis, VersionNo};
use serde::{Deserialize, Serialize};
use stats::concept::{Adwin, Ddm, DdmState, Direction, PageHinkley};
use std::collections::BTreeMap;
use store::Tx;

/// Under which it is remembered.
const KIND: &str = "concept";
/// Moments that are remembered, to say when a change began: every eighth of the newest outcomes, fewer of those long ago.
const MARKS: usize = 128;
const STRIDE: u64 = 8;
/// Outcomes after which a rise that did not last is let go.
const LASTS: u64 = 512;
/// DDM's warm start: with River's 30 it alarms by chance within the first 60 outcomes (measured).
const DDM_WARM_START: u64 = 200;

/// Errors of a version after which it was worse than before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shift {
    /// Time of the prediction of about the first outcome that was worse.
    pub since: Millis,
    /// When the outcome arrived that showed it.
    pub at: Millis,
    /// Mean error before and after, 0 to 1.
    pub before: f64,
    pub after: f64,
    /// Outcomes that `after` is the mean of.
    pub outcomes: u64,
}

/// The detectors of one version with what they have seen. One stream, one record: it does not merge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Concept {
    adwin: Adwin,
    page_hinkley: PageHinkley,
    ddm: Ddm,
    pub seen: u64,
    /// Sum of all errors.
    sum: f64,
    marks: Vec<Mark>,
    /// Per detector, how many outcomes had been seen at its last change.
    last: BTreeMap<ConceptDetector, u64>,
    /// What each detector holds for worse, until the errors come back; with what had been seen and summed then.
    open: BTreeMap<ConceptDetector, (Shift, u64, f64)>,
}

/// A moment of the stream: before the outcome after the first `seen`, whose errors add up to `sum`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Mark {
    seen: u64,
    sum: f64,
    /// Time of the prediction of that outcome.
    at: Millis,
}

impl Default for Concept {
    fn default() -> Self {
        Self {
            adwin: Adwin::default(),
            page_hinkley: PageHinkley::default(),
            ddm: Ddm::new(DDM_WARM_START, 2.0, 3.0),
            seen: 0,
            sum: 0.0,
            marks: Vec::new(),
            last: BTreeMap::new(),
            open: BTreeMap::new(),
        }
    }
}

impl Concept {
    /// Takes the next error: 0 or 1 for right and wrong, else `is_rate` is false and it is a magnitude scaled to 0 to 1, which DDM
    /// cannot read. `predicted` is the time of the prediction, `now` that of the arrival.
    pub fn take(&mut self, error: f64, is_rate: bool, predicted: Millis, now: Millis) {
        if !error.is_finite() {
            return;
        }
        self.mark(predicted);
        self.seen += 1;
        self.sum += error;
        if let Some(way) = self.adwin.update(error) {
            self.changed(ConceptDetector::Adwin, way, now);
        }
        if let Some(way) = self.page_hinkley.update(error) {
            self.changed(ConceptDetector::PageHinkley, way, now);
        }
        if is_rate && self.ddm.update(error > 0.5) == DdmState::Drift {
            self.changed(ConceptDetector::Ddm, Direction::Up, now);
        }
        let (seen, sum) = (self.seen, self.sum);
        self.open.retain(|_, (shift, from, before)| {
            let n = seen - *from;
            n < LASTS || (sum - *before) / n as f64 > f64::midpoint(shift.before, shift.after)
        });
    }

    /// What a detector holds for worse now.
    pub fn worse(&self, detector: ConceptDetector) -> Option<Shift> {
        self.open.get(&detector).map(|open| open.0)
    }

    fn changed(&mut self, detector: ConceptDetector, way: Direction, now: Millis) {
        let from = self.last.insert(detector, self.seen).unwrap_or(0);
        let Some(shift) = self.shift(from, way, now) else { return };
        match way {
            // Worse again: it began with the first of these changes.
            Direction::Up => {
                let first = self.open.get(&detector).map_or(shift, |open| open.0);
                let shift = Shift { since: first.since, before: first.before, ..shift };
                self.open.insert(detector, (shift, self.seen, self.sum));
            }
            // DDM sees no improvement: what ADWIN sees counts for it too.
            Direction::Down => self.open.retain(|of, (open, ..)| {
                let is_meant = *of == detector || (detector == ConceptDetector::Adwin && *of == ConceptDetector::Ddm);
                !is_meant || shift.after > f64::midpoint(open.before, open.after)
            }),
        }
    }

    /// The split of the outcomes since `from` at which the means differ most, in standard errors of equal variance. (A detector says
    /// that there was a change, not where: ADWIN's window still holds outcomes of before.)
    fn shift(&self, from: u64, way: Direction, now: Millis) -> Option<Shift> {
        let start = self.marks.iter().rev().find(|mark| mark.seen <= from).or(self.marks.first())?;
        let split = |mark: &Mark| {
            let (m, n) = ((mark.seen - start.seen) as f64, (self.seen - mark.seen) as f64);
            let rise = (self.sum - mark.sum) / n - (mark.sum - start.sum) / m;
            (if way == Direction::Up { rise } else { -rise }) * (m * n / (m + n)).sqrt()
        };
        let inside = self.marks.iter().filter(|mark| mark.seen > start.seen && mark.seen < self.seen);
        let mark = inside.max_by(|a, b| split(a).total_cmp(&split(b)))?;
        let outcomes = self.seen - mark.seen;
        Some(Shift {
            since: mark.at,
            at: now,
            before: (mark.sum - start.sum) / (mark.seen - start.seen) as f64,
            after: (self.sum - mark.sum) / outcomes as f64,
            outcomes,
        })
    }

    fn mark(&mut self, at: Millis) {
        if !self.seen.is_multiple_of(STRIDE) {
            return;
        }
        if self.marks.len() == MARKS {
            // Every second of the older half goes: the further back, the further apart.
            let mut place = 0;
            self.marks.retain(|_| {
                place += 1;
                place > MARKS / 2 || place % 2 == 1
            });
        }
        self.marks.push(Mark { seen: self.seen, sum: self.sum, at });
    }
}

/// One error with the time of its prediction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Error {
    pub value: f64,
    pub is_rate: bool,
    pub predicted: Millis,
}

/// Feeds the errors of a batch in the transaction that joined its outcomes, so that each is read once whatever fails.
pub async fn feed(cx: &Ctx, tx: &mut Tx, deployment: &DeploymentName, version: VersionNo, errors: &[Error]) -> Outcome<()> {
    let doing = "Reading errors";
    let written = |concept: &Concept| serde_json::to_string(concept).unwrap_or_default();
    let held = tx.watch_held(deployment, version, KIND, &written(&Concept::default()), cx.now()).await.or_problem(doing)?;
    let mut concept: Concept = serde_json::from_str(&held.state).unwrap_or_else(|error| {
        tracing::error!(%deployment, %version, %error, "what the detectors had seen cannot be read; they begin anew");
        Concept::default()
    });
    for error in errors {
        concept.take(error.value, error.is_rate, error.predicted, cx.now());
    }
    tx.watch_put(deployment, version, KIND, &written(&concept)).await.or_problem(doing)
}

/// What the detectors of a version have seen; empty before its first outcome.
pub async fn concept(cx: &Ctx, deployment: &DeploymentName, version: VersionNo) -> Outcome<Concept> {
    let row = cx.store.db.watch_state(deployment, version, KIND).await.or_problem("Reading what the detectors saw")?;
    Ok(row.and_then(|row| serde_json::from_str(&row.state).ok()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::time::MINUTE;
    use stats::rng::SplitMix64;

    /// Errors at `rates`, 3,000 outcomes each, one a minute; kept as JSON between any two.
    fn stream(rates: &[f64]) -> Concept {
        let mut rng = SplitMix64::new(11);
        let mut concept = Concept::default();
        for i in 0..rates.len() * 3_000 {
            let error = f64::from(u8::from(rng.bernoulli(rates[i / 3_000])));
            concept.take(error, true, Millis(i as i64 * MINUTE), Millis((i as i64 + 600) * MINUTE));
            if i % 500 == 0 {
                concept = serde_json::from_str(&serde_json::to_string(&concept).unwrap()).unwrap();
            }
        }
        concept
    }

    #[test]
    fn only_worse_opens_and_better_closes() {
        use ConceptDetector::{Adwin, Ddm, PageHinkley};
        for (rates, open) in
            [(&[0.1, 0.1][..], &[][..]), (&[0.4, 0.1], &[]), (&[0.1, 0.3], &[Adwin, PageHinkley, Ddm]), (&[0.1, 0.3, 0.1], &[])]
        {
            let concept = stream(rates);
            for detector in ConceptDetector::ALL {
                let worse = concept.worse(detector);
                // DDM alarms by chance now and then: that is why it is not the one that is chosen.
                if detector == Ddm && open.is_empty() {
                    continue;
                }
                assert_eq!(worse.is_some(), open.contains(&detector), "{rates:?} {detector:?}: {worse:?}");
            }
        }
    }

    #[test]
    fn it_says_since_when_and_by_how_much() {
        let concept = stream(&[0.1, 0.3]);
        let shift = concept.worse(ConceptDetector::Adwin).unwrap();
        assert!((shift.since.0 / MINUTE - 3_000).abs() < 60, "{}", shift.since.0 / MINUTE);
        assert!(shift.at.0 / MINUTE > 3_600 && shift.at.0 / MINUTE < 4_300, "{}", shift.at.0 / MINUTE);
        assert!((shift.before - 0.1).abs() < 0.03 && shift.after > 0.2, "{shift:?}");
        assert!(concept.marks.len() <= MARKS && serde_json::to_string(&concept).unwrap().len() < 12_000);
    }
}
