//! One rollout: the answer, the steps, a tile per guardrail, what happened, the plan.

use super::acts::{Acts, Drive};
use super::tiles::Guardrails;
use crate::components::prelude::*;
use contract::live::Topic;
use contract::urls;
use contract::views::common::{Fact, Snippet};
use contract::views::rollouts::{RolloutView, StepState, StepView};
use contract::{Millis, RolloutId};
use leptos_router::hooks::use_params_map;

#[server]
async fn rollout(id: RolloutId) -> Outcome<RolloutView> {
    let (cx, who) = crate::session::reader().await?;
    Ok(control::rollouts::view(&cx, &who, &id).await?)
}

#[component]
pub fn RolloutPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| RolloutId(params.read().get("id").unwrap_or_default()));
    let tick = use_live(move |topic| matches!(topic, Topic::Rollout { rollout, .. } if *rollout == id.get_untracked()));
    let view = Resource::new_blocking(move || (id.get(), tick.get()), |(id, _)| rollout(id));
    let action = ServerAction::<Drive>::new();
    view! {
        <Loaded res=view let:view>
            {
                let title = format!("{}: version {} replaces {}", view.deployment, view.canary, view.stable);
                let crumbs = vec![("Releases".into(), urls::RELEASES.into()), (view.deployment.0.clone(), urls::deployment(&view.deployment, ""))];
                view! {
                    <Page title=title crumbs wide=true tools=|| view! { <Updated/> }.into_any()>
                        <Acts view=view.clone() action/>
                        <Steps steps=view.steps.clone() now=view.updated_at/>
                        <Guardrails view=view.clone()/>
                        <div class="split">
                            <Happened view=view.clone()/>
                            <Plan view=view.clone()/>
                        </div>
                    </Page>
                }
            }
        </Loaded>
    }
}

#[component]
fn Steps(steps: Vec<StepView>, now: Millis) -> impl IntoView {
    let steps = steps
        .into_iter()
        .map(|step| {
            let kind = match step.state {
                StepState::Done => StepKind::Done,
                StepState::Current => StepKind::Now,
                StepState::Todo => StepKind::Todo,
                StepState::Stopped => StepKind::Failed,
            };
            let when = match (step.entered_at, step.left_at) {
                (Some(from), Some(to)) => format!("{} to {}", from.hms(), to.hms()),
                (Some(from), None) => format!("since {}", from.hms()),
                _ => String::new(),
            };
            let time = step.entered_at.map_or(1.0, |from| share((now - from) as f64, step.seconds as f64 * 1_000.0));
            let requests = share(step.requests as f64, step.min_requests as f64);
            let lines = [when, step.conditions].into_iter().filter(|line| !line.is_empty()).collect();
            Step { kind, title: step.title, lines, part: time.min(requests) }
        })
        .collect();
    view! {
        <Section title="Steps" id="steps" hidden_title=true><Stepper label="Steps of the rollout" steps/></Section>
    }
}

/// How much of what is needed is there; all of it where nothing is needed.
fn share(have: f64, need: f64) -> f64 {
    if need <= 0.0 { 1.0 } else { (have / need).clamp(0.0, 1.0) }
}

#[component]
fn Happened(view: RolloutView) -> impl IntoView {
    let now = view.updated_at;
    let entries = view
        .log
        .into_iter()
        .map(|change| Entry {
            when: change.at.hms(),
            at: change.at,
            icon: Icon::Clock,
            state: None,
            title: change.text,
            detail: [change.who, change.at.ago(now)].join(", "),
            href: change.url,
        })
        .collect();
    view! { <Section title="What happened" id="log"><Log entries/></Section> }
}

#[component]
fn Plan(view: RolloutView) -> impl IntoView {
    let facts = view.facts.into_iter().map(|(name, value)| Fact { name, value }).collect::<Vec<_>>();
    let of = |version: contract::VersionNo| (urls::version(&view.model, version, ""), format!("version {version}"));
    let ((canary, canary_words), (stable, stable_words)) = (of(view.canary), of(view.stable));
    let snippets = vec![Snippet { label: "CLI".into(), code: view.cli }];
    view! {
        <aside aria-label="Plan">
            <Section title="Plan" id="plan">
                <Defs facts=facts>
                    <Def name="Canary"><a href=canary>{canary_words}</a></Def>
                    <Def name="Stable"><a href=stable>{stable_words}</a>", stays loaded"</Def>
                    {view.approval.map(|id| view! { <Def name="Approval"><a href=urls::approval(&id)>"what was signed"</a></Def> })}
                </Defs>
                <Snippets label="Drive it from a script" snippets/>
            </Section>
        </aside>
    }
}
