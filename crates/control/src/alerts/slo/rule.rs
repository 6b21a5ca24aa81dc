//! When an error budget goes too fast: pure, with a table of cases.
//!
//! Burn rates over two windows each, after Beyer et al., The Site Reliability Workbook (2018), chapter 5: 14.4 times over an hour and
//! five minutes, 6 times over six hours and 30 minutes, once over three days and six hours. The long window says that it matters,
//! the short one that it still goes on. To that comes evidence: with few requests a rate is no more than chance.

use crate::alerts::rules::Firing;
use crate::words::{count, number, percent};
use contract::Verdict;
use contract::time::{DAY, HOUR, MINUTE, span_words};
use contract::verdict::State;
use contract::views::alerts::AlertKind;
use contract::views::slo::Objective;
use serde_json::json;

/// Days that a budget is for.
pub const DAYS: u32 = 30;
/// Requests of the long window from which a rate is judged, and bad ones among them.
const FEWEST: u64 = 50;
const FEWEST_BAD: u64 = 3;
/// A rule that fires goes on until a window burns slower than this share of its factor, so that it does not flap.
const HOLD: f64 = 0.9;

/// Requests of a window, and the bad ones among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub requests: u64,
    pub bad: u64,
}

impl Tally {
    pub fn add(&mut self, other: Tally) {
        self.requests += other.requests;
        self.bad += other.bad;
    }
}

/// One pair of windows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BurnRule {
    pub factor: f64,
    pub long: i64,
    pub short: i64,
    pub state: State,
}

/// Fastest first.
pub const RULES: [BurnRule; 3] = [
    BurnRule { factor: 14.4, long: HOUR, short: 5 * MINUTE, state: State::Bad },
    BurnRule { factor: 6.0, long: 6 * HOUR, short: 30 * MINUTE, state: State::Bad },
    BurnRule { factor: 1.0, long: 3 * DAY, short: 6 * HOUR, state: State::Watch },
];

/// The longest window of any rule.
pub const LONGEST: i64 = 3 * DAY;

/// How many times faster than allowed the budget goes: the share of bad requests over the share that may be. `None` without requests.
pub fn burn(tally: Tally, target: f64) -> Option<f64> {
    (tally.requests > 0).then(|| tally.bad as f64 / tally.requests as f64 / allowed(target))
}

/// Share of the budget that is left; negative where more was used. `None` without requests.
pub fn left(tally: Tally, target: f64) -> Option<f64> {
    burn(tally, target).map(|burn| 1.0 - burn)
}

/// Share of requests that may be bad; a promise of everything still leaves one in a million.
fn allowed(target: f64) -> f64 {
    (1.0 - target).max(1e-6)
}

/// Whether one rule fires. `fires`: its objective's alert is open, and goes on a little longer.
pub fn judge(rule: &BurnRule, target: f64, long: Tally, short: Tally, fires: bool) -> Verdict {
    let factor = rule.factor * if fires { HOLD } else { 1.0 };
    let over = |tally| burn(tally, target).is_some_and(|burn| burn >= factor);
    if long.requests < FEWEST {
        return Verdict::Insufficient;
    }
    // Sure at 99 % that the true rate is above: wrong once in two hundred looks at a rate that lies right on the border.
    let sure = fires
        || long.bad >= FEWEST_BAD
            && stats::evidence::wilson(long.bad, long.requests, 0.99).is_some_and(|rate| rate.lower >= factor * allowed(target));
    if over(long) && over(short) && sure { Verdict::Fail } else { Verdict::Pass }
}

/// One objective with the tallies of the windows of every rule, as it is looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct SloLook {
    pub objective: Objective,
    pub target: f64,
    pub limit_ms: f64,
    /// Long and short, in the order of [`RULES`].
    pub windows: [(Tally, Tally); 3],
    pub fires: bool,
}

/// The fastest rule that fires.
pub fn firing(look: &SloLook) -> Option<Firing> {
    let (rule, (long, short)) = RULES
        .iter()
        .zip(look.windows)
        .find(|(rule, (long, short))| judge(rule, look.target, *long, *short, look.fires) == Verdict::Fail)?;
    let (burned, burned_short) = (burn(long, look.target)?, burn(short, look.target)?);
    let share = |tally: Tally| percent(tally.bad as f64 / tally.requests.max(1) as f64);
    let (what, did) = match look.objective {
        Objective::Availability => ("Errors", "failed".to_owned()),
        Objective::Latency => ("Slow answers", format!("took longer than {}", crate::words::ms(look.limit_ms))),
    };
    let whole = span_words((f64::from(DAYS) * DAY as f64 / burned) as i64);
    Some(Firing {
        kind: AlertKind::ErrorBudget,
        subject: look.objective.word().into(),
        state: rule.state,
        headline: format!("{what} use up the error budget {} times too fast", number(burned)),
        sentence: format!(
            "{} of {} requests of the last {} {did}, and {} of the last {}; the objective is {}. So the budget of {DAYS} days lasts {whole}.",
            share(long),
            count(long.requests),
            span_words(rule.long),
            share(short),
            span_words(rule.short),
            percent(look.target),
        ),
        numbers: json!({
            "objective": look.objective, "target": look.target, "factor": rule.factor, "burn_long": burned, "burn_short": burned_short,
            "long_ms": rule.long, "short_ms": rule.short, "requests": long.requests, "bad": long.bad,
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(bad: u64, requests: u64) -> Tally {
        Tally { requests, bad }
    }

    #[test]
    fn burn_is_the_share_of_bad_over_what_may_be() {
        for (bad, requests, target, burned) in [
            (0, 0, 0.999, None),
            (0, 100, 0.999, Some(0.0)),
            (1, 1_000, 0.999, Some(1.0)),
            (144, 10_000, 0.999, Some(14.4)),
            (10, 100, 0.99, Some(10.0)),
            (1, 1_000_000, 1.0, Some(1.0)),
        ] {
            let found = burn(tally(bad, requests), target);
            assert_eq!(found.is_some(), burned.is_some());
            assert!((found.unwrap_or_default() - burned.unwrap_or_default()).abs() < 1e-9, "{bad} of {requests}: {found:?}");
        }
        assert!((left(tally(3, 1_000), 0.999).unwrap() + 2.0).abs() < 1e-9, "more was used than there is");
    }

    #[test]
    fn both_windows_and_evidence() {
        let fast = &RULES[0];
        for (long, short, fires, verdict) in [
            // 2 % over both: 20 times.
            (tally(200, 10_000), tally(20, 1_000), false, Verdict::Fail),
            // It has stopped: the short window is clean.
            (tally(200, 10_000), tally(0, 1_000), false, Verdict::Pass),
            // It has just begun: not enough of the hour.
            (tally(50, 10_000), tally(50, 1_000), false, Verdict::Pass),
            // Right on the border there is no evidence yet; once it fires it holds.
            (tally(144, 10_000), tally(15, 1_000), false, Verdict::Pass),
            (tally(144, 10_000), tally(15, 1_000), true, Verdict::Fail),
            (tally(131, 10_000), tally(14, 1_000), true, Verdict::Fail),
            (tally(128, 10_000), tally(14, 1_000), true, Verdict::Pass),
            // Few requests.
            (tally(20, 49), tally(20, 49), false, Verdict::Insufficient),
            (tally(2, 60), tally(2, 60), false, Verdict::Pass),
            (tally(10, 60), tally(10, 60), false, Verdict::Fail),
            (tally(0, 0), tally(0, 0), false, Verdict::Insufficient),
            (tally(200, 10_000), tally(0, 0), false, Verdict::Pass),
        ] {
            assert_eq!(judge(fast, 0.999, long, short, fires), verdict, "{long:?} {short:?} {fires}");
        }
    }

    #[test]
    fn the_fastest_rule_speaks() {
        let none = (tally(0, 1_000), tally(0, 100));
        let look = |windows| SloLook { objective: Objective::Availability, target: 0.999, limit_ms: 50.0, windows, fires: false };
        for (windows, factor, state) in [
            ([none; 3], None, None),
            (
                [(tally(300, 10_000), tally(30, 1_000)), (tally(300, 60_000), tally(30, 6_000)), none],
                Some(14.4),
                Some(State::Bad),
            ),
            ([none, (tally(600, 60_000), tally(60, 6_000)), none], Some(6.0), Some(State::Bad)),
            ([none, none, (tally(2_000, 700_000), tally(200, 60_000))], Some(1.0), Some(State::Watch)),
        ] {
            let found = firing(&look(windows));
            assert_eq!(found.as_ref().map(|found| found.state), state, "{windows:?}");
            assert_eq!(found.as_ref().and_then(|found| found.numbers["factor"].as_f64()), factor);
        }
        let said = firing(&look([(tally(300, 10_000), tally(30, 1_000)), none, none])).unwrap();
        assert_eq!(said.headline, "Errors use up the error budget 30 times too fast");
        assert!(
            said.sentence.contains("3.0% of 10,000 requests of the last 60 min failed")
                || said.sentence.contains("of the last 1 h failed"),
            "{}",
            said.sentence
        );
        assert!(said.sentence.ends_with("So the budget of 30 days lasts 24 h."), "{}", said.sentence);
    }
}
