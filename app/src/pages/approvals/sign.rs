//! The signature: who signed, the exact sentence, the hashes, and the form.

use super::page::Acts;
use crate::components::prelude::*;
use contract::inputs::Decision;
use contract::views::approvals::{ApprovalState, ApprovalView, SignOff};

#[component]
pub fn Signature(view: ApprovalView, acts: Acts) -> impl IntoView {
    let ApprovalView {
        id,
        state,
        statement,
        evidence_hash,
        version_hash,
        sign_offs,
        needed,
        may_sign,
        may_withdraw,
        asks_password,
        ..
    } = view;
    let open = state == ApprovalState::Open;
    let given = sign_offs.iter().filter(|sign| sign.decision == Decision::Approve).count();
    let count = format!("{given} of {}", words::plural(needed.into(), "signature", "signatures"));
    let form = open.then(|| match may_sign.why_not {
        Some(why) => view! { <div class="row acts no-print"><OffButton label="Approve" why id="why-sign" icon=Icon::Pen/></div> }
            .into_any(),
        None => view! { <SignForm id=id.0.clone() evidence_hash=evidence_hash.0.clone() asks_password acts/> }.into_any(),
    });
    let withdraw = (open && may_withdraw.ok).then(|| {
        let consequences = vec!["The request is closed without a decision. It can be made again, with fresh evidence.".to_string()];
        view! {
            <p class="no-print"><OpenDialog name="withdraw" label="Withdraw the request" tone=Tone::Danger/></p>
            <ActDialog action=acts.withdraw name="withdraw" title="Withdraw this request?" consequences confirm="Withdraw" tone=Tone::DangerSolid>
                <Hidden name="id" value=id.0.clone()/>
            </ActDialog>
        }
    });
    view! {
        <section class="sign" id="sign" aria-labelledby="sign-h">
            <div class="sec-head"><h2 id="sign-h">"Signature"</h2><span class="quiet">{count}</span></div>
            <SignOffs sign_offs/>
            <blockquote class="sentence">{format!("“{statement}”")}</blockquote>
            <dl class="hashes small quiet">
                <div><dt>"Evidence"</dt><dd><Copyable text=evidence_hash.0.clone() what="hash of the evidence"/></dd></div>
                <div><dt>"Version"</dt><dd><Copyable text=version_hash.0 what="hash of the version"/></dd></div>
            </dl>
            {form}
            {withdraw}
            <p class="print-only">"Signed: ______________________________   Date: ____________________"</p>
        </section>
    }
}

#[component]
fn SignOffs(sign_offs: Vec<SignOff>) -> impl IntoView {
    if sign_offs.is_empty() {
        return view! { <p class="soft">"Nobody has signed yet."</p> }.into_any();
    }
    view! {
        <ol class="sigs">
            {sign_offs
                .into_iter()
                .map(|sign| {
                    let (state, word) = match sign.decision {
                        Decision::Approve => (State::Ok, "Approved"),
                        Decision::RequestChanges => (State::Watch, "Asked for changes"),
                        Decision::Reject => (State::Bad, "Rejected"),
                    };
                    let comment = if sign.comment.is_empty() { String::new() } else { format!(": “{}”", sign.comment) };
                    view! {
                        <li>
                            <StateMark state word=format!("{}, {}", sign.name, sign.role)/>
                            <span class="soft">{format!("{word} {}{comment}", sign.at.words)}</span>
                        </li>
                    }
                })
                .collect_view()}
        </ol>
    }
    .into_any()
}

#[component]
fn SignForm(id: String, evidence_hash: String, asks_password: bool, acts: Acts) -> impl IntoView {
    let pending = acts.decide.pending();
    let decision = move |word: &'static str, label: &'static str, tone: Tone| {
        view! {
            <button class=tone.class() type="submit" name="decision" value=word aria-busy=move || pending.get().then_some("true")>{label}</button>
        }
    };
    view! {
        <ActForm action=acts.decide>
            <Hidden name="id" value=id/>
            <Hidden name="evidence_hash" value=evidence_hash/>
            <div class="form no-print">
                <TextArea name="comment" label="Comment" required=true hint="Why. Kept with the decision, for everybody who reads it later."/>
                {asks_password
                    .then(|| view! {
                        <div class="narrow-field">
                            <Field name="password" kind="password" label="Your password, again" required=true autocomplete="current-password"/>
                        </div>
                    })}
                <FormProblem/>
                <div class="row acts">
                    {decision("approve", "Approve", Tone::Primary)}
                    {decision("request_changes", "Request changes", Tone::Plain)}
                    {decision("reject", "Reject", Tone::Danger)}
                </div>
                <p class="why">"Approving signs the sentence above. If anything in the evidence has changed since this page was opened, it is refused and you are asked again."</p>
            </div>
        </ActForm>
    }
}
