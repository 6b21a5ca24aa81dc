//! Equal ages against each other: what was known of predictions within the same time after they were made.

use crate::outcomes::primary_name;
use crate::words::{counted, number, percent, rarity};
use crate::{Ctx, IntoProblem, Outcome};
use contract::inputs::TimeRange;
use contract::time::{MINUTE, span_words};
use contract::views::parts::Estimate;
use contract::views::quality::{Cohorts, EstimatedPoint};
use contract::{DeploymentName, Millis, Task, VersionNo};
use stats::evidence::{Tail, fisher_exact, wilson};
use std::collections::BTreeMap;

/// Outcomes from which a share is drawn, and compared.
const FEWEST: u64 = 20;

/// Known outcomes of a stretch and the sum of their errors.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Known {
    n: u64,
    errors: f64,
}

impl Known {
    fn estimate(self, task: Task) -> Option<Estimate> {
        let (n, mean) = (self.n, self.errors / self.n as f64);
        if task == Task::Regression {
            return (n > 0).then_some(Estimate { value: mean, lower: None, upper: None, n });
        }
        let right = wilson(n - (self.errors as u64).min(n), n, 0.95)?;
        Some(Estimate { value: right.estimate, lower: Some(right.lower), upper: Some(right.upper), n })
    }
}

/// `None` where no outcome has come, or they come so late that no prediction of the range is old enough.
pub async fn cohorts(
    cx: &Ctx,
    name: &DeploymentName,
    version: VersionNo,
    task: Task,
    range: TimeRange,
    (age, bucket, starts): (Option<i64>, i64, &[Millis]),
) -> Outcome<Option<Cohorts>> {
    // Ages are compared by the minute: below it, what is joined when says more about the sender than about the outcome.
    let Some(age) = age.map(|age| age.max(MINUTE)) else { return Ok(None) };
    let until = range.to.min(Millis(cx.now().0 - age));
    let rows = cx
        .store
        .db
        .errors_by_age(name, version, (range.from, until), age, bucket, task == Task::Regression)
        .await
        .or_problem("Reading outcomes")?;
    let known: BTreeMap<Millis, Known> =
        rows.into_iter().map(|(at, n, errors)| (Millis(at), Known { n: u64::try_from(n).unwrap_or(0), errors })).collect();
    if known.is_empty() {
        return Ok(None);
    }
    let point = |at: &Millis| EstimatedPoint {
        at: *at,
        estimate: known.get(at).filter(|known| known.n >= FEWEST).and_then(|known| known.estimate(task)),
    };
    Ok(Some(Cohorts { age_ms: age, sentence: sentence(task, age, &known), over_time: starts.iter().map(point).collect() }))
}

/// The newest third of the points against those before.
fn sentence(task: Task, age: i64, known: &BTreeMap<Millis, Known>) -> String {
    let sum = |part: &mut dyn Iterator<Item = &Known>| {
        part.fold(Known::default(), |sum, one| Known { n: sum.n + one.n, errors: sum.errors + one.errors })
    };
    let newest = known.len().div_ceil(3);
    let (now, before) = (sum(&mut known.values().rev().take(newest)), sum(&mut known.values().rev().skip(newest)));
    let within = format!("Of outcomes that came within {} of the prediction", span_words(age));
    let (Some(late), Some(early)) = (now.estimate(task), before.estimate(task)) else {
        return format!("{within}, there are too few to compare.");
    };
    if now.n < FEWEST || before.n < FEWEST {
        return format!("{within}, there are too few to compare: {} and {}; {FEWEST} are needed.", now.n, before.n);
    }
    let (newer, older) = (counted(now.n, "outcome"), counted(before.n, "outcome"));
    let measure = primary_name(task).to_lowercase();
    if task == Task::Regression {
        return format!(
            "{within}, the {measure} is {} in the newest third of this time ({newer}), and {} before ({older}).",
            number(late.value),
            number(early.value)
        );
    }
    let (wrong_now, wrong_before) = (now.errors as u64, before.errors as u64);
    let p = fisher_exact(wrong_now, now.n, wrong_before, before.n, Tail::TwoSided);
    format!(
        "{within}, the {measure} is {} in the newest third of this time ({newer}), and {} before ({older}). By chance alone that happens {}.",
        percent(late.value),
        percent(early.value),
        rarity(p)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_third_is_compared_with_what_came_before() {
        let known = |parts: &[(u64, f64)]| -> BTreeMap<Millis, Known> {
            parts
                .iter()
                .enumerate()
                .map(|(i, (n, errors))| (Millis(i as i64 * MINUTE), Known { n: *n, errors: *errors }))
                .collect()
        };
        let age = 5 * MINUTE;
        for (parts, part) in [
            (
                &[(100, 10.0), (100, 10.0), (100, 40.0)][..],
                "is 60.0% in the newest third of this time (100 outcomes), and 90.0% before",
            ),
            (&[(10, 1.0), (10, 1.0), (10, 4.0)], "too few to compare: 10 and 20; 20 are needed"),
            (&[(500, 50.0)], "too few to compare"),
        ] {
            let said = sentence(Task::Binary, age, &known(parts));
            assert!(said.contains(part), "{said}");
        }
        let said = sentence(Task::Regression, age, &known(&[(50, 100.0), (50, 100.0), (50, 200.0)]));
        assert!(
            said.contains("the mean absolute error is 4 in the newest third of this time (50 outcomes), and 2 before"),
            "{said}"
        );
    }
}
