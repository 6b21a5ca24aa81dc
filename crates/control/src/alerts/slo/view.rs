//! The objectives of a deployment, as pages and programs see them.

use super::read::{self, Stretch, stretches};
use super::rule::{self, DAYS, RULES, Tally, burn, judge, left};
use crate::monitoring::{head, spans};
use crate::words::{count, counted, ms, percent};
use crate::{Actor, Ctx, Outcome};
use contract::inputs::TimeRange;
use contract::role::Act;
use contract::time::{DAY, HOUR, span_words};
use contract::verdict::State;
use contract::views::parts::{Answer, Point};
use contract::views::slo::{Burn, Objective, ObjectiveView, SloView};
use contract::{DeploymentName, Millis, Verdict};

/// Points of a chart over time.
const POINTS: usize = 90;

pub async fn view(cx: &Ctx, who: &Actor, name: &DeploymentName, range: TimeRange) -> Outcome<SloView> {
    who.must(Act::View)?;
    let (known, head) = head(cx, name, range).await?;
    let range = head.range();
    let now = cx.now();
    let budget = i64::from(DAYS) * DAY;
    let history = stretches(cx, name, HOUR, Millis(now.0 - 2 * budget).floor_to(HOUR), now + 1).await?;
    let span = spans::for_operations(range, now);
    let shown = stretches(cx, name, span, range.from.floor_to(span), range.to).await?;
    let (bucket, starts) = spans::buckets(range, span, POINTS);
    let (recent, open) = (read::recent(cx, name).await?, read::open(cx, name).await?);
    let objectives: Vec<ObjectiveView> = Objective::ALL
        .into_iter()
        .map(|objective| {
            let target = read::target(&known, objective);
            let look = recent.look(&known, objective, open.contains(&objective));
            let total = sum(&history, objective, Millis(now.0 - budget), now + 1);
            let burns: Vec<Burn> =
                RULES.iter().zip(look.windows).map(|(rule, windows)| one(rule, target, windows, look.fires)).collect();
            let left_now = left(total, target);
            let fires = rule::firing(&look);
            ObjectiveView {
                objective,
                name: named(objective, target, known.settings.p99_limit_ms),
                target,
                requests: total.requests,
                bad: total.bad,
                left: left_now,
                state: match (&fires, left_now) {
                    (Some(fires), _) => fires.state,
                    (None, None) => State::Unknown,
                    (None, Some(left)) if left < 0.0 => State::Watch,
                    _ => State::Ok,
                },
                sentence: fires.map_or_else(|| said(total, left_now), |fires| fires.sentence),
                burns,
                left_over_time: days(&history, objective, target, known.born, now),
                burn_over_time: over(&shown, objective, target, bucket, &starts),
            }
        })
        .collect();
    Ok(SloView { answer: answer(&objectives), objectives, days: DAYS, span_ms: bucket, head })
}

fn one(rule: &rule::BurnRule, target: f64, (long, short): (Tally, Tally), fires: bool) -> Burn {
    Burn {
        factor: rule.factor,
        long_ms: rule.long,
        short_ms: rule.short,
        long: burn(long, target),
        short: burn(short, target),
        requests: long.requests,
        bad: long.bad,
        verdict: judge(rule, target, long, short, fires),
    }
}

fn named(objective: Objective, target: f64, limit_ms: f64) -> String {
    // Without digits that say nothing: 99%, 99.95%.
    let digits = format!("{:.3}", target * 100.0);
    let target = digits.trim_end_matches('0').trim_end_matches('.');
    match objective {
        Objective::Availability => format!("{target}% of requests answered without an error"),
        Objective::Latency => format!("{target}% of requests answered within {}", ms(limit_ms)),
    }
}

fn said(total: Tally, left: Option<f64>) -> String {
    let Some(left) = left else { return format!("No requests in {DAYS} days.") };
    let used = if left < 0.0 {
        format!("more than all of the budget is used, {} of it", percent(1.0 - left))
    } else {
        format!("{} of the budget is left", percent(left))
    };
    let bad = if total.bad == 0 { "none was bad".to_owned() } else { format!("{} bad", count(total.bad)) };
    format!("{} in {DAYS} days, {bad}: {used}.", counted(total.requests, "request"))
}

fn sum(history: &[Stretch], objective: Objective, from: Millis, to: Millis) -> Tally {
    let mut total = Tally::default();
    for stretch in history.iter().filter(|stretch| stretch.start >= from.floor_to(HOUR) && stretch.start < to) {
        total.add(stretch.tally(objective));
    }
    total
}

/// What was left at the end of each of the last days, and now; from the day on which there was something to count.
fn days(history: &[Stretch], objective: Objective, target: f64, born: Millis, now: Millis) -> Vec<Point> {
    let today = now.floor_to(DAY);
    (0..i64::from(DAYS))
        .rev()
        .map(|ago| (today + DAY + -ago * DAY).min(now))
        .filter(|end| *end > born)
        .map(|end| Point { at: end, value: left(sum(history, objective, Millis(end.0 - i64::from(DAYS) * DAY), end), target) })
        .collect()
}

fn over(shown: &[Stretch], objective: Objective, target: f64, bucket: i64, starts: &[Millis]) -> Vec<Point> {
    let mut sums = vec![Tally::default(); starts.len()];
    for stretch in shown {
        if let Ok(i) = starts.binary_search(&stretch.start.floor_to(bucket)) {
            sums[i].add(stretch.tally(objective));
        }
    }
    starts.iter().zip(sums).map(|(at, tally)| Point { at: *at, value: burn(tally, target) }).collect()
}

fn answer(objectives: &[ObjectiveView]) -> Answer {
    let Some(worst) = objectives.iter().min_by_key(|one| one.state) else {
        return Answer::new(State::Unknown, "No objective", "");
    };
    let fastest = worst.burns.iter().find(|burn| burn.verdict == Verdict::Fail);
    let headline = match (worst.state, fastest) {
        (_, Some(burn)) => format!(
            "The error budget of {} goes at least {} times too fast over {}",
            worst.objective.word(),
            crate::words::number(burn.factor),
            span_words(burn.long_ms)
        ),
        (State::Unknown, _) => "Not enough data: no requests to count".to_owned(),
        (State::Watch, _) => format!("More than the error budget of {} is used", worst.objective.word()),
        _ => {
            let least = objectives.iter().filter_map(|one| one.left).fold(1.0, f64::min);
            format!("{} of the error budget is left", percent(least))
        }
    };
    Answer::new(worst.state, headline, worst.sentence.clone())
}
