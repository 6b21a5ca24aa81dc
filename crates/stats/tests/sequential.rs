//! Watching all the time: harmless canaries are left alone, harmful ones are caught, also at tiny counts.

use stats::rng::SplitMix64;
use stats::sequential::{
    Interval, MeanArm, RateArm, Verdict3, Worse, always_valid_n, judge_guardrail, mean_difference_cs, mean_difference_one_sided,
    planned_n, planned_n_mean, rate_above, rate_below, rate_cs, rate_difference_cs, rate_difference_one_sided,
};

const ALPHA: f64 = 0.05;

type Draw = fn(&mut SplitMix64) -> f64;

/// A draw from the binomial distribution, by counting (small means by skipping between successes).
fn binomial(n: u64, p: f64, rng: &mut SplitMix64) -> u64 {
    let p_small = p.min(1.0 - p);
    let mut position = 0u64;
    let mut count = 0;
    loop {
        position = position.saturating_add(1 + (rng.exponential() / -(-p_small).ln_1p()) as u64);
        if position > n {
            break;
        }
        count += 1;
    }
    if p_small == p { count } else { n - count }
}

struct Rollout {
    stable_rate: f64,
    canary_rate: f64,
    /// Canary rows per look, and stable rows for each of them.
    per_look: u64,
    ratio: u64,
    looks: usize,
    planned: u64,
}

impl Rollout {
    /// Runs one rollout and hands each look's one-sided and two-sided interval to `look`, which may stop it.
    fn watch(&self, rng: &mut SplitMix64, mut look: impl FnMut(Interval, Interval) -> bool) {
        let (mut canary, mut stable) = (RateArm::default(), RateArm::default());
        for _ in 0..self.looks {
            canary.merge(&RateArm::new(self.per_look, binomial(self.per_look, self.canary_rate, rng)));
            let rows = self.per_look * self.ratio;
            stable.merge(&RateArm::new(rows, binomial(rows, self.stable_rate, rng)));
            if look(
                rate_difference_one_sided(&canary, &stable, ALPHA, self.planned),
                rate_difference_cs(&canary, &stable, ALPHA, self.planned),
            ) {
                return;
            }
        }
    }

    /// Whether the one-sided interval ever says that the canary is higher.
    fn caught(&self, rng: &mut SplitMix64) -> bool {
        let mut caught = false;
        self.watch(rng, |one, _| {
            caught |= one.lower > 0.0;
            caught
        });
        caught
    }
}

/// Rates, weights and speeds of unchanged canaries: small and tiny counts, early and late decisions.
fn leave_alone(rates: &[f64]) {
    let runs = 90;
    let mut total = [0usize; 3];
    let cases = [(5, 1, 200), (50, 19, 800), (400, 99, 8000), (2000, 1, 3000)];
    for (case, (&rate, (per_look, ratio, planned))) in rates.iter().flat_map(|rate| cases.map(|case| (rate, case))).enumerate() {
        let rollout = Rollout { stable_rate: rate, canary_rate: rate, per_look, ratio, looks: 45, planned };
        let mut rng = SplitMix64::new(case as u64);
        let mut wrong = [0usize; 3];
        for _ in 0..runs {
            let mut flags = [false; 3];
            rollout.watch(&mut rng, |one, two| {
                flags[0] |= one.lower > 0.0;
                flags[1] |= one.upper < 0.0;
                flags[2] |= two.lower > 0.0 || two.upper < 0.0;
                false
            });
            (0..3).for_each(|i| wrong[i] += usize::from(flags[i]));
        }
        // Nominal 4.5 of 90.
        for (bound, count) in ["higher", "lower", "different"].iter().zip(wrong) {
            assert!(count <= 6, "rate {rate}, {per_look} a look, x{ratio}: called {bound} {count} of {runs} times");
        }
        (0..3).for_each(|i| total[i] += wrong[i]);
    }
    let all = runs * rates.len() * cases.len();
    println!("false alarms of {all}: {total:?}");
    assert!(total.iter().all(|t| *t as f64 <= ALPHA / 2.0 * all as f64), "{total:?} of {all}");
}

#[test]
fn harmless_canaries_with_rare_events_are_left_alone() {
    leave_alone(&[0.0002, 0.001, 0.01]);
}

#[test]
fn harmless_canaries_with_common_events_are_left_alone() {
    leave_alone(&[0.1, 0.5, 0.99]);
}

#[test]
fn harm_is_caught_in_about_twice_the_rows_of_a_single_look() {
    // Where only a handful of events is expected, exactness costs power: four times the rows there.
    for (base, worse, times, wanted) in [(0.001, 0.01, 4, 75), (0.01, 0.02, 2, 75), (0.05, 0.06, 2, 70), (0.1, 0.12, 2, 70)] {
        let planned = planned_n(base, worse, ALPHA, 0.8, 19.0).unwrap();
        assert_eq!(always_valid_n(planned), 2 * planned);
        let (looks, rows) = (40, times * planned);
        let rollout = Rollout {
            stable_rate: base,
            canary_rate: worse,
            per_look: rows.div_ceil(looks),
            ratio: 19,
            looks: looks as usize,
            planned,
        };
        let mut rng = SplitMix64::new(planned);
        let caught = (0..100).filter(|_| rollout.caught(&mut rng)).count();
        println!("{base} -> {worse}: planned {planned}, caught {caught} of 100 within {rows}");
        assert!(caught >= wanted, "{base} -> {worse}: {caught} of 100 within {rows} canary rows");
    }
}

#[test]
fn few_clean_requests_do_not_pass_for_safety() {
    let stable = RateArm::new(100_000, 100);
    let after = |n: u64| {
        let interval = rate_difference_one_sided(&RateArm::new(n, 0), &stable, ALPHA, 1000);
        judge_guardrail(interval, 0.01, Worse::Higher)
    };
    assert_eq!(after(0), Verdict3::Undecided);
    assert_eq!(after(50), Verdict3::Undecided);
    assert_eq!(after(299), Verdict3::Undecided);
    assert_eq!(after(2000), Verdict3::Within);
}

#[test]
fn a_catastrophe_is_caught_in_a_few_requests() {
    let stable = RateArm::new(5_000, 5);
    let interval = rate_difference_one_sided(&RateArm::new(8, 8), &stable, ALPHA, 5000);
    assert_eq!(judge_guardrail(interval, 0.01, Worse::Higher), Verdict3::Worse, "{interval:?}");
    let interval = rate_difference_one_sided(&RateArm::new(2, 1), &stable, ALPHA, 5000);
    assert_eq!(judge_guardrail(interval, 0.01, Worse::Higher), Verdict3::Undecided, "{interval:?}");
}

#[test]
fn intervals_cover_the_true_difference_at_every_look() {
    let rollout = Rollout { stable_rate: 0.02, canary_rate: 0.03, per_look: 100, ratio: 5, looks: 50, planned: 2000 };
    let mut rng = SplitMix64::new(77);
    let missed = (0..300)
        .filter(|_| {
            let mut missed = false;
            rollout.watch(&mut rng, |_, two| {
                missed |= two.lower > 0.01 || two.upper < 0.01;
                missed
            });
            missed
        })
        .count();
    assert!(missed <= 15, "{missed} of 300");
}

#[test]
fn means_are_left_alone_and_caught_alike() {
    let draws: [(&str, Draw, f64); 3] = [
        ("normal", |r| r.normal(), 1.0),
        ("exponential", |r| r.exponential(), 1.0),
        ("lognormal", |r| (0.8 * r.normal()).exp(), 1.31),
    ];
    for (name, draw, std) in draws {
        let planned = planned_n_mean(std, 0.2 * std, ALPHA, 0.8, 4.0).unwrap();
        let watch = |shift: f64, rng: &mut SplitMix64| {
            let (mut canary, mut stable) = (MeanArm::default(), MeanArm::default());
            let mut flags = [false; 2];
            for _ in 0..2 * planned / 10 {
                (0..10).for_each(|_| canary.add(draw(rng) + shift));
                (0..40).for_each(|_| stable.add(draw(rng)));
                let one = mean_difference_one_sided(&canary, &stable, ALPHA, planned);
                let two = mean_difference_cs(&canary, &stable, ALPHA, planned);
                flags[0] |= one.is_some_and(|i| i.lower > 0.0);
                flags[1] |= two.is_some_and(|i| i.lower > 0.0 || i.upper < 0.0);
            }
            flags
        };
        let mut rng = SplitMix64::new(4);
        let unchanged: Vec<[bool; 2]> = (0..300).map(|_| watch(0.0, &mut rng)).collect();
        let worse = (0..100).filter(|_| watch(0.2 * std, &mut rng)[0]).count();
        for side in 0..2 {
            let alarms = unchanged.iter().filter(|flags| flags[side]).count();
            assert!(alarms <= 15, "{name}: {alarms} of 300 unchanged");
        }
        assert!(worse >= 75, "{name}: {worse} of 100 caught");
    }
    assert_eq!(mean_difference_cs(&MeanArm::default(), &MeanArm::default(), ALPHA, 100), None);
}

#[test]
fn one_rate_against_a_bound_is_exact_from_the_first_request() {
    for (rate, bound) in [(0.001, 0.001), (0.02, 0.02), (0.3, 0.3)] {
        let mut rng = SplitMix64::new(3);
        let runs = 1000;
        let mut alarms = [0; 3];
        for _ in 0..runs {
            let mut arm = RateArm::default();
            let mut flags = [false; 3];
            for _ in 0..400 {
                arm.add(rng.bernoulli(rate));
                let interval = rate_cs(&arm, ALPHA);
                flags[0] |= rate_above(&arm, bound) >= 1.0 / ALPHA;
                flags[1] |= rate_below(&arm, bound) >= 1.0 / ALPHA;
                flags[2] |= interval.lower > rate || interval.upper < rate;
            }
            (0..3).for_each(|i| alarms[i] += i32::from(flags[i]));
        }
        assert!(alarms.iter().all(|a| f64::from(*a) <= ALPHA * f64::from(runs)), "{rate}: {alarms:?}");
    }
    // 12 % expected, 45 % arriving: certain beyond one in a thousand by 50 requests.
    assert!(rate_above(&RateArm::new(50, 22), 0.12) > 1000.0);
    assert!(rate_below(&RateArm::new(1000, 0), 0.01) > 20.0);
    assert_eq!(rate_above(&RateArm::default(), 0.5), 1.0);
    assert_eq!(rate_above(&RateArm::new(3, 1), 0.0), f64::INFINITY);
}
