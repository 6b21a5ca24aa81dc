//! The windows that this process is still adding to. Their rows are written whole at each flush, so a flush can be repeated
//! and a crash loses what came after the last one, nothing more.

use super::counts::Counts;
use super::pending::{Key, Part, Pending};
use super::spans::KEPT;
use super::sums::Sums;
use super::window::Stretch;
use contract::time::MINUTE;
use contract::{DeploymentName, Millis};
use std::collections::{BTreeSet, HashMap, HashSet};
use store::rollouts::CountsRow;
use store::windows::WindowRow;

/// How long after its end a window may still be added to without a row of its own.
const LATE: i64 = 2 * MINUTE;

/// What is open, and what of it has changed since it was written.
pub struct Accumulators {
    process: String,
    made: u64,
    windows: HashMap<(Key, i64), Open<Stretch>>,
    parts: HashMap<Part, Open<Counts>>,
    dirty: HashSet<(Key, i64)>,
    dirty_parts: HashSet<Part>,
}

/// `writer` names the row: a window that was forgotten and comes back gets another row, so that nothing is overwritten.
struct Open<T> {
    writer: String,
    sums: T,
}

/// What one transaction writes.
pub struct Batch {
    pub windows: Vec<WindowRow>,
    pub parts: Vec<CountsRow>,
    places: Vec<(Key, i64)>,
}

impl Accumulators {
    /// Whose windows wait to be written.
    pub fn waiting(&self) -> BTreeSet<DeploymentName> {
        self.dirty.iter().map(|(key, _)| key.deployment.clone()).collect()
    }

    /// `process` must never have been used before.
    pub fn new(process: String) -> Self {
        Self {
            process,
            made: 0,
            windows: HashMap::new(),
            parts: HashMap::new(),
            dirty: HashSet::new(),
            dirty_parts: HashSet::new(),
        }
    }

    /// Adds what is pending to the windows of every span.
    pub fn absorb(&mut self, pending: &mut Pending) {
        for (key, stretch) in pending.stretches() {
            for (span, _) in KEPT {
                let place = (Key { start: key.start.floor_to(span), ..key.clone() }, span);
                let (process, made) = (&self.process, &mut self.made);
                let open = self.windows.entry(place.clone()).or_insert_with(|| Open::new(process, made));
                open.sums.merge(&stretch);
                self.dirty.insert(place);
            }
        }
        for (part, counts) in pending.parts.drain() {
            let (process, made) = (&self.process, &mut self.made);
            self.parts.entry(part.clone()).or_insert_with(|| Open::new(process, made)).sums.add(&counts);
            self.dirty_parts.insert(part);
        }
    }

    /// Whether a flush has failed since the last one that did not.
    pub fn is_dirty(&self) -> bool {
        !self.dirty.is_empty() || !self.dirty_parts.is_empty()
    }

    /// Rows of what has changed since it was [`Self::written`], of at most so many windows.
    pub fn rows(&self, most: usize) -> Batch {
        let places: Vec<_> = self.dirty.iter().take(most).cloned().collect();
        let windows = places.iter().filter_map(|place| {
            let open = self.windows.get(place)?;
            let (key, span) = place;
            Some(WindowRow {
                deployment: key.deployment.0.clone(),
                version: i64::from(key.version.0),
                arm: key.arm.word().to_owned(),
                start: key.start.0,
                span: *span,
                writer: open.writer.clone(),
                operations: serde_json::to_string(&open.sums.operations).unwrap_or_default(),
                features: serde_json::to_string(&open.sums.features).unwrap_or_default(),
                sums: Sums::of(&open.sums.operations.counts),
            })
        });
        let parts = self.dirty_parts.iter().filter_map(|part| {
            let open = self.parts.get(part)?;
            Some(CountsRow {
                rollout: part.rollout.0.clone(),
                step: i64::try_from(part.step).unwrap_or(i64::MAX),
                arm: part.arm.word().to_owned(),
                writer: open.writer.clone(),
                counts: serde_json::to_string(&open.sums).unwrap_or_default(),
            })
        });
        Batch { windows: windows.collect(), parts: parts.collect(), places }
    }

    /// Gives up what waits to be written beyond about so many bytes: the shortest spans first, and the oldest of each. The longest hold
    /// the same sums and stay; there are few of them. How many windows.
    pub fn give_up(&mut self, bytes: usize) -> usize {
        let sized = |place: &(Key, i64)| self.windows.get(place).map_or(0, |open| open.sums.memory() + 256);
        let mut taken: usize = self.dirty.iter().map(sized).sum();
        if taken <= bytes {
            return 0;
        }
        let longest = KEPT.iter().map(|(span, _)| *span).max().unwrap_or_default();
        let shorter = self.dirty.iter().filter(|place| place.1 < longest);
        let mut waiting: Vec<_> = shorter.map(|place| (place.1, place.0.start, sized(place), place.clone())).collect();
        waiting.sort_by_key(|(span, start, ..)| (*span, *start));
        let mut gone = 0;
        for (_, _, size, place) in waiting {
            if taken <= bytes {
                break;
            }
            taken -= size;
            gone += 1;
            self.dirty.remove(&place);
            self.windows.remove(&place);
        }
        gone
    }

    /// About how much memory the windows of each deployment take.
    pub fn memory(&self) -> HashMap<DeploymentName, u64> {
        let mut bytes: HashMap<DeploymentName, u64> = HashMap::new();
        for ((key, _), open) in &self.windows {
            *bytes.entry(key.deployment.clone()).or_default() += open.sums.memory() as u64;
        }
        bytes
    }

    /// The rows are committed: closed windows may go.
    pub fn written(&mut self, batch: Batch, now: Millis, rollout_is_open: impl Fn(&Part) -> bool) {
        for place in &batch.places {
            self.dirty.remove(place);
        }
        self.dirty_parts.clear();
        let dirty = &self.dirty;
        self.windows.retain(|place, _| place.0.start + place.1 + LATE > now || dirty.contains(place));
        self.parts.retain(|part, _| rollout_is_open(part));
    }
}

impl<T: Default> Open<T> {
    fn new(process: &str, made: &mut u64) -> Self {
        *made += 1;
        Self { writer: format!("{process}.{made}"), sums: T::default() }
    }
}
