//! Alerts from chunk to chunk: since when each is running, and the chunks before, for looking at several together.

use super::judge::LENGTHS;
use super::line::Kind;
use stats::distance::chi_square_tail;
use stats::usual::{Evidence, Stretch, Usual};
use std::collections::{BTreeMap, VecDeque};

/// Which alerts are running, by kind and feature.
#[derive(Default)]
pub struct Runs {
    since: BTreeMap<(Kind, Option<String>), String>,
}

impl Runs {
    pub fn is_running(&self, kind: Kind, feature: Option<&str>) -> bool {
        self.since.contains_key(&(kind, feature.map(str::to_owned)))
    }

    /// The runs that go on or begin in this chunk, with the time since when; all others end.
    pub fn advance(&mut self, found: &[(Kind, Option<String>, String)]) -> Vec<String> {
        let before = std::mem::take(&mut self.since);
        found
            .iter()
            .map(|(kind, feature, start)| {
                let key = (*kind, feature.clone());
                let since = before.get(&key).unwrap_or(start).clone();
                self.since.insert(key, since.clone());
                since
            })
            .collect()
    }
}

/// The last chunks of one feature.
#[derive(Default)]
pub struct Past {
    stretches: VecDeque<(Stretch, String)>,
}

impl Past {
    /// The evidence of a chunk alone, and together with those before it.
    pub fn views(&self, usual: &Usual, now: &Stretch) -> Vec<(usize, Evidence)> {
        let mut views = vec![(1, usual.evidence(&[now]))];
        let mut together = vec![now];
        together.extend(self.stretches.iter().rev().map(|(stretch, _)| stretch));
        for length in LENGTHS.into_iter().filter(|length| *length <= together.len()) {
            views.push((length, usual.evidence(&together[..length])));
        }
        views
    }

    /// The last `chunks` as one, of which the present one is one.
    pub fn together(&self, chunks: usize, now: &Stretch) -> Stretch {
        let mut sum = now.clone();
        self.stretches.iter().rev().take(chunks.saturating_sub(1)).for_each(|(stretch, _)| sum.add(stretch));
        sum
    }

    /// Rows of the last `chunks` before the present one.
    pub fn rows(&self, chunks: usize) -> u64 {
        self.stretches.iter().rev().take(chunks).map(|(stretch, _)| stretch.rows()).sum()
    }

    /// The start of the first of the last `chunks`, of which the present one is one.
    pub fn start(&self, chunks: usize, now: &str) -> String {
        let back = chunks.checked_sub(2).and_then(|back| self.stretches.iter().rev().nth(back));
        back.map_or_else(|| now.to_owned(), |(_, start)| start.clone())
    }

    pub fn push(&mut self, now: Stretch, start: String) {
        self.stretches.push_back((now, start));
        if self.stretches.len() >= LENGTHS[LENGTHS.len() - 1] {
            self.stretches.pop_front();
        }
    }
}

/// P-values of the last chunks, for what cannot be merged.
#[derive(Default)]
pub struct Chain {
    last: VecDeque<f64>,
}

impl Chain {
    /// Takes the p-value of a chunk. The least p-value of two and of three chunks in a row taken together (Fisher 1925: minus
    /// twice the sum of their logarithms is a chi-square), as long as each of them is unlikely by itself; else 1.
    pub fn together(&mut self, p: f64) -> f64 {
        if p > STILL_TOGETHER {
            self.last.clear();
            return 1.0;
        }
        self.last.push_back(p.max(1e-300));
        if self.last.len() > 3 {
            self.last.pop_front();
        }
        let of = |count: usize| {
            let sum: f64 = self.last.iter().rev().take(count).map(|p| -2.0 * p.ln()).sum();
            chi_square_tail(sum, 2 * count as u64)
        };
        (2..=self.last.len()).map(of).fold(1.0, f64::min)
    }
}

/// A chunk less unlikely than this ends a chain.
const STILL_TOGETHER: f64 = 0.02;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_keeps_its_beginning_until_it_ends() {
        let mut runs = Runs::default();
        let at = |start: &str| vec![(Kind::Missing, Some("age".to_owned()), start.to_owned())];
        assert_eq!(runs.advance(&at("1")), ["1"]);
        assert_eq!(runs.advance(&at("2")), ["1"]);
        assert!(runs.is_running(Kind::Missing, Some("age")) && !runs.is_running(Kind::Missing, None));
        assert!(runs.advance(&[]).is_empty());
        assert_eq!(runs.advance(&at("4")), ["4"]);
    }

    #[test]
    fn unlikely_chunks_in_a_row_add_up_and_a_likely_one_ends_it() {
        let mut chain = Chain::default();
        assert_eq!(chain.together(1e-3), 1.0);
        let two = chain.together(1e-3);
        // 1e-6 (1 - ln 1e-6), by hand.
        assert!((two - 1.481_551_055_796_427_6e-5).abs() < 1e-12, "{two}");
        assert!(chain.together(1e-3) < two);
        assert_eq!(chain.together(0.3), 1.0);
        assert_eq!(chain.together(1e-9), 1.0, "one alone is judged elsewhere");
    }

    #[test]
    fn the_past_is_short() {
        let mut past = Past::default();
        for i in 0..20 {
            past.push(Stretch::default(), i.to_string());
        }
        assert_eq!(
            (past.stretches.len(), past.start(1, "20"), past.start(2, "20"), past.start(8, "20")),
            (7, "20".into(), "19".into(), "13".into())
        );
    }
}
