//! The evidence in reading order. It renders from what was frozen, so it says the same next year.

use super::better::BetterPart;
use super::hurts::HurtsPart;
use super::summary::SECTIONS;
use crate::components::prelude::*;
use crate::pages::version::GateTable;
use contract::urls;
use contract::views::approvals::{Changes, Evidence as Frozen, PaperLine, Reasons, WayOut};
use contract::views::gates::GatesView;
use contract::{ModelName, VersionNo};

#[component]
pub fn EvidenceSections(model: ModelName, version: VersionNo, evidence: Frozen) -> impl IntoView {
    let Frozen { frozen_words, changes, better, hurts, reasons, gates, way_out, paper, .. } = evidence;
    view! {
        <ChangesPart changes source=format!("Evidence frozen {frozen_words}.")/>
        <BetterPart better version/>
        <HurtsPart hurts/>
        <ReasonsPart reasons version/>
        <GatesPart gates page=urls::version(&model, version, "gates")/>
        <WayOutPart way_out/>
        <PaperPart paper/>
    }
}

#[component]
fn ChangesPart(changes: Changes, source: String) -> impl IntoView {
    let Changes { sentence, facts, steps, .. } = changes;
    view! {
        <Evidence no=1 question="What changes" claim=sentence source id=SECTIONS[0]>
            {(!facts.is_empty()).then(|| view! { <Defs facts/> })}
            {(!steps.is_empty())
                .then(|| view! {
                    <div>
                        <h3>"Steps of the rollout"</h3>
                        <ol class="bullets">{steps.into_iter().map(|step| view! { <li>{step}</li> }).collect_view()}</ol>
                    </div>
                })}
        </Evidence>
    }
}

#[component]
fn ReasonsPart(reasons: Reasons, version: VersionNo) -> impl IntoView {
    let Reasons { sentence, inputs, method } = reasons;
    let compared = inputs.iter().any(|input| input.champion.is_some());
    let mut cols = vec![Col::new("Input")];
    if compared {
        cols.push(Col::new("Champion").number());
    }
    cols.push(Col::new(format!("Version {version}")).number());
    if compared {
        cols.push(Col::new("Change"));
    }
    view! {
        <Evidence no=4 question="Why it decides so" claim=sentence source=method id=SECTIONS[3]>
            {(!inputs.is_empty())
                .then(|| view! {
                    <Table label="Weight of inputs" cols class="pairs three weights">
                        {inputs
                            .into_iter()
                            .take(8)
                            .map(|input| {
                                let here = format!("Version {version}");
                                let champion = input.champion.map_or_else(|| "–".to_string(), |share| words::percent(share, 0));
                                view! {
                                    <Row>
                                        <Name name=input.name/>
                                        {compared.then(|| view! { <Cell label="Champion" number=true>{champion}</Cell> })}
                                        <Cell label=here number=true>{words::percent(input.candidate, 0)}</Cell>
                                        {compared.then(|| view! { <Cell label="Change">{input.change}</Cell> })}
                                    </Row>
                                }
                            })
                            .collect_view()}
                    </Table>
                })}
        </Evidence>
    }
}

#[component]
fn GatesPart(gates: GatesView, page: String) -> impl IntoView {
    let source = match &gates.ran {
        Some(ran) => format!("By the {}, {} held-back rows, ran {}.", gates.policy, words::count(gates.rows), ran.words),
        None => String::new(),
    };
    view! {
        <Evidence no=5 question="Gates" claim=gates.summary source id=SECTIONS[4]>
            <GateTable gates=gates.gates page/>
        </Evidence>
    }
}

#[component]
fn WayOutPart(way_out: WayOut) -> impl IntoView {
    let WayOut { sentence, facts } = way_out;
    view! {
        <Evidence no=6 question="How we get out" claim=sentence id=SECTIONS[5]>
            {(!facts.is_empty()).then(|| view! { <Defs facts/> })}
        </Evidence>
    }
}

#[component]
fn PaperPart(paper: Vec<PaperLine>) -> impl IntoView {
    let open = paper.iter().filter(|line| line.state != State::Ok).count() as u64;
    let claim = match open {
        0 => "Complete.".to_string(),
        n => format!("{} of {} papers {} a look.", n, paper.len(), if n == 1 { "needs" } else { "need" }),
    };
    view! {
        <Evidence no=7 question="Paper" claim id=SECTIONS[6]>
            <ul class="paper">
                {paper
                    .into_iter()
                    .map(|line| {
                        let name = match line.href {
                            Some(href) => view! { <a href=href>{line.name}</a> }.into_any(),
                            None => line.name.into_any(),
                        };
                        view! {
                            <li>
                                <span class="state" data-state=state_word(line.state)><Draw icon=line.state/><span>{name}</span></span>
                                <span class="quiet">{line.text}</span>
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
        </Evidence>
    }
}
