//! The approval page, for somebody with two minutes: seven answers in the order in which the questions come, then the signature.

use super::evidence::EvidenceSections;
use super::load::{Decide, Withdraw, load_approval};
use super::sign::Signature;
use super::summary::{Answers, Lead};
use crate::components::prelude::*;
use contract::ApprovalId;
use contract::live::Topic;
use contract::views::approvals::ApprovalView;
use leptos_router::hooks::use_params_map;

/// The acts of this page, made once.
#[derive(Clone, Copy)]
pub struct Acts {
    pub decide: ServerAction<Decide>,
    pub withdraw: ServerAction<Withdraw>,
}

#[component]
pub fn ApprovalPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| ApprovalId(params.read().get("id").unwrap_or_default()));
    let tick = use_live(move |topic| matches!(topic, Topic::Approval { approval, .. } if *approval == id.get_untracked()));
    let res = Resource::new_blocking(move || (id.get(), tick.get()), |(id, _)| load_approval(id));
    let acts = Acts { decide: ServerAction::new(), withdraw: ServerAction::new() };
    view! { <Loaded res let:view><Approval view acts/></Loaded> }
}

#[component]
fn Approval(view: ApprovalView, acts: Acts) -> impl IntoView {
    let title = format!("Approval: version {} of {}", view.version, view.model);
    let who = me().map(|me| format!("{}, {}", me.name, me.role)).unwrap_or_default();
    let evidence = (view.model.clone(), view.version, view.evidence.clone());
    let (lead, answers) = (view.clone(), view.clone());
    view! {
        <DocHead title who/>
        <main id="main" tabindex="-1" class="sheet">
            <Lead view=lead/>
            <Answers view=answers/>
            <EvidenceSections model=evidence.0 version=evidence.1 evidence=evidence.2/>
            <Signature view acts/>
        </main>
    }
}
