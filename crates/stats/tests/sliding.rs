//! A sliding window over clean rows, looked at all the time: it alarms as often as it may, and without the correction far more often.

use stats::bins::{Baseline, CategoricalBaseline, NumericBaseline, Window};
use stats::evidence::{judge, judge_share, level_of_sliding};
use stats::rng::SplitMix64;
use std::collections::VecDeque;

/// Looks while the window moves on by its length, and rows that come between two of them.
const STEPS: usize = 36;
const ROWS: usize = 12;
/// False alarms of one test that are accepted while a window goes by.
const EACH: f64 = 0.01;
/// An alarm goes on while chance explains it less often than this, and ends after so many looks without.
const GOES_ON: f64 = 1e-3;
const QUIET: usize = 3;

#[derive(Default)]
struct Alarm {
    open: bool,
    quiet: usize,
    raised: u32,
}

impl Alarm {
    fn look(&mut self, p: f64, level: f64) {
        if self.open {
            self.quiet = if p <= GOES_ON { 0 } else { self.quiet + 1 };
            self.open = self.quiet < QUIET;
        } else if p <= level {
            *self = Alarm { open: true, quiet: 0, raised: self.raised + 1 };
        }
    }
}

fn category(rng: &mut SplitMix64) -> Option<&'static str> {
    Some(["a", "b", "c", "d"][(rng.uniform().powi(2) * 4.0) as usize % 4])
}

#[test]
fn clean_streams_keep_their_budget() {
    let (references, windows) = (8, 150);
    let corrected = level_of_sliding(EACH);
    let mut alarms: [[Alarm; 3]; 2] = Default::default();
    for seed in 0..references {
        let mut rng = SplitMix64::new(seed);
        let numbers: Vec<f64> = (0..20_000).map(|_| rng.normal().exp().min(20.0)).collect();
        let names: Vec<Option<&str>> = (0..20_000).map(|_| category(&mut rng)).collect();
        let numeric = Baseline::Numeric(NumericBaseline::fit(&numbers, 64));
        let categorical = Baseline::Categorical(CategoricalBaseline::fit(names.iter().copied()));
        let mut parts: VecDeque<(Window, Window, u64)> = VecDeque::new();
        for step in 0..STEPS * windows {
            let (mut a, mut b, mut missing) = (Window::new(&numeric), Window::new(&categorical), 0);
            for _ in 0..ROWS {
                if let (Baseline::Numeric(base), Window::Numeric(window)) = (&numeric, &mut a) {
                    window.add(base, rng.normal().exp().min(20.0));
                }
                if let (Baseline::Categorical(base), Window::Categorical(window)) = (&categorical, &mut b) {
                    window.add(base, category(&mut rng));
                }
                missing += u64::from(rng.bernoulli(0.05));
            }
            parts.push_back((a, b, missing));
            if parts.len() > STEPS {
                parts.pop_front();
            }
            if step < STEPS {
                continue;
            }
            let (mut a, mut b, mut missing) = (Window::new(&numeric), Window::new(&categorical), 0);
            for part in &parts {
                a.merge(&part.0).unwrap();
                b.merge(&part.1).unwrap();
                missing += part.2;
            }
            let n = (STEPS * ROWS) as u64;
            let p = [
                judge(&numeric, &a, 1e-9, 0.01).p,
                judge(&categorical, &b, 1e-9, 0.01).p,
                judge_share(missing, n, 1_000, 20_000, 0.01, 0.01).p,
            ];
            for (alarms, level) in alarms.iter_mut().zip([corrected, EACH]) {
                alarms.iter_mut().zip(p).for_each(|(alarm, p)| alarm.look(p, level));
            }
        }
    }
    let budget = EACH * f64::from(references as u32) * f64::from(windows as u32);
    let [right, plain] = alarms.map(|alarms| alarms.map(|alarm| alarm.raised));
    println!("budget {budget} for each test; corrected {right:?}, uncorrected {plain:?}");
    // Counts of alarms stray by the root of what is expected.
    let most = budget + 2.0 * budget.sqrt();
    assert!(right.iter().all(|n| f64::from(*n) <= most), "{right:?} of {budget}");
    assert!(f64::from(right.iter().sum::<u32>()) <= 3.0 * budget, "{right:?} of {budget} each");
    assert!(f64::from(plain.iter().sum::<u32>()) > 3.0 * 3.0 * budget, "{plain:?} of {budget} each");
}
