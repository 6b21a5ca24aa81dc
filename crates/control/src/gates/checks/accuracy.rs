//! Accuracy on rows the model never saw: against a floor, against the champion, against the simple rule.

use super::Line;
use crate::gates::measure::{Estimate, Metric, right};
use crate::gates::policy::{self, MIN_PER_CLASS, MIN_ROWS, R2_FLOOR};
use crate::gates::report::Compare;
use crate::gates::subject::{Answers, Subject};
use crate::words;
use ::contract::VersionNo;
use ::contract::views::gates::GateLine;
use stats::evidence::Tail;
use stats::quality::mcnemar_exact;

/// Against an absolute floor. `explained` is a regression's share of explained variance.
pub fn history(compare: &Compare, subject: &Subject, explained: Option<f64>) -> GateLine {
    let (yes, no) = subject.truth.balance();
    let n = subject.rows() as u64;
    let too_few = match compare.metric {
        Metric::Auc if yes.min(no) < MIN_PER_CLASS => {
            Some(format!("The smaller class has {} of {MIN_PER_CLASS} rows needed.", yes.min(no)))
        }
        _ if n < MIN_ROWS => Some(format!("There are {n} of {MIN_ROWS} labelled rows needed.")),
        _ => None,
    };
    let left_out = if subject.unlabelled > 0 {
        format!(" {} without a label left out.", words::counted(subject.unlabelled, "row"))
    } else {
        String::new()
    };
    let basis = format!("{} with their true label.{left_out}", words::counted(n, "held-back row"));
    if compare.metric == Metric::Mae {
        let r2 = explained.map(|r2| Estimate { value: r2, low: r2, high: r2, n });
        let error = compare
            .candidate
            .map(|e| format!(" The mean absolute error is {} ({}).", Metric::Mae.text(e.value), Metric::Mae.interval(&e, false)));
        return Line::new(
            "accuracy",
            "Accuracy, never seen",
            "Share of the variance that is explained (R²)",
            policy::at_least(r2.as_ref(), R2_FLOOR, too_few.is_none()),
        )
        .value(explained.map_or("–".into(), |r2| format!("{r2:.3}")))
        .needed(format!("≥ {R2_FLOOR:.3}"))
        .evidence(too_few.unwrap_or_else(|| format!("{basis}{}", error.unwrap_or_default())))
        .done();
    }
    let floor = policy::floor(compare.metric).unwrap_or(0.0);
    let line = Line::new(
        "accuracy",
        "Accuracy, never seen",
        compare.metric.name(),
        policy::at_least(compare.candidate.as_ref(), floor, too_few.is_none()),
    )
    .needed(format!("≥ {}", compare.metric.text(floor)))
    .evidence(too_few.unwrap_or(basis));
    match &compare.candidate {
        Some(e) => line.value(compare.metric.text(e.value)).interval(compare.metric.interval(e, false)).done(),
        None => line.done(),
    }
}

/// Against the champion on the same rows: not worse by more than the margin.
pub fn champion(
    compare: &Compare,
    subject: &Subject,
    this: VersionNo,
    champion: Option<VersionNo>,
    answers: (&Answers, Option<&Answers>),
    why_not: &str,
) -> GateLine {
    let Some(other) = champion else {
        return Line::new("champion", "Better than the champion", "There is no champion yet", policy::Judged::INSUFFICIENT)
            .advice()
            .evidence("This model has no champion to be compared with: the first one is judged against the simple rule.")
            .done();
    };
    if other == this {
        return Line::new("champion", "Better than the champion", "This version is the champion", policy::Judged::INSUFFICIENT)
            .advice()
            .done();
    }
    let metric = compare.metric;
    let margin = policy::margin(metric, compare.champion.map_or(0.0, |e| e.value));
    let sub = format!("{}, same rows, version {this} against version {other}", metric.name());
    let line = Line::new("champion", "Better than the champion", sub, policy::not_worse(compare.over_champion.as_ref(), margin))
        .needed(match metric {
            Metric::Mae => format!("≤ {} more error", words::number(margin)),
            _ => format!("≥ {}", metric.improvement(-margin)),
        });
    let (Some(by), (mine, Some(theirs))) = (&compare.over_champion, answers) else {
        return line.evidence(why_not.to_owned()).done();
    };
    let values = format!(
        "{} against {} on {}.",
        compare.candidate.map_or("–".into(), |e| metric.text(e.value)),
        compare.champion.map_or("–".into(), |e| metric.text(e.value)),
        words::counted(subject.rows() as u64, "row")
    );
    let method = match metric {
        Metric::Auc => "Paired bootstrap of the rows, 95% interval.".to_owned(),
        _ => "Interval of the mean paired difference, 95%.".to_owned(),
    };
    let discordant = if metric == Metric::Mae {
        String::new()
    } else {
        let wins = |a: &Answers, b: &Answers| {
            (0..subject.rows()).filter(|row| right(&subject.truth, a, *row) && !right(&subject.truth, b, *row)).count() as u64
        };
        let (mine_only, theirs_only) = (wins(mine, theirs), wins(theirs, mine));
        let p = mcnemar_exact(mine_only, theirs_only, Tail::TwoSided);
        let p = if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {p:.3}") };
        format!(" Version {this} alone is right on {mine_only} rows, version {other} alone on {theirs_only} (McNemar, {p}).")
    };
    line.value(metric.improvement(by.value))
        .interval(metric.interval(by, true))
        .evidence(format!("{values} {method}{discordant}"))
        .done()
}

/// Against the simple rule: better, and surely not worse by more than a little.
pub fn rule(compare: &Compare) -> GateLine {
    let metric = compare.metric;
    let slack = policy::slack(metric, compare.rule.map_or(0.0, |e| e.value));
    let judged = policy::better(compare.over_rule.as_ref(), slack);
    let line =
        Line::new("rule", "Better than a simple rule", format!("{}, same rows, version against rule", metric.name()), judged)
            .needed(match metric {
                Metric::Auc => format!("> 0 (95%: ≥ {})", words::signed(-slack, 3)),
                Metric::Accuracy => format!("> 0 (95%: ≥ {})", words::signed(-slack * 100.0, 1)),
                Metric::Mae => format!("less error (95%: ≥ {})", words::signed(-slack, 1)),
            });
    let (Some(by), Some(rule)) = (&compare.over_rule, &compare.rule) else {
        return line.evidence("No rule could be found: there is no labelled reference data.").done();
    };
    line.value(metric.improvement(by.value))
        .interval(metric.interval(by, true))
        .evidence(format!("{}. It reaches {}.", compare.rule_origin, metric.text(rule.value)))
        .done()
}
