//! Whom does it hurt: how decisions and quality change, group by group.

use super::summary::SECTIONS;
use crate::components::prelude::*;
use contract::views::approvals::{FlipLine, Hurts};

#[component]
pub fn HurtsPart(hurts: Hurts) -> impl IntoView {
    let Hurts { sentence, groups, newly_name, no_longer_name, note } = hurts;
    let compared = groups.iter().any(|line| line.champion.is_some());
    let mut cols = vec![
        Col::new("Group"),
        Col::new("Rows").number(),
        Col::new(newly_name.clone()).number(),
        Col::new(no_longer_name.clone()).number(),
        Col::new("Changed").number(),
    ];
    if compared {
        cols.extend([Col::new("Difference in quality").number(), Col::new("Judged")]);
    }
    view! {
        <Evidence no=3 question="Whom does it hurt" claim=sentence source=note id=SECTIONS[2]>
            {(!groups.is_empty())
                .then(|| view! {
                    <Table label="Decisions that change, by group" cols class="pairs flips">
                        {groups.into_iter().map(|line| flip(line, newly_name.clone(), no_longer_name.clone(), compared)).collect_view()}
                    </Table>
                })}
        </Evidence>
    }
}

fn flip(line: FlipLine, newly: String, no_longer: String, compared: bool) -> impl IntoView {
    let name = if line.segment.is_empty() { line.group.clone() } else { format!("{}: {}", line.segment, line.group) };
    let quality = compared.then(|| {
        let (difference, interval) = difference(&line);
        view! {
            <Cell label="Difference" number=true sub=interval>{difference}</Cell>
            <Cell label="Judged"><StateMark state=line.state word=judged(line.state)/></Cell>
        }
    });
    view! {
        <Row>
            <Name name/>
            <Cell label="Rows" number=true>{words::count(line.n)}</Cell>
            <Cell label=newly number=true>{words::count(line.newly)}</Cell>
            <Cell label=no_longer number=true>{words::count(line.no_longer)}</Cell>
            <Cell label="Changed" number=true>{words::percent(line.changed, 1)}</Cell>
            {quality}
        </Row>
    }
}

/// Candidate minus champion with its interval, as written: points for shares, plain numbers otherwise.
fn difference(line: &FlipLine) -> (String, String) {
    let share = [line.champion, line.candidate].into_iter().flatten().all(|value| (0.0..=1.0).contains(&value));
    let unit = if share { words::Unit::Points } else { words::Unit::Plain };
    let decimals = if share { 1 } else { 3 };
    let said = |value: f64| unit.signed(value, decimals);
    let interval = match (line.low, line.high) {
        (Some(low), Some(high)) => format!("{} to {}", said(low), said(high)),
        _ => String::new(),
    };
    (line.difference.map_or_else(|| "–".to_string(), said), interval)
}

fn judged(state: State) -> &'static str {
    match state {
        State::Bad => "worse",
        State::Watch => "perhaps worse",
        State::Unknown => "too few rows",
        State::Ok | State::Info | State::Run => "not worse",
    }
}
