//! What was measured: every round of every cell of every line, and medians over them.

use std::collections::BTreeMap;

use super::cells::{Cell, Form, Load, Workload};
use super::contestants::Line;
use super::load::Report;

/// One round of one cell.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    pub report: Report,
    /// Processor time of the server per answered request, microseconds.
    pub cpu_us: f64,
    /// The most memory that the server has held since it started, bytes.
    pub memory: u64,
    /// Records that were not kept.
    pub dropped: u64,
}

#[derive(Default)]
pub struct Results {
    pub cells: BTreeMap<(Cell, Line), Vec<Measured>>,
    /// Runs a second of ONNX Runtime alone, per workload and round.
    pub raw: BTreeMap<Workload, Vec<f64>>,
    /// Why a line has no numbers.
    pub missing: BTreeMap<Line, String>,
}

/// Smallest, middle and largest of the rounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub min: f64,
    pub median: f64,
    pub max: f64,
}

/// `None` for no values. The median of an even number is the mean of the two in the middle.
pub fn spread(values: impl IntoIterator<Item = f64>) -> Option<Spread> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let (min, max) = (*values.first()?, *values.last()?);
    let half = values.len() / 2;
    let median = if values.len() % 2 == 1 { values[half] } else { (values[half - 1] + values[half]) / 2.0 };
    Some(Spread { min, median, max })
}

impl Results {
    pub fn rounds(&self, line: Line, workload: Workload, form: Form, load: Load) -> &[Measured] {
        self.cells.get(&(Cell { workload, form, load }, line)).map_or(&[], Vec::as_slice)
    }

    pub fn of(&self, line: Line, at: (Workload, Form, Load), read: impl Fn(&Measured) -> f64) -> Option<Spread> {
        spread(self.rounds(line, at.0, at.1, at.2).iter().map(read))
    }

    pub fn per_second(&self, line: Line, at: (Workload, Form, Load)) -> Option<Spread> {
        self.of(line, at, |measured| measured.report.per_second)
    }

    pub fn p99(&self, line: Line, at: (Workload, Form, Load)) -> Option<Spread> {
        self.of(line, at, |measured| measured.report.p99_ms)
    }

    /// `line` over `other`, round by round, so that what slows a whole round down slows both.
    pub fn ratio(&self, line: Line, other: Line, at: (Workload, Form, Load)) -> Option<Spread> {
        self.ratio_across(line, at, other, at)
    }

    pub fn ratio_across(
        &self,
        line: Line,
        at: (Workload, Form, Load),
        other: Line,
        there: (Workload, Form, Load),
    ) -> Option<Spread> {
        let rounds = self.rounds(line, at.0, at.1, at.2).iter().zip(self.rounds(other, there.0, there.1, there.2));
        spread(rounds.filter(|(_, other)| other.report.per_second > 0.0).map(|(a, b)| a.report.per_second / b.report.per_second))
    }

    /// Everything that went wrong in a cell, over all rounds.
    pub fn errors(&self, line: Line, at: (Workload, Form, Load)) -> BTreeMap<String, u64> {
        let mut all = BTreeMap::new();
        for measured in self.rounds(line, at.0, at.1, at.2) {
            for (what, n) in &measured.report.errors {
                *all.entry(what.clone()).or_default() += n;
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_of_rounds() {
        for (values, expected) in [
            (vec![], None),
            (vec![3.0], Some((3.0, 3.0, 3.0))),
            (vec![3.0, 1.0, 9.0], Some((1.0, 3.0, 9.0))),
            (vec![4.0, 2.0], Some((2.0, 3.0, 4.0))),
        ] {
            assert_eq!(spread(values).map(|s| (s.min, s.median, s.max)), expected);
        }
    }

    #[test]
    fn ratios_compare_within_a_round() {
        let mut results = Results::default();
        let at = (Workload::A, Form::Json, Load::Closed(1));
        let cell = Cell { workload: at.0, form: at.1, load: at.2 };
        let round = |per_second: f64| Measured { report: Report { per_second, ..Report::default() }, ..Measured::default() };
        results.cells.insert((cell, Line::Slipway), vec![round(10.0), round(1.0)]);
        results.cells.insert((cell, Line::FastApi), vec![round(5.0), round(0.5)]);
        assert_eq!(results.ratio(Line::Slipway, Line::FastApi, at), Some(Spread { min: 2.0, median: 2.0, max: 2.0 }));
        assert_eq!(results.ratio(Line::Slipway, Line::MlServer, at), None);
    }
}
