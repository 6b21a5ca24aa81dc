//! The head of a version: the answer, what one can do about it, and the tabs.

use super::load::*;
use super::page::TABS;
use super::promote::{DeployDialog, PromoteDialog};
use crate::components::prelude::*;
use contract::urls;
use contract::verdict::Verdict;
use contract::views::approvals::ApprovalState;
use contract::views::parts;
use contract::views::version::VersionView;

/// The acts of this page, made once so that a refresh does not forget what they were doing.
#[derive(Clone, Copy)]
pub struct Acts {
    pub deploy: ServerAction<CreateDeployment>,
    pub promote: ServerAction<RequestPromotion>,
    pub gates: ServerAction<RunGates>,
    pub set_alias: ServerAction<SetAlias>,
    pub delete_alias: ServerAction<DeleteAlias>,
    pub build: ServerAction<BuildReport>,
    pub share: ServerAction<ShareReport>,
}

impl Acts {
    pub fn new() -> Self {
        Self {
            deploy: ServerAction::new(),
            promote: ServerAction::new(),
            gates: ServerAction::new(),
            set_alias: ServerAction::new(),
            delete_alias: ServerAction::new(),
            build: ServerAction::new(),
            share: ServerAction::new(),
        }
    }
}

#[component]
pub fn Head(view: VersionView, acts: Acts, tab: Memo<String>) -> impl IntoView {
    let open = view.approval.as_ref().is_some_and(|approval| approval.state == ApprovalState::Open);
    let approval = view.approval.clone().map(|line| {
        let label =
            if open { "See the approval".to_string() } else { format!("Approval: {}", line.state.words().to_lowercase()) };
        let tone = if open { Tone::Primary } else { Tone::Plain };
        view! { <ButtonLink href=urls::approval(&line.id) label tone/> }
    });
    let rollout = view.approval.as_ref().and_then(|line| line.rollout.clone());
    let nowhere = view.targets.is_empty();
    let promote = (!open).then(|| {
        let why_not = view.may_request.why_not.clone().unwrap_or_default();
        let (name, label) = if nowhere { ("deploy", "Make a deployment for it") } else { ("promote", "Ask for promotion") };
        view! { <OpenDialog name label tone=Tone::Primary icon=Icon::Deploy why_not/> }
    });
    let (answer, lede, state) = (view.answer.clone(), view.lede.clone(), view.state);
    let explain = urls::version(&view.model, view.version, "explain");
    let dialog = view.may_request.ok.then(|| {
        if nowhere {
            view! { <DeployDialog view=view.clone() action=acts.deploy/> }.into_any()
        } else {
            view! { <PromoteDialog view=view.clone() action=acts.promote/> }.into_any()
        }
    });
    view! {
        <Answer answer=parts::Answer::new(state, answer, lede)>
            {promote}
            {approval}
            {rollout.map(|id| view! { <ButtonLink href=urls::rollout(&id) label="See the rollout"/> })}
            <ButtonLink href=explain label="Explainability report"/>
        </Answer>
        {move || tabs(&view, &tab.get())}
        {dialog}
    }
}

fn tabs(view: &VersionView, current: &str) -> impl IntoView + use<> {
    let failed = view.gates.gates.iter().any(|gate| gate.required && gate.verdict == Verdict::Fail);
    let tabs = TABS
        .iter()
        .map(|(word, label)| {
            let tab = Tab::new(*label, urls::version(&view.model, view.version, word), *word == current);
            match *word {
                "gates" if !view.gates.gates.is_empty() => tab.count(view.gates.gates.len() as u64).bad(failed),
                "contract" => tab.count(view.contract.features.len() as u64),
                _ => tab,
            }
        })
        .collect();
    let label = format!("Version {}", view.version);
    view! { <Tabs label tabs/> }
}
