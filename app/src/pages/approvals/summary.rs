//! The first look at an approval: what is asked, where it stands, and the seven short answers.

use crate::components::prelude::*;
use contract::urls;
use contract::views::approvals::{ApprovalState, ApprovalView};

/// Names of the sections of evidence, in reading order.
pub const SECTIONS: [&str; 7] = ["changes", "better", "hurts", "reasons", "gates", "way-out", "paper"];

#[component]
pub fn Lead(view: ApprovalView) -> impl IntoView {
    let ApprovalView { kicker, title, reason, asked_by, state, rollout, evidence, .. } = view;
    let decided = (state != ApprovalState::Open).then(|| {
        let rollout = rollout.map(|id| view! { <a href=urls::rollout(&id)>"See the rollout"</a> });
        view! { <Note state=State::from(state) title=state.words()><p>{outcome(state)}" "{rollout}</p></Note> }
    });
    view! {
        <div class="lead">
            <p class="quiet">{kicker}</p>
            <h1>{title}</h1>
            <p class="claim soft">{evidence.lede}</p>
            {(!reason.is_empty()).then(|| view! { <p class="reason"><span class="quiet">{format!("{asked_by} writes: ")}</span>{format!("“{reason}”")}</p> })}
            {decided}
        </div>
    }
}

/// What follows from a state that is no longer open.
fn outcome(state: ApprovalState) -> &'static str {
    match state {
        ApprovalState::Open => "",
        ApprovalState::Approved => "All signatures are there. What was signed stays as it is below.",
        ApprovalState::Rejected => "Nothing changes. A new request needs new evidence.",
        ApprovalState::ChangesRequested => "Nothing changes until the version, or a new one, is asked for again.",
        ApprovalState::Expired => "Nobody decided in time. The request can be made again, with fresh evidence.",
        ApprovalState::Withdrawn => "The person who asked took it back.",
    }
}

#[component]
pub fn Answers(view: ApprovalView) -> impl IntoView {
    let report = urls::version(&view.model, view.version, "explain");
    let open = view.state == ApprovalState::Open;
    view! {
        <nav class="answers" aria-label="The short answers">
            <h2>"In two minutes"</h2>
            <ol class="idx">
                {view
                    .evidence
                    .two_minutes
                    .into_iter()
                    .zip(SECTIONS)
                    .map(|(line, section)| {
                        view! {
                            <li>
                                <a data-state=state_word(line.state) href=format!("#{section}")>
                                    <Draw icon=line.state/>
                                    <span><span class="quiet">{line.question}</span><br/>{line.answer}</span>
                                </a>
                            </li>
                        }
                    })
                    .collect_view()}
            </ol>
            <p class="row no-print">
                <a class=if open { "btn btn-primary" } else { "btn" } href="#sign">{if open { "Go to the signature" } else { "See the signatures" }}</a>
                <ButtonLink href=report label="Explainability report"/>
            </p>
        </nav>
    }
}
