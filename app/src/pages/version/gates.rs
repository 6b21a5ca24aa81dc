//! The gates tab: every gate with its evidence, quality by group, and what moves the score.

use super::gate_table::{GateTable, anchor, state_of};
use super::head::Acts;
use super::segments::SegmentFigure;
use crate::charts::{Bar, Bars, bars};
use crate::components::prelude::*;
use crate::words::Unit;
use contract::views::common::{Allowed, Table};
use contract::views::gates::{GateLine, GatesView, InputWeight};
use contract::views::version::VersionView;
use contract::{ModelName, VersionNo};

#[component]
pub fn GatesTab(view: VersionView, acts: Acts) -> impl IntoView {
    let VersionView { model, version, gates, may_run_gates, .. } = view;
    let running = gates.word == "running";
    let hint = hint(&gates);
    let none = gates.gates.is_empty();
    let GatesView { gates: lines, segments, inputs, summary, champion, .. } = gates;
    let evidence = lines.clone();
    view! {
        <Section title="Gates" id="gates" hint>
            {running.then(|| view! { <p role="status"><StateMark state=State::Run word="The gates are running; this page fills by itself."/></p> })}
            {if none {
                view! { <Empty icon=Icon::Clock title="The gates have not run" hint=summary/> }.into_any()
            } else {
                view! { <GateTable gates=lines/> }.into_any()
            }}
            <RunGates model version allowed=may_run_gates acts again=!none/>
        </Section>
        {segments.map(|table| view! { <section class="sec" aria-label="Quality by group"><SegmentFigure table/></section> })}
        {(!inputs.is_empty()).then(|| view! { <section class="sec" aria-label="Weight of inputs"><InputFigure inputs champion/></section> })}
        {(!none)
            .then(|| {
                view! {
                    <Section title="Evidence" id="evidence" hint="What was done for each gate, and what was found.">
                        {evidence.into_iter().map(|gate| view! { <GateEvidence gate/> }).collect_view()}
                    </Section>
                }
            })}
    }
}

fn hint(gates: &GatesView) -> String {
    let mut hint = gates.summary.clone();
    if let Some(ran) = &gates.ran {
        hint = format!(
            "{hint} By the {}, {} held-back rows, ran {} in {}.",
            gates.policy,
            words::count(gates.rows),
            ran.words,
            gates.took_words
        );
    }
    hint
}

#[component]
pub fn RunGates(model: ModelName, version: VersionNo, allowed: Allowed, acts: Acts, again: bool) -> impl IntoView {
    let label = if again { "Run the gates again" } else { "Run the gates" };
    match allowed.why_not {
        Some(why) => view! { <p class="row"><OffButton label why id="why-gates" icon=Icon::Retry/></p> }.into_any(),
        None => view! {
            <ActForm action=acts.gates>
                <Hidden name="model" value=model.0/>
                <Hidden name="version" value=version.to_string()/>
                <FormProblem/>
                <Submit label icon=Icon::Retry/>
            </ActForm>
        }
        .into_any(),
    }
}

#[component]
fn GateEvidence(gate: GateLine) -> impl IntoView {
    let id = anchor(&gate.key);
    let value = match (gate.value.as_str(), gate.interval.is_empty()) {
        ("–", _) => gate.interval.clone(),
        (value, true) => format!("{value}, needed {}", gate.needed),
        (value, false) => format!("{value} ({}), needed {}", gate.interval, gate.needed),
    };
    view! {
        <article class="gate" id=id>
            <h3>{gate.name.clone()}</h3>
            <p class="row gap"><StateMark state=state_of(&gate) word=gate.verdict_words()/><span class="soft">{value}</span></p>
            <p>{gate.evidence.clone()}</p>
            {gate.detail.clone().map(|table| view! { <DataBehind table/> })}
        </article>
    }
}

/// Weight of each input when it is shuffled, against the champion.
#[component]
pub fn InputFigure(inputs: Vec<InputWeight>, champion: Option<VersionNo>) -> impl IntoView {
    let shown = inputs.iter().take(10);
    let drawn =
        shown.map(|input| Bar { label: input.name.clone(), value: input.candidate, reference: input.champion, over: false });
    let title = inputs.first().map_or_else(String::new, |first| {
        format!("{} moves the score most: {} of the whole", first.name, words::percent(first.candidate, 0))
    });
    let sentence = match champion {
        Some(champion) => {
            format!("Share of the change in the score when one input is shuffled. Grey: version {champion}, the champion.")
        }
        None => "Share of the change in the score when one input is shuffled.".to_string(),
    };
    let drawing = bars(&Bars {
        about: "Weight of each input".into(),
        reading: title.clone(),
        unit: Unit::Share,
        decimals: 0,
        names: true,
        bars: drawn.collect(),
        ..Bars::default()
    });
    let mut table = Table::new("weight of inputs", &["Input", "#This version", "#Champion", "Change"]);
    table.rows = inputs
        .into_iter()
        .map(|input| {
            let champion = input.champion.map_or_else(|| "–".into(), |share| words::percent(share, 1));
            vec![input.name, words::percent(input.candidate, 1), champion, input.change]
        })
        .collect();
    view! { <Figure title sentence drawing table/> }
}
