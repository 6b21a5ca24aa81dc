//! Quality by group: the declared segments, and the worst group that a search over all features finds.

use super::Line;
use crate::gates::flips::{groups, of_feature};
use crate::gates::measure::{Estimate, Metric, estimate, improvement};
use crate::gates::policy::{self, GROUP_GAP, GROUP_TIMES, Judged, MIN_GROUP};
use crate::gates::subject::{Answers, Subject};
use crate::words;
use ::contract::Contract;
use ::contract::Verdict;
use ::contract::views::common::Table;
use ::contract::views::gates::{GateLine, SegmentLine, SegmentTable};
use stats::evidence::wilson;

/// One line per declared segment, and the table with all groups.
pub fn segments(
    metric: Metric,
    contract: &Contract,
    subject: &Subject,
    candidate: &Answers,
    champion: Option<&Answers>,
    rule: Option<&Answers>,
    seed: u64,
) -> (Vec<GateLine>, Option<SegmentTable>) {
    let metric = metric.in_groups();
    let Some(whole) = estimate(metric, &subject.truth, candidate, None) else { return (Vec::new(), None) };
    let value = |answers: Option<&Answers>, rows: Option<&[usize]>| {
        answers.and_then(|a| estimate(metric, &subject.truth, a, rows)).map(|e| e.value)
    };
    let mut lines = Vec::new();
    for (segment, group, rows) in groups(contract, &subject.table) {
        let own = estimate(metric, &subject.truth, candidate, Some(&rows));
        lines.push(SegmentLine {
            segment,
            group,
            n: rows.len() as u64,
            candidate: own.map(|e| e.value),
            champion: value(champion, Some(&rows)),
            rule: value(rule, Some(&rows)),
            low: own.map(|e| e.low).filter(|x| x.is_finite()),
            high: own.map(|e| e.high).filter(|x| x.is_finite()),
            verdict: judge(metric, &whole, own.as_ref(), policy::not_beyond).verdict,
            found: false,
        });
    }
    let mut gates = Vec::new();
    let mut names: Vec<String> = lines.iter().map(|line| line.segment.clone()).collect();
    names.dedup();
    for name in names {
        gates.push(gate(metric, &whole, &name, lines.iter().filter(|line| line.segment == name).collect()));
    }
    if lines.is_empty() {
        return (gates, None);
    }
    let lost = champion.and_then(|champion| {
        groups(contract, &subject.table)
            .into_iter()
            .filter(|(_, _, rows)| rows.len() as u64 >= MIN_GROUP)
            .filter_map(|(segment, group, rows)| {
                Some((segment, group, improvement(metric, &subject.truth, candidate, champion, Some(&rows), seed)?))
            })
            .min_by(|a, b| a.2.value.total_cmp(&b.2.value))
    });
    let title = match &lost {
        // Only what is shown to be worse is said to be.
        Some((segment, group, by)) if by.high < 0.0 => format!("It is worse than the champion for {segment} {group}"),
        Some(_) => "No group is shown to be worse off than with the champion".to_owned(),
        None => format!("{} by group", metric.name()),
    };
    let note = match &lost {
        Some((segment, group, by)) => {
            format!(
                "The group that gains least is {segment} {group}: {} (95%: {}).",
                metric.improvement(by.value),
                metric.interval(by, true)
            )
        }
        None => format!("Over all {} it is {}.", words::counted(whole.n, "row"), metric.text(whole.value)),
    };
    lines.push(SegmentLine {
        segment: String::new(),
        group: "All".into(),
        n: whole.n,
        candidate: Some(whole.value),
        champion: value(champion, None),
        rule: value(rule, None),
        low: Some(whole.low),
        high: Some(whole.high),
        verdict: Verdict::Pass,
        found: false,
    });
    (
        gates,
        Some(SegmentTable {
            title,
            note,
            metric: metric.name().into(),
            higher_is_better: metric.higher_is_better(),
            share: metric.is_share(),
            lines,
        }),
    )
}

/// The group, over all features, that is shown to be furthest behind. Advice: some group is always the worst.
pub fn worst(metric: Metric, contract: &Contract, subject: &Subject, candidate: &Answers) -> Option<(GateLine, SegmentLine)> {
    let metric = metric.in_groups();
    let whole = estimate(metric, &subject.truth, candidate, None)?;
    let least = MIN_GROUP.max(subject.rows() as u64 / 50);
    let slices: Vec<(String, String, Vec<usize>)> = contract
        .features
        .iter()
        .take(200)
        .flat_map(|feature| of_feature(&subject.table, &feature.name))
        .filter(|(_, _, rows)| rows.len() as u64 >= least && rows.len() < subject.rows())
        .collect();
    // So many groups are looked at that one would seem bad by chance: the intervals are widened accordingly (Bonferroni).
    let confidence = 1.0 - 0.05 / slices.len().max(1) as f64;
    let behind = |rows: &[usize]| -> Option<(f64, Estimate)> {
        let own = estimate(metric, &subject.truth, candidate, Some(rows))?;
        match metric {
            Metric::Mae => Some((own.low / whole.value.max(f64::MIN_POSITIVE), own)),
            _ => {
                let wide = wilson((own.value * rows.len() as f64).round() as u64, rows.len() as u64, confidence)?;
                Some((whole.value - wide.upper, Estimate { low: wide.lower, high: wide.upper, ..own }))
            }
        }
    };
    let found = slices
        .iter()
        .filter_map(|(segment, group, rows)| behind(rows).map(|(by, own)| (by, own, segment, group, rows.len() as u64)));
    let (_, own, segment, group, n) = found.max_by(|a, b| a.0.total_cmp(&b.0))?;
    let judged = judge(metric, &whole, Some(&own), policy::within);
    let untold = match judged.verdict {
        Verdict::Insufficient => {
            " Whether it is further behind than allowed cannot be told yet: the limit lies inside the interval, and more rows of it would tell."
        }
        _ => "",
    };
    let line = Line::new("worst_slice", "Worst slice", format!("Found by search: {segment} {group}"), judged)
        .advice()
        .value(metric.text(own.value))
        .interval(format!("{}, {}", metric.interval(&own, false), words::counted(n, "row")))
        .needed(needed(metric, &whole))
        .evidence(format!("Of {} over all features this one is furthest behind {} of all rows. The interval allows for having looked at so many.{untold}", words::counted(slices.len() as u64, "group"), metric.text(whole.value)))
        .done();
    let table = SegmentLine {
        segment: segment.clone(),
        group: group.clone(),
        n,
        candidate: Some(own.value),
        champion: None,
        rule: None,
        low: Some(own.low),
        high: Some(own.high),
        verdict: judged.verdict,
        found: true,
    };
    Some((line, table))
}

/// How far a group is behind, judged by one of the policy's rules.
fn judge(metric: Metric, whole: &Estimate, own: Option<&Estimate>, rule: fn(Option<&Estimate>, f64) -> Judged) -> Judged {
    let Some(own) = own.filter(|own| own.n >= MIN_GROUP) else { return Judged::INSUFFICIENT };
    match metric {
        Metric::Mae => {
            let times = |x: f64| x / whole.value.max(f64::MIN_POSITIVE);
            rule(Some(&Estimate { value: times(own.value), low: times(own.low), high: times(own.high), n: own.n }), GROUP_TIMES)
        }
        _ => rule(
            Some(&Estimate {
                value: whole.value - own.value,
                low: whole.value - own.high,
                high: whole.value - own.low,
                n: own.n,
            }),
            GROUP_GAP,
        ),
    }
}

fn needed(metric: Metric, whole: &Estimate) -> String {
    match metric {
        Metric::Mae => format!("≤ {}", metric.text(GROUP_TIMES * whole.value)),
        _ => format!("≥ {}", metric.text((whole.value - GROUP_GAP).max(0.0))),
    }
}

fn gate(metric: Metric, whole: &Estimate, name: &str, groups: Vec<&SegmentLine>) -> GateLine {
    let judged: Vec<&&SegmentLine> = groups.iter().filter(|group| group.verdict != Verdict::Insufficient).collect();
    let worse = |a: f64, b: f64| if metric.higher_is_better() { a.total_cmp(&b) } else { b.total_cmp(&a) };
    let worst = judged.iter().filter_map(|group| Some((group.candidate?, group))).min_by(|a, b| worse(a.0, b.0));
    let small: Vec<String> = groups
        .iter()
        .filter(|group| group.verdict == Verdict::Insufficient)
        .map(|group| format!("{} ({})", group.group, words::counted(group.n, "row")))
        .collect();
    let mut table = Table::new(
        format!("{} by {name}", metric.name()),
        &["Group", "#Rows", "#Candidate", "#95% interval", "#Champion", "#Rule"],
    );
    let cell = |value: Option<f64>| value.map_or("–".into(), |value| metric.text(value));
    table.rows = groups
        .iter()
        .map(|g| {
            let interval = match (g.low, g.high) {
                (Some(low), Some(high)) => format!("{} to {}", metric.text(low), metric.text(high)),
                _ => "–".into(),
            };
            vec![g.group.clone(), words::count(g.n), cell(g.candidate), interval, cell(g.champion), cell(g.rule)]
        })
        .collect();
    let state = match (worst, judged.iter().any(|group| group.verdict == Verdict::Fail)) {
        (None, _) => Judged::INSUFFICIENT,
        (_, true) => Judged { verdict: Verdict::Fail, close: false },
        (Some(_), false) => Judged { verdict: Verdict::Pass, close: false },
    };
    let key = format!("segment:{name}");
    let line = Line::new(&key, &format!("Segment, {name}"), format!("{} of the group that is worst off", metric.name()), state)
        .needed(needed(metric, whole));
    let skipped = if small.is_empty() {
        String::new()
    } else {
        format!(" Too small to judge: {}; {MIN_GROUP} rows are needed.", words::listed(&small))
    };
    match worst {
        Some((value, group)) => line
            .value(metric.text(value))
            .interval(format!("{}, {}", group.group, words::counted(group.n, "row")))
            .evidence(format!("All rows together: {}.{skipped}", metric.text(whole.value))),
        None => line.evidence(format!("No group can be judged yet.{skipped}")),
    }
    .detail(table)
    .done()
}
