//! The sections of the evidence, in reading order, each as finished sentences over the numbers of the gate run. Pure.

use super::evidence::Known;
use crate::words;
use contract::rollout::{Guarded, Guardrail};
use contract::verdict::State;
use contract::views::approvals::{Bar, Better, Changes, FlipLine, Hurts, PaperLine, Reasons, WayOut};
use contract::views::common::{Fact, Table};
use contract::{Task, plans, urls};

/// The first sentence of a text.
pub fn first(text: &str) -> &str {
    text.find(". ").map_or(text, |end| &text[..=end])
}

pub fn changes(known: &Known<'_>) -> Changes {
    let (version, no, name) = (known.version, known.version.version, &known.target.name);
    let sentence = match known.target.stable {
        Some(stable) => format!("Version {no} answers the requests of {name} instead of version {stable}."),
        None => format!("Version {no} answers all requests of {name} from the signature on; there is no version to replace."),
    };
    let names = |version: &crate::registry::Version| version.contract.features.iter().map(|f| f.name.clone()).collect::<Vec<_>>();
    let now = names(version);
    let before = known.before.map(names).unwrap_or_default();
    let diff = |a: &[String], b: &[String]| {
        let only: Vec<String> = a.iter().filter(|name| !b.contains(name)).cloned().collect();
        if only.is_empty() { "none".to_owned() } else { words::listed(&only) }
    };
    let mut facts = vec![
        Fact::new(
            "Model file",
            format!(
                "{}, SHA-256 {}",
                words::bytes(version.file_bytes),
                &version.hash.as_str()[..12.min(version.hash.as_str().len())]
            ),
        ),
        Fact::new("Registered", format!("by {} on {}", version.registered_by_name, version.registered_at.date_words())),
    ];
    if known.before.is_some() {
        facts.push(Fact::new("New inputs", diff(&now, &before)));
        facts.push(Fact::new("Dropped inputs", diff(&before, &now)));
    } else {
        facts.push(Fact::new("Inputs", words::count(now.len() as u64)));
    }
    if !version.notes.is_empty() {
        facts.push(Fact::new("Notes", version.notes.clone()));
    }
    if !known.reason.is_empty() {
        facts.push(Fact::new("Why now", known.reason));
    }
    let steps = if known.target.stable.is_some() { known.plan.steps.iter().map(plans::step_words).collect() } else { Vec::new() };
    Changes { sentence, replaces: known.target.stable, facts, steps }
}

pub fn better(known: &Known<'_>) -> (Better, State) {
    let (compare, no) = (&known.report.compare, known.version.version);
    let metric = compare.metric;
    let mut bars = Vec::new();
    let mut table = Table::new("Same rows, three deciders", &["Decider", &format!("#{}", metric.name()), "#95% interval"]);
    let champion = known.report.champion.map_or("Champion".to_owned(), |champion| format!("Version {champion}, champion"));
    for (name, role, estimate) in [
        (format!("Version {no}"), "candidate", compare.candidate),
        (champion, "champion", compare.champion),
        ("Simple rule".to_owned(), "rule", compare.rule),
    ] {
        let Some(e) = estimate else { continue };
        table.rows.push(vec![name.clone(), metric.text(e.value), metric.interval(&e, false)]);
        bars.push(Bar {
            name,
            value: e.value,
            low: Some(e.low).filter(|x| x.is_finite()),
            high: Some(e.high).filter(|x| x.is_finite()),
            text: metric.text(e.value),
            role: role.into(),
        });
    }
    let rows = words::counted(known.report.rows, "held-back row");
    let own = compare.candidate.map_or("no value".to_owned(), |e| metric.text(e.value));
    let over_rule = compare.over_rule.map(|by| {
        format!(
            " Over the simple rule ({}) it is {} (95%: {}).",
            compare.rule_words,
            metric.improvement(by.value),
            metric.interval(&by, true)
        )
    });
    let (answer, sentence, state) = match (&compare.over_champion, &compare.champion) {
        (Some(by), Some(champion)) => {
            let (answer, state) = match () {
                () if by.low > 0.0 => ("Yes.", State::Ok),
                () if by.high < 0.0 => ("No.", State::Bad),
                () => ("As good.", State::Ok),
            };
            let theirs = metric.text(champion.value);
            (
                answer,
                format!(
                    "{} {own} instead of {theirs} on the same {rows}: {} (95%: {}).",
                    metric.name(),
                    metric.improvement(by.value),
                    metric.interval(by, true)
                ),
                state,
            )
        }
        _ => ("First version.", format!("{} {own} on {rows}; there is no champion to compare with.", metric.name()), State::Info),
    };
    let method = format!(
        "{rows}, the same for all. Intervals are 95%; differences are paired on the same rows{}.",
        if metric == crate::gates::Metric::Auc {
            format!(", by a bootstrap with seed {:x}", compare.seed)
        } else {
            String::new()
        }
    );
    let better = Better {
        answer: answer.into(),
        sentence: sentence + over_rule.as_deref().unwrap_or_default(),
        metric: metric.name().into(),
        higher_is_better: metric.higher_is_better(),
        share: metric.is_share(),
        bars,
        table,
        method,
    };
    (better, state)
}

pub fn hurts(known: &Known<'_>) -> (Hurts, State) {
    let contract = &known.version.contract;
    let flips = &known.report.flips;
    let positive = contract.positive.as_deref().unwrap_or("another answer");
    let (newly_name, no_longer_name) = (format!("Newly “{positive}”"), format!("No longer “{positive}”"));
    let groups: Vec<&FlipLine> = flips.iter().filter(|line| !line.segment.is_empty()).collect();
    let bad: Vec<String> =
        groups.iter().filter(|line| line.state == State::Bad).map(|line| format!("{} {}", line.segment, line.group)).collect();
    let small: Vec<String> = groups
        .iter()
        .filter(|line| line.state == State::Unknown)
        .map(|line| format!("{} {} ({})", line.segment, line.group, words::counted(line.n, "row")))
        .collect();
    let all = flips.iter().find(|line| line.segment.is_empty());
    let changed = match all {
        Some(all) if contract.task != Task::Regression => {
            format!(
                " Decisions change for {} of {} rows ({}).",
                words::count((all.changed * all.n as f64).round() as u64),
                words::count(all.n),
                words::percent(all.changed)
            )
        }
        _ => String::new(),
    };
    let (sentence, state) = match (all, bad.as_slice()) {
        (None, _) => ("There is no champion whose decisions could change.".to_owned(), State::Info),
        (Some(_), []) if groups.is_empty() => {
            (format!("No groups are declared, so only all rows together can be compared.{changed}"), State::Watch)
        }
        (Some(_), []) => (format!("No group is shown to be worse off than with the champion.{changed}"), State::Ok),
        (Some(_), bad) => (format!("It is worse than the champion for {}.{changed}", words::listed(bad)), State::Bad),
    };
    let mut note = if small.is_empty() { String::new() } else { format!("Too few rows to judge: {}.", words::listed(&small)) };
    if known.report.compare.metric.in_groups() != known.report.compare.metric {
        note = format!("Groups are compared in accuracy, because ROC AUC needs more rows than small groups have. {note}")
            .trim_end()
            .to_owned();
    }
    (Hurts { sentence, groups: flips.clone(), newly_name, no_longer_name, note }, state)
}

pub fn reasons(known: &Known<'_>) -> Reasons {
    let inputs = &known.report.inputs;
    let top: Vec<String> = inputs
        .iter()
        .take(3)
        .filter(|input| input.candidate > 0.0)
        .map(|input| format!("{} ({:.0}%)", input.name, input.candidate * 100.0))
        .collect();
    let moved: Vec<String> = inputs
        .iter()
        .filter(|input| matches!(input.change.as_str(), "more" | "less" | "new"))
        .take(4)
        .map(|input| match (input.change.as_str(), input.champion) {
            ("new", _) => format!("{} is new", input.name),
            (change, Some(before)) => {
                format!("{} counts {change} ({:.0}% instead of {:.0}%)", input.name, input.candidate * 100.0, before * 100.0)
            }
            (change, None) => format!("{} counts {change}", input.name),
        })
        .collect();
    let sentence = match (top.is_empty(), moved.is_empty()) {
        (true, _) => "The inputs were not weighed one by one.".to_owned(),
        (false, true) => format!("What counts most: {}.", words::listed(&top)),
        (false, false) => {
            format!("What counts most: {}. Compared with the champion: {}.", words::listed(&top), words::listed(&moved))
        }
    };
    Reasons {
        sentence,
        inputs: inputs.clone(),
        method:
            "Each input is shuffled between held-back rows; its share in the mean absolute change of the score is its weight."
                .into(),
    }
}

pub fn way_out(known: &Known<'_>) -> WayOut {
    let Some(stable) = known.target.stable else {
        return WayOut {
            sentence: "There is no earlier version to go back to. Register and promote another one, or let the declared fallback answer.".into(),
            facts: vec![Fact::new("Fallback", if known.target.settings.fallback.is_empty() { "none declared" } else { "declared in the deployment" })],
        };
    };
    let rails: Vec<String> = known.plan.guardrails.iter().map(rail).collect();
    WayOut {
        sentence: format!(
            "One action: version {stable} stays loaded during the rollout, and going back to it is a change of a pointer. It also goes back by itself as soon as the new version is shown to be worse."
        ),
        facts: vec![
            Fact::new("Goes back by itself", words::listed(&rails)),
            Fact::new(
                "False alarms",
                format!("at most {} over the whole rollout, however often one looks", words::percent(known.plan.alpha)),
            ),
            Fact::new("Who can roll back", "engineers, approvers, on-call, administrators"),
        ],
    }
}

fn rail(rail: &Guardrail) -> String {
    let name = match rail.metric {
        Guarded::ErrorRate => "share of errors",
        Guarded::SlowShare => "share of slow answers",
        Guarded::PositiveShare => "share of the positive class",
        Guarded::MeanPrediction => "mean prediction in standard deviations",
        Guarded::WrongShare => "share of wrong answers",
    };
    match rail.metric {
        Guarded::MeanPrediction => format!("{name} by {}", words::number(rail.limit)),
        _ => format!("{name} by {} points", words::number(rail.limit * 100.0)),
    }
}

pub fn paper(known: &Known<'_>) -> Vec<PaperLine> {
    let (version, model, no) = (known.version, &known.version.model.name, known.version.version);
    let personal = version.contract.personal().count() as u64;
    let open = version.contract.personal().filter(|feature| !feature.pii_confirmed).count() as u64;
    let line = |name: &str, state, text: String, tab: &str| PaperLine {
        name: name.into(),
        state,
        text,
        href: Some(urls::version(model, no, tab)),
    };
    let about = |name: &str, text: &str, what: &str| PaperLine {
        name: name.into(),
        state: if text.is_empty() { State::Watch } else { State::Ok },
        text: if text.is_empty() { format!("{what} has not been written down.") } else { text.to_owned() },
        href: Some(urls::model(model)),
    };
    vec![
        about("Purpose", &version.model.purpose, "What the model decides"),
        about("Not for", &version.model.not_for, "What it must not be used for"),
        match (personal, open) {
            (0, _) => line(
                "Data contract",
                State::Ok,
                format!(
                    "{}; none seems to hold personal data.",
                    words::counted(version.contract.features.len() as u64, "feature")
                ),
                "contract",
            ),
            (n, 0) => line(
                "Data contract",
                State::Ok,
                format!("{n} of {} features hold personal data, confirmed by a person.", version.contract.features.len()),
                "contract",
            ),
            (n, open) => line(
                "Data contract",
                State::Watch,
                format!(
                    "{n} of {} features seem to hold personal data; {open} not confirmed by a person yet.",
                    version.contract.features.len()
                ),
                "contract",
            ),
        },
        line("Gates", known.gates.state, known.gates.summary.clone(), "gates"),
        match known.has_report {
            true => line("Explainability report", State::Ok, "Stored.".into(), "explain"),
            false => line("Explainability report", State::Watch, "Has not been made.".into(), "explain"),
        },
    ]
}
