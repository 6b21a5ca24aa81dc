//! Where it is worse, and for whom: the share of right answers (or the mean error) per declared segment, with its interval.

use super::source::Source;
use crate::words::{count, percent, points};
use contract::Task;
use contract::views::parts::Estimate;
use contract::views::report::{SegmentRow, Segments};
use std::collections::BTreeMap;

/// Fewer rows than this say nothing about a group.
const ENOUGH: u64 = 30;

pub fn segments(source: &Source) -> Segments {
    let regression = source.contract().task == Task::Regression;
    let measure = if regression { "Mean absolute error" } else { "Share of right answers" };
    let all: Vec<usize> = (0..source.rows.len()).collect();
    let overall = estimate(source, &all);
    let mut rows = Vec::new();
    for name in &source.contract().segments {
        let Some(feature) = source.contract().features.iter().position(|f| f.name == *name) else { continue };
        let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for row in &all {
            groups.entry(source.rows[*row][feature].text().unwrap_or_else(|| "not given".into())).or_default().push(*row);
        }
        rows.extend(groups.into_iter().map(|(group, members)| row(source, name, group, &members, overall)));
    }
    let worse: Vec<&SegmentRow> = rows.iter().filter(|row| is_worse(row.estimate, overall, regression)).collect();
    let headline = match worse.as_slice() {
        _ if overall.is_none() => "Nobody can say yet: the true answers are not known".to_string(),
        [] if rows.is_empty() => "No groups were named for this model, so no group was compared".into(),
        [] => "No group is shown to be worse off than the others".into(),
        [one] => format!("It is worse for one group: {} = {}", one.feature, one.group),
        many => format!("It is worse for {} groups, most for {} = {}", many.len(), many[0].feature, many[0].group),
    };
    let sentence = match overall {
        Some(all) if regression => format!("Over all {} rows the mean error is {:.1}.", count(all.n), all.value),
        Some(all) => format!("Over all {} rows, {} of the answers are right.", count(all.n), percent(all.value)),
        None => "Without true answers nothing can be said about groups.".into(),
    };
    Segments {
        headline,
        sentence: format!("{sentence} A group counts as worse only where chance is ruled out at 95%."),
        measure: measure.into(),
        overall,
        rows,
    }
}

fn row(source: &Source, feature: &str, group: String, members: &[usize], overall: Option<Estimate>) -> SegmentRow {
    let found = estimate(source, members);
    let n = found.map_or(0, |e| e.n);
    let shown = found.filter(|_| n >= ENOUGH);
    let regression = source.contract().task == Task::Regression;
    let note = match (shown, overall) {
        (None, _) => format!("not enough data: {n} of {ENOUGH} needed"),
        (Some(e), Some(all)) if is_worse(Some(e), Some(all), regression) => {
            if regression {
                format!("worse by {:.1}", e.value - all.value)
            } else {
                format!("worse by {} points", points(all.value - e.value))
            }
        }
        _ => "not shown to be worse".into(),
    };
    SegmentRow { feature: feature.into(), group, estimate: shown, n, note }
}

/// Worse beyond chance: the interval lies wholly on the wrong side of the overall value.
fn is_worse(group: Option<Estimate>, overall: Option<Estimate>, regression: bool) -> bool {
    let (Some(group), Some(all)) = (group, overall) else { return false };
    if regression {
        group.lower.is_some_and(|lower| lower > all.value)
    } else {
        group.upper.is_some_and(|upper| upper < all.value)
    }
}

/// Over the rows whose truth is known: Wilson's interval for shares, the normal one for mean errors; both 95 %.
fn estimate(source: &Source, rows: &[usize]) -> Option<Estimate> {
    if source.contract().task == Task::Regression {
        let errors: Vec<f64> = rows.iter().filter_map(|row| source.error(*row).map(f64::abs)).collect();
        let n = errors.len() as f64;
        if errors.len() < 2 {
            return None;
        }
        let mean = errors.iter().sum::<f64>() / n;
        let half = 1.96 * (errors.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / (n - 1.0) / n).sqrt();
        return Some(Estimate { value: mean, lower: Some(mean - half), upper: Some(mean + half), n: errors.len() as u64 });
    }
    let known: Vec<bool> = rows.iter().filter_map(|row| source.right(*row)).collect();
    let (right, n) = (known.iter().filter(|right| **right).count() as u64, known.len() as u64);
    let interval = stats::evidence::wilson(right, n, 0.95)?;
    Some(Estimate { value: right as f64 / n as f64, lower: Some(interval.lower), upper: Some(interval.upper), n })
}
