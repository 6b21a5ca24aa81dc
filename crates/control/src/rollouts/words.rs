//! What is said about a rollout: why it waits, what decided, what each guardrail shows.

use super::compare::{Compared, Side};
use super::course::Course;
use super::judge::{Decision, Interval, Missing, Standing};
use super::look::Look;
use crate::words::{counted, listed, number, percent, points};
use contract::Millis;
use contract::rollout::{Guarded, Guardrail, Worse};
use contract::time::span_words;

/// What a guardrail watches, as a name.
pub fn name(compared: &Compared) -> String {
    match (compared.metric, &compared.class) {
        (Guarded::ErrorRate, _) => "errors".into(),
        (Guarded::SlowShare, _) => "slow answers".into(),
        (Guarded::PositiveShare, Some(class)) => format!("share of “{class}”"),
        (Guarded::PositiveShare, None) => "share of yes".into(),
        (Guarded::MeanPrediction, _) => "mean prediction".into(),
        (Guarded::WrongShare, _) => "wrong answers".into(),
    }
}

/// Whether the metric is a share, to be said in percentage points.
pub fn is_share(metric: Guarded) -> bool {
    metric != Guarded::MeanPrediction
}

/// The weight of a step, as on its button: `Shadow`, `5%`.
pub fn weight(weight: f64) -> String {
    if weight > 0.0 { format!("{}%", number(weight)) } else { "Shadow".into() }
}

/// Why the rollout is where it is, after a look.
pub fn reason(course: &Course, look: &Look, now: Millis) -> String {
    match &look.decision {
        Decision::RollBack { metrics } => {
            let worse: Vec<String> = look
                .compared
                .iter()
                .zip(&course.plan.guardrails)
                .filter(|(compared, _)| metrics.contains(&compared.metric) && compared.standing == Standing::Worse)
                .map(|(compared, guardrail)| {
                    format!("{}: {}", crate::words::capital(&name(compared)), sentence(guardrail, compared))
                })
                .collect();
            worse.join(" ")
        }
        Decision::Advance | Decision::Complete => "Time and requests are reached, nothing is worse.".into(),
        Decision::Wait { missing } => {
            if let Some(why) = &look.load_error {
                return format!("The new version gets no requests: {why}");
            }
            let items: Vec<String> = missing.iter().map(|one| self::missing(course, look, one)).collect();
            let when = expected(course, look, now).map(|at| format!(" Expected at {}.", at.words(now))).unwrap_or_default();
            format!("Waits for {}.{when}", listed(&items))
        }
    }
}

pub fn missing(course: &Course, look: &Look, missing: &Missing) -> String {
    match missing {
        Missing::Seconds { .. } => "the time of this step".into(),
        Missing::Requests { .. } => {
            let (seen, _) = look.evidence.in_step(course.step);
            let wanted = course.current().map_or(0, |step| step.min_requests);
            format!("requests ({} of {})", crate::words::count(seen), crate::words::count(wanted))
        }
        Missing::Decisions { metrics } => {
            let names: Vec<String> = look
                .compared
                .iter()
                .filter(|compared| metrics.contains(&compared.metric))
                .map(|compared| format!("the {}", name(compared)))
                .collect();
            format!("{} to be decided", listed(&names))
        }
        Missing::Person => "a person to advance".into(),
        Missing::TrafficSplit => "the split of traffic, which is not what it should be".into(),
        Missing::Resume => "somebody to resume it".into(),
    }
}

/// When the step can end at the present rate; `None` where that cannot be told.
pub fn expected(course: &Course, look: &Look, now: Millis) -> Option<Millis> {
    let Decision::Wait { missing } = &look.decision else { return None };
    let elapsed = (now - course.entered()).max(1) as f64;
    let (canary, _) = look.evidence.in_step(course.step);
    let rate = canary as f64 / elapsed;
    let mut left = 0.0_f64;
    for one in missing {
        left = left.max(match one {
            Missing::Seconds { left } => *left as f64 * 1e3,
            Missing::Requests { left } if rate > 0.0 => *left as f64 / rate,
            Missing::Decisions { metrics } if rate > 0.0 => {
                let pairs = look.compared.iter().zip(&course.plan.guardrails);
                let more = pairs
                    .filter(|(compared, _)| metrics.contains(&compared.metric))
                    .map(|(compared, guardrail)| more_rows(guardrail, compared));
                more.collect::<Option<Vec<f64>>>()?.into_iter().fold(0.0, f64::max) / rate
            }
            _ => return None,
        });
    }
    (left < 365.0 * 86_400e3).then(|| Millis(now.0 + left as i64))
}

/// About how many more canary rows the interval needs to come within the limit: widths shrink with the square root.
fn more_rows(guardrail: &Guardrail, compared: &Compared) -> Option<f64> {
    let Interval { estimate, lower, upper } = compared.interval?;
    let (room, half) = match guardrail.worse {
        Worse::Higher => (guardrail.limit - estimate, upper - estimate),
        Worse::Lower => (guardrail.limit + estimate, estimate - lower),
        Worse::Either => (guardrail.limit - estimate.abs(), (upper - estimate).max(estimate - lower)),
    };
    (room > 0.0).then(|| compared.canary.n as f64 * ((half / room).powi(2) - 1.0).max(0.05))
}

/// What a guardrail shows, as a sentence.
pub fn sentence(guardrail: &Guardrail, compared: &Compared) -> String {
    let Some(Interval { lower, upper, estimate }) = compared.interval else {
        return match guardrail.metric {
            Guarded::WrongShare => "No outcomes are known yet for both versions.".into(),
            _ => "Nothing to compare yet.".into(),
        };
    };
    let limit = amount(guardrail.metric, guardrail.limit);
    match compared.standing {
        Standing::Insufficient => "Nothing to compare yet.".into(),
        Standing::Worse => {
            let (least, direction) = if lower > 0.0 { (lower, "higher") } else { (-upper, "lower") };
            format!(
                "At least {} {direction}, 95% sure however often one looks; {limit} is the limit.",
                amount(guardrail.metric, least)
            )
        }
        Standing::Within => match guardrail.worse {
            Worse::Higher if upper <= 0.0 => {
                format!("Lower than before by {} or more. The limit is {limit} higher.", amount(guardrail.metric, -upper))
            }
            Worse::Higher => format!("At most {} higher, 95% sure. The limit is {limit}.", amount(guardrail.metric, upper)),
            Worse::Lower => format!("At most {} lower, 95% sure. The limit is {limit}.", amount(guardrail.metric, -lower)),
            Worse::Either => format!(
                "Between {} and {}, 95% sure. The limit is {limit} either way.",
                signed(guardrail.metric, lower),
                signed(guardrail.metric, upper)
            ),
        },
        Standing::Undecided => format!(
            "Between {} and {}, and the limit is {limit}. The difference so far is {}, on {}.",
            signed(guardrail.metric, lower),
            signed(guardrail.metric, upper),
            signed(guardrail.metric, estimate),
            counted(compared.canary.n, if guardrail.metric == Guarded::WrongShare { "outcome" } else { "canary request" }),
        ),
    }
}

/// `2.9 points`, `0.2 standard deviations`.
fn amount(metric: Guarded, x: f64) -> String {
    if is_share(metric) { format!("{} points", points(x)) } else { format!("{} standard deviations", number(x.abs())) }
}

fn signed(metric: Guarded, x: f64) -> String {
    let direction = if x < 0.0 { "lower" } else { "higher" };
    format!("{} {direction}", amount(metric, x))
}

/// `Canary 12.4% (265 of 2,140), stable 12.1% (4,920 of 40,660)`.
pub fn both(compared: &Compared) -> String {
    let side = |side: &Side| match (side.value, side.k) {
        (None, _) => "nothing yet".to_owned(),
        (Some(value), Some(k)) => format!("{} ({} of {})", percent(value), crate::words::count(k), crate::words::count(side.n)),
        (Some(value), None) => format!("{} over {}", number(value), counted(side.n, "row")),
    };
    format!("Canary {}, stable {}", side(&compared.canary), side(&compared.stable))
}

/// `10 min and 500 requests`.
pub fn conditions(seconds: u64, min_requests: u64) -> String {
    let time = (seconds > 0).then(|| span_words(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000)));
    let requests = (min_requests > 0).then(|| counted(min_requests, "request"));
    let both: Vec<String> = time.into_iter().chain(requests).collect();
    if both.is_empty() { "at once".into() } else { listed(&both) }
}
