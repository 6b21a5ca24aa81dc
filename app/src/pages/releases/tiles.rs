//! A tile per guardrail: canary minus stable with its confidence sequence closing in, the limit drawn in, the verdict in words.

use crate::charts::{self, Limit, Sequence, SequencePoint};
use crate::components::prelude::*;
use crate::words::Unit;
use contract::rollout::Worse;
use contract::views::common::Table;
use contract::views::rollouts::{GuardrailTile, RolloutView};

#[component]
pub fn Guardrails(view: RolloutView) -> impl IntoView {
    let at = view
        .steps
        .iter()
        .rev()
        .find(|step| step.entered_at.is_some())
        .map_or("Guardrails".into(), |step| format!("Guardrails at {}", step.title));
    let sure = words::percent(1.0 - view.plan.alpha, 0);
    let hint = format!(
        "Canary minus stable, by canary requests. The bands close in as evidence comes; all of them together are {sure} sure, however often one looks."
    );
    let key = vec![
        ("sequence", "difference and its confidence sequence".to_string()),
        ("plan", "expected width".into()),
        ("limit", "limit, worse is tinted".into()),
        ("event", format!("now, {} requests", words::count(view.canary_requests))),
    ];
    view! {
        <Section title=at id="guardrails" hint=hint>
            <crate::components::figure::Key key/>
            <Tiles>{view.guardrails.into_iter().map(|tile| view! { <Guardrail tile/> }).collect_view()}</Tiles>
        </Section>
    }
}

#[component]
fn Guardrail(tile: GuardrailTile) -> impl IntoView {
    let unit = if tile.is_share { Unit::Points } else { Unit::Plain };
    let said = unit.said(tile.limit, if tile.is_share { 1 } else { 2 });
    let label = match tile.worse {
        Worse::Higher => format!("worse than +{said}"),
        Worse::Lower => format!("worse than −{said}"),
        Worse::Either => format!("more than {said} off"),
    };
    let spec = Sequence {
        about: format!("{}, canary minus stable", tile.name),
        reading: tile.sentence.clone(),
        unit,
        points: tile
            .sequence
            .iter()
            .map(|p| SequencePoint { n: p.n, lower: p.lower, estimate: p.estimate, upper: p.upper })
            .collect(),
        planned: tile.planned,
        limit: Limit { value: if tile.worse == Worse::Lower { -tile.limit } else { tile.limit }, label, worse: tile.worse },
        settled_at: tile.passed_at.and_then(|at| tile.sequence.iter().find(|p| p.at >= at)).map(|p| p.n),
    };
    let drawn = tile.sequence.len() > 1;
    let svg = if drawn { charts::sequence(&spec).svg() } else { String::new() };
    let table = drawn.then(|| Table {
        rows: charts::sequence_rows(&spec, 40),
        ..Table::new(tile.name.clone(), &["#Requests", "#At least", "#Difference", "#At most"])
    });
    view! { <Tile title=tile.name.clone() state=tile.state word=tile.verdict sentence=tile.sentence svg values=tile.compared table/> }
}
